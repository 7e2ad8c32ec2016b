//! Pauses.

use ropewalk_deferred::Failure;

use super::{
    Number,
    form::{State, failure_result_of, no_result, success_result_of},
};
use crate::log::Log;

#[test]
fn pauses_add_up() {
    let log = Log::default();
    let (deferred, resolver) = Number::pending();
    let handle = deferred.handle();
    let pass = log.pass("called");
    let deferred = deferred.add_callback(move |value| Ok(pass(value)));
    handle.pause();
    handle.pause();
    resolver.succeed(1).unwrap();
    assert_eq!(handle.state(), State::Paused);
    assert!(handle.unpause());
    let deferred = no_result(deferred);
    assert!(log.take().is_empty());
    assert!(handle.unpause());
    assert_eq!(log.take(), ["called 1"]);
    assert!(!handle.unpause(), "there is no pause any more");
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn a_pause_holds_errbacks_back() {
    let deferred = Number::fail("no".into());
    let handle = deferred.handle();
    handle.pause();
    let deferred = no_result(deferred.add_errback(|_| Ok(1)));
    handle.unpause();
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn a_pause_may_end_before_it_fires() {
    let (deferred, resolver) = Number::pending();
    deferred.handle().pause();
    assert!(deferred.handle().unpause());
    resolver.succeed(1).unwrap();
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn taking_back_a_pause_that_was_not_there_changes_nothing() {
    let (deferred, resolver) = Number::pending();
    assert!(!deferred.handle().unpause());
    resolver.succeed(1).unwrap();
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn a_pause_by_a_function_of_its_own_holds_up_the_next_one() {
    let log = Log::default();
    let (deferred, resolver) = Number::pending();
    let handle = deferred.handle();
    let (pauses, pass) = (handle.clone(), log.pass("second"));
    let deferred = deferred
        .add_callback(move |value| {
            pauses.pause();
            Ok(value)
        })
        .add_callback(move |value| Ok(pass(value)));
    resolver.succeed(1).unwrap();
    assert!(log.take().is_empty());
    assert_eq!(handle.result::<u32, String>(), Some(Ok(1)));
    handle.unpause();
    assert_eq!(log.take(), ["second 1"]);
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn one_that_was_paused_can_be_cancelled_and_shows_it_afterwards() {
    let (deferred, _resolver) = Number::pending();
    let handle = deferred.handle();
    handle.pause();
    deferred.cancel();
    let deferred = no_result(deferred);
    handle.unpause();
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

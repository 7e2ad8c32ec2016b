//! Cancelling.

use ropewalk_deferred::{AlreadyFired, Failure};

use super::{
    Number,
    form::{Resolver, State, failure_result_of, no_result, success_result_of},
};
use crate::log::Log;

#[test]
fn without_a_canceller_it_fires_cancelled_and_swallows_exactly_one_firing() {
    let (deferred, resolver) = Number::pending();
    deferred.cancel();
    assert_eq!(resolver.succeed(1), Ok(()));
    assert_eq!(resolver.succeed(2), Err(AlreadyFired));
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

#[test]
fn with_a_canceller_nothing_is_swallowed() {
    let (deferred, resolver) = Number::cancellable(|_| ());
    deferred.cancel();
    assert_eq!(resolver.succeed(1), Err(AlreadyFired));
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

#[test]
fn a_canceller_may_fire_a_value_or_a_failure_of_its_own() {
    let (deferred, _resolver) = Number::cancellable(|it| it.succeed(5).unwrap());
    deferred.cancel();
    assert_eq!(success_result_of(deferred), 5);
    let (deferred, _resolver) = Number::cancellable(|it| it.fail("own".into()).unwrap());
    deferred.cancel();
    assert_eq!(failure_result_of(deferred), Failure::Failed("own".into()));
}

#[test]
fn the_canceller_is_called_once_with_its_own_deferred_and_only_before_firing() {
    let log = Log::default();
    let notes = log.clone();
    let canceller = move |it: &Resolver<u32, String>| {
        notes.add(it.handle().id());
        it.handle().cancel(); // cancelling while it is being cancelled does nothing
        assert_eq!(it.handle().state(), State::Unfired);
    };
    let (deferred, _resolver) = Number::cancellable(canceller);
    let id = deferred.handle().id();
    deferred.cancel();
    deferred.cancel();
    assert_eq!(log.take(), [id.to_string()]);
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

#[test]
fn the_canceller_is_dropped_when_it_fires() {
    let kept = std::sync::Arc::new(());
    let held = std::sync::Arc::clone(&kept);
    let (deferred, resolver) = Number::cancellable(move |_| drop(held));
    resolver.succeed(1).unwrap();
    assert_eq!(std::sync::Arc::strong_count(&kept), 1);
    deferred.cancel();
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn a_canceller_may_let_go_of_the_only_resolver() {
    let slot = std::sync::Arc::new(std::sync::Mutex::new(None));
    let place = std::sync::Arc::clone(&slot);
    let (deferred, resolver) = Number::cancellable(move |_| drop(place.lock().unwrap().take()));
    *slot.lock().unwrap() = Some(resolver);
    deferred.cancel();
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

#[test]
fn cancelling_after_firing_or_twice_is_silent() {
    let (deferred, resolver) = Number::pending();
    resolver.succeed(1).unwrap();
    deferred.cancel();
    assert_eq!(success_result_of(deferred), 1);
    let (deferred, _resolver) = Number::pending();
    deferred.cancel();
    deferred.cancel();
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

#[test]
fn cancelling_one_that_waits_cancels_the_inner_one_and_not_itself() {
    let log = Log::default();
    let (inner_notes, outer_notes) = (log.clone(), log.clone());
    let (inner, _fires) = Number::cancellable(move |_| inner_notes.add("inner"));
    let (outer, resolver) = Number::cancellable(move |_| outer_notes.add("outer"));
    let outer = outer.add_callback(move |_| inner).add_errback(|failure| match failure {
        Failure::Cancelled => Ok(0),
        other => Err(other),
    });
    resolver.succeed(1).unwrap();
    let outer = no_result(outer);
    outer.cancel();
    assert_eq!(log.take(), ["inner"]);
    assert_eq!(success_result_of(outer), 0);
}

#[test]
fn the_canceller_is_not_called_for_one_that_was_given_up() {
    let log = Log::default();
    let notes = log.clone();
    let (deferred, resolver) = Number::cancellable(move |_| notes.add("called"));
    drop(resolver);
    deferred.cancel();
    assert!(log.take().is_empty());
    drop(no_result(deferred));
}

//! Callbacks, in their order, with what the one before came to.

use std::sync::{Arc, Mutex};

use ropewalk_deferred::{AlreadyFired, Failure};

use super::{
    Number,
    form::{Answered, Deferred, failure_result_of, success_result_of},
};
use crate::log::Log;

#[test]
fn functions_attached_to_a_fired_one_are_called_at_once() {
    let log = Log::default();
    let pass = log.pass("got");
    let deferred = Number::succeed(1).add_callback(move |value| Ok(pass(value) + 1));
    assert_eq!(log.take(), ["got 1"]);
    assert_eq!(success_result_of(deferred), 2);
    let pass = log.pass("caught");
    let deferred = Number::fail("no".into()).add_errback(move |failure| Err(pass(failure)));
    assert_eq!(log.take(), ["caught no"]);
    assert_eq!(failure_result_of(deferred), Failure::Failed("no".into()));
}

#[test]
fn values_pass_errbacks_and_failures_pass_callbacks() {
    let log = Log::default();
    let (deferred, resolver) = Number::pending();
    let (never, one, two) = (log.clone(), log.pass("callback"), log.pass("errback"));
    let deferred = deferred
        .add_errback(move |failure| {
            never.add("an errback for a value");
            Err(failure)
        })
        .add_callback(move |value| Err::<u32, _>(format!("no {}", one(value)).into()))
        .add_callback(|_| -> Result<u32, _> { panic!("a callback for a failure") })
        .add_errback(move |failure| {
            two(failure);
            Ok(7)
        });
    resolver.succeed(3).unwrap();
    assert_eq!(log.take(), ["callback 3", "errback no 3"]);
    assert_eq!(success_result_of(deferred), 7);
}

#[test]
fn of_two_side_by_side_the_errback_does_not_see_what_the_callback_fails_with() {
    let deferred = Number::succeed(1).add_callbacks(
        |_| Err::<u32, _>(Failure::Failed("from the callback".to_owned())),
        |_| Ok(0),
    );
    assert_eq!(failure_result_of(deferred), Failure::Failed("from the callback".to_owned()));
    let deferred = Number::fail("no".into()).add_callbacks(|_| Ok("value"), |_| Ok("failure"));
    assert_eq!(success_result_of(deferred), "failure");
}

#[test]
fn a_function_may_change_the_types() {
    let deferred: Deferred<String, i32> = Number::succeed(12)
        .add_callback(|value| Ok(value.to_string()))
        .add_both(|outcome| outcome.map_err(|_| Failure::Failed(-1)));
    assert_eq!(success_result_of(deferred), "12");
}

#[test]
fn a_function_may_answer_now_or_later() {
    for (wanted, later) in [(1, false), (2, true)] {
        let deferred = Number::succeed(wanted).add_callback(move |value| match later {
            true => Answered::Later(Number::succeed(value * 10)),
            false => Answered::Now(Ok(value)),
        });
        assert_eq!(success_result_of(deferred), if later { 20 } else { 1 });
    }
}

#[test]
fn what_a_running_function_attaches_is_called_after_it_at_the_end() {
    let log = Log::default();
    let slot: Arc<Mutex<Option<Number>>> = Arc::default();
    let (deferred, resolver) = Number::pending();
    let (notes, place, end) = (log.clone(), Arc::clone(&slot), log.pass("second"));
    let deferred = deferred
        .add_callback(move |value| {
            let own = place.lock().unwrap().take().unwrap();
            let (added, caught) = (notes.clone(), notes.clone());
            let own = own
                .add_callback(move |value| {
                    added.add(format!("added {value}"));
                    Err::<u32, _>("from the added one".to_owned().into())
                })
                .add_errback(move |failure| {
                    caught.add(format!("caught {failure}"));
                    Ok(9)
                });
            *place.lock().unwrap() = Some(own);
            notes.add("first ends");
            Ok(value)
        })
        .add_callback(move |value| Ok(end(value)));
    *slot.lock().unwrap() = Some(deferred);
    resolver.succeed(1).unwrap();
    assert_eq!(log.take(), ["first ends", "second 1", "added 1", "caught from the added one"]);
    let deferred = slot.lock().unwrap().take().unwrap();
    assert_eq!(success_result_of(deferred), 9);
}

#[test]
fn a_resolver_used_in_a_function_of_its_own_is_too_late() {
    let (deferred, resolver) = Number::pending();
    let again = resolver.clone();
    let deferred = deferred.add_callback(move |_| Ok(again.succeed(2)));
    resolver.succeed(1).unwrap();
    assert_eq!(success_result_of(deferred), Err(AlreadyFired));
}

#[test]
fn chaining_gives_the_result_to_the_other_one_and_keeps_none() {
    let (other, resolver) = Number::pending();
    success_result_of(Number::succeed(3).chain(resolver));
    assert_eq!(success_result_of(other), 3);
    let (other, resolver) = Number::pending();
    resolver.succeed(1).unwrap();
    let chained = Number::fail("no".into()).chain(resolver);
    assert_eq!(failure_result_of(chained), Failure::AlreadyFired);
    assert_eq!(success_result_of(other), 1);
}

#[test]
fn a_function_that_panics_ends_its_deferred() {
    let (deferred, resolver) = Number::pending();
    let handle = deferred.handle();
    let kept = deferred.add_callback(|_| -> Result<u32, _> { panic!("on purpose") });
    let fire = std::panic::AssertUnwindSafe(|| {
        let _ = resolver.succeed(1);
    });
    assert!(std::panic::catch_unwind(fire).is_err());
    assert_eq!(handle.state(), super::form::State::Abandoned);
    drop(kept);
}

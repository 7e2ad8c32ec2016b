//! Callbacks, in their order, with what the one before came to.

use std::sync::{Arc, Mutex};

use ropewalk_deferred::{Deferred, Failure, State, success_result_of};

type Number = Deferred<u32, String>;

#[test]
fn functions_attached_to_a_fired_one_are_called_at_once() {
    let called = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&called);
    let deferred = Number::succeed(1).add_callback(move |value| {
        note.lock().unwrap().push(value);
        Ok(value + 1)
    });
    assert_eq!(*called.lock().unwrap(), [1]);
    assert_eq!(success_result_of(deferred), 2);
}

#[test]
fn one_that_is_returned_is_waited_for() {
    let (inner, fires) = Number::pending();
    let outer = Number::succeed(1).add_callback(move |_| inner).add_callback(|value| Ok(value + 1));
    assert_eq!(outer.handle().state(), State::Waiting);
    fires.succeed(5).unwrap();
    assert_eq!(success_result_of(outer), 6);
}

#[test]
fn a_million_functions_and_a_million_that_wait_take_no_stack() {
    let small = std::thread::Builder::new().stack_size(64 * 1024);
    let work = small.spawn(|| {
        let (mut deferred, resolver) = Number::pending();
        for _ in 0..1_000_000 {
            deferred = deferred.add_callback(|value| Ok(value + 1));
        }
        resolver.succeed(0).unwrap();
        assert_eq!(success_result_of(deferred), 1_000_000);

        let (mut deferred, resolver) = Number::pending();
        for _ in 0..1_000_000 {
            deferred = Number::succeed(0).add_callback(move |_| deferred);
        }
        resolver.succeed(7).unwrap();
        assert_eq!(success_result_of(deferred), 7);

        let (mut deferred, resolver) = Number::pending();
        for _ in 0..1_000_000 {
            deferred = deferred.add_callback(|value| Ok(value + 1));
        }
        drop((deferred, resolver));

        let (mut deferred, resolver) = Number::pending();
        for _ in 0..1_000_000 {
            deferred = Number::succeed(0).add_callback(move |_| deferred);
        }
        drop(deferred);
        drop(resolver);
    });
    work.unwrap().join().unwrap();
}

#[test]
fn cancelling_one_that_waits_cancels_the_one_waited_for() {
    let (inner, _fires) = Number::pending();
    let outer = Number::succeed(1).add_callback(move |_| inner);
    outer.cancel();
    let failure = outer.try_take().unwrap();
    assert_eq!(failure, Err(Failure::Cancelled));
}

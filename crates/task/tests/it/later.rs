//! One call, later.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use ropewalk_clock::{Clock, ManualClock, SystemClock};
use ropewalk_deferred::{Deferred, Failure, failure_result_of, no_result, success_result_of};
use ropewalk_task::{NotPending, call_later, defer_later};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn calls_are_made_in_order_of_time_and_then_of_scheduling() {
    let (clock, log) = (ManualClock::new(), Arc::new(Mutex::new(Vec::new())));
    let note = |name| {
        let log = Arc::clone(&log);
        move || log.lock().unwrap().push(name)
    };
    call_later(&clock, SECOND * 2, note("c"));
    call_later(&clock, SECOND, note("a"));
    call_later(&clock, SECOND, note("b"));
    clock.advance(SECOND * 3);
    assert_eq!(*log.lock().unwrap(), ["a", "b", "c"]);
}

#[test]
fn a_call_that_was_made_or_cancelled_says_so() {
    let clock = ManualClock::new();
    let made = call_later(&clock, SECOND, || ());
    let cancelled = call_later(&clock, SECOND, || panic!("it was cancelled"));
    assert!(cancelled.is_active());
    assert_eq!(cancelled.cancel(), Ok(()));
    clock.advance(SECOND);
    assert_eq!(made.cancel(), Err(NotPending::AlreadyCalled));
    assert_eq!(made.reset(SECOND), Err(NotPending::AlreadyCalled));
    assert_eq!(cancelled.delay(SECOND), Err(NotPending::AlreadyCancelled));
    assert_eq!(made.time(), clock.now());
    assert!(!made.is_active() && !cancelled.is_active());
    assert!(clock.pending().is_empty());
}

#[test]
fn a_call_is_put_off_and_brought_forward() {
    let (clock, (says, hears)) = (ManualClock::new(), mpsc::channel());
    let start = clock.now();
    let call = call_later(&clock, SECOND, move || says.send(()).unwrap());
    call.delay(SECOND).unwrap();
    assert_eq!(clock.pending(), [start + SECOND * 2]);
    clock.advance(SECOND);
    call.reset(SECOND / 2).unwrap();
    assert_eq!(call.time(), start + SECOND * 3 / 2);
    clock.advance(SECOND / 2);
    assert_eq!(hears.try_recv(), Ok(()));
}

#[test]
fn a_delay_longer_than_any_clock_lasts_is_a_century() {
    let clock = ManualClock::new();
    let call = call_later(&clock, Duration::MAX, || ());
    call.delay(Duration::MAX).unwrap();
    assert!(call.time() > clock.now() + SECOND * 3600 * 24 * 365 * 99);
}

#[test]
fn cancelling_what_is_deferred_takes_the_call_back() {
    let clock = ManualClock::new();
    let later = defer_later::<_, String, _>(&clock, SECOND, || -> Result<(), _> {
        panic!("it was cancelled")
    });
    let later = no_result(later);
    later.cancel();
    assert!(clock.pending().is_empty());
    assert_eq!(failure_result_of(later), Failure::Cancelled);
}

#[test]
fn what_is_deferred_may_return_a_deferred() {
    let clock = ManualClock::new();
    let (inner, fires) = Deferred::<u32, String>::pending();
    let later = defer_later(&clock, SECOND, move || inner);
    clock.advance(SECOND);
    let later = no_result(later);
    fires.succeed(3).unwrap();
    assert_eq!(success_result_of(later), 3);
}

#[test]
fn the_systems_clock_makes_calls_on_a_thread_of_its_own() {
    let (says, hears) = mpsc::channel();
    let call = call_later(&SystemClock, Duration::from_millis(1), move || says.send(()).unwrap());
    hears.recv().unwrap();
    assert_eq!(call.cancel(), Err(NotPending::AlreadyCalled));
}

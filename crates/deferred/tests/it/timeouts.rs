//! Giving up after a while.

use std::time::Duration;

use ropewalk_clock::ManualClock;
use ropewalk_deferred::Failure;

use super::{
    Number,
    form::{State, failure_result_of, no_result, success_result_of},
    timing,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn one_without_a_result_in_time_times_out() {
    let clock = ManualClock::new();
    let (deferred, _resolver) = Number::pending();
    let deferred = no_result(deferred.add_timeout(&timing(&clock), SECOND * 2));
    clock.advance(SECOND);
    let deferred = no_result(deferred);
    clock.advance(SECOND);
    assert_eq!(failure_result_of(deferred), Failure::TimedOut);
}

#[test]
fn a_result_in_time_stops_the_clock() {
    let clock = ManualClock::new();
    let (deferred, resolver) = Number::pending();
    let deferred = deferred.add_timeout(&timing(&clock), SECOND);
    assert_eq!(clock.pending().len(), 1);
    resolver.succeed(1).unwrap();
    assert!(clock.pending().is_empty());
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn what_comes_later_in_the_chain_is_not_cancelled() {
    let clock = ManualClock::new();
    let (deferred, resolver) = Number::pending();
    let (inner, fires) = Number::pending();
    let deferred = deferred.add_timeout(&timing(&clock), SECOND).add_callback(move |_| inner);
    resolver.succeed(1).unwrap();
    clock.advance(SECOND * 5);
    assert_eq!(deferred.handle().state(), State::Waiting);
    fires.succeed(2).unwrap();
    assert_eq!(success_result_of(deferred), 2);
}

#[test]
fn cancelling_it_by_hand_stays_a_cancellation_and_stops_the_clock() {
    let clock = ManualClock::new();
    let (deferred, _resolver) = Number::pending();
    let deferred = deferred.add_timeout(&timing(&clock), SECOND);
    deferred.cancel();
    assert!(clock.pending().is_empty());
    assert_eq!(failure_result_of(deferred), Failure::Cancelled);
}

#[test]
fn an_errback_before_it_sees_the_cancellation_and_may_handle_it() {
    let clock = ManualClock::new();
    let (deferred, _resolver) = Number::pending();
    let deferred = deferred
        .add_errback(|failure| match failure {
            Failure::Cancelled => Ok(3),
            other => Err(other),
        })
        .add_timeout(&timing(&clock), SECOND);
    clock.advance(SECOND);
    assert_eq!(success_result_of(deferred), 3);
}

#[test]
fn what_a_canceller_fires_stays() {
    let clock = ManualClock::new();
    let (value, _resolver) = Number::cancellable(|it| it.succeed(4).unwrap());
    let value = value.add_timeout(&timing(&clock), SECOND);
    let (failed, _resolver) = Number::cancellable(|it| it.fail("own".into()).unwrap());
    let failed = failed.add_timeout(&timing(&clock), SECOND);
    clock.advance(SECOND);
    assert_eq!(success_result_of(value), 4);
    assert_eq!(failure_result_of(failed), Failure::Failed("own".into()));
}

#[test]
fn once_the_time_is_out_a_function_of_ones_own_decides_whatever_the_result() {
    let clock = ManualClock::new();
    let (late, _resolver) = Number::cancellable(|it| it.succeed(4).unwrap());
    let late = late.add_timeout_with(&timing(&clock), SECOND, |outcome| Ok(outcome.unwrap() + 1));
    let (early, resolver) = Number::pending();
    let early = early.add_timeout_with(&timing(&clock), SECOND, |_| Ok(0));
    resolver.succeed(7).unwrap();
    clock.advance(SECOND);
    assert_eq!((success_result_of(late), success_result_of(early)), (5, 7));
}

#[test]
fn no_time_at_all_is_up_when_the_clock_moves_next() {
    let clock = ManualClock::new();
    let (deferred, _resolver) = Number::pending();
    let deferred = no_result(deferred.add_timeout(&timing(&clock), Duration::ZERO));
    clock.advance(Duration::ZERO);
    assert_eq!(failure_result_of(deferred), Failure::TimedOut);
}

#[test]
fn a_time_beyond_what_can_be_told_never_comes() {
    let clock = ManualClock::new();
    let (deferred, resolver) = Number::pending();
    let deferred = deferred.add_timeout(&timing(&clock), Duration::MAX);
    assert!(clock.pending().is_empty());
    resolver.succeed(1).unwrap();
    assert_eq!(success_result_of(deferred), 1);
}

#[test]
fn letting_go_of_it_stops_the_clock() {
    let clock = ManualClock::new();
    let (deferred, resolver) = Number::pending();
    let deferred = deferred.add_timeout(&timing(&clock), SECOND);
    drop((deferred, resolver));
    assert!(clock.pending().is_empty());
}

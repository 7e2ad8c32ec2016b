//! Deferreds that functions return.

use ropewalk_deferred::Failure;

use super::{
    Number,
    form::{State, failure_result_of, no_result, success_result_of},
};
use crate::{log::Log, reports};

#[test]
fn one_that_is_returned_is_waited_for() {
    let (inner, fires) = Number::pending();
    let outer = Number::succeed(1).add_callback(move |_| inner).add_callback(|value| Ok(value + 1));
    assert_eq!(outer.handle().state(), State::Waiting);
    let outer = no_result(outer);
    fires.succeed(5).unwrap();
    assert_eq!(success_result_of(outer), 6);
}

#[test]
fn returning_one_moves_its_result_and_its_failure_is_not_reported() {
    let reports = reports::during(|| {
        let inner = Number::fail("moved".into());
        let handle = inner.handle();
        let outer = Number::succeed(1).add_callback(move |_| inner);
        assert_eq!(handle.result::<u32, String>(), None);
        assert_eq!(failure_result_of(outer), Failure::Failed("moved".into()));

        let (inner, fires) = Number::pending();
        let handle = inner.handle();
        let outer = Number::succeed(1).add_callback(move |_| inner);
        fires.fail("later".into()).unwrap();
        assert_eq!(handle.result::<u32, String>(), None);
        assert_eq!(failure_result_of(outer), Failure::Failed("later".into()));
    });
    assert!(reports.is_empty(), "{reports:?}");
}

#[test]
fn errbacks_may_return_deferreds_too() {
    let (inner, fires) = Number::pending();
    let outer = Number::fail("no".into()).add_errback(move |_| inner);
    fires.succeed(2).unwrap();
    assert_eq!(success_result_of(outer), 2);
}

#[test]
fn waiting_is_transitive_and_the_outer_one_keeps_its_order() {
    let log = Log::default();
    let (innermost, fires) = Number::pending();
    let (one, two, three) = (log.pass("inner"), log.pass("middle"), log.pass("outer"));
    let middle = Number::succeed(0)
        .add_callback(move |_| innermost.add_callback(move |value| Ok(one(value))))
        .add_callback(move |value| Ok(two(value)));
    let outer = Number::succeed(0)
        .add_callback(move |_| middle)
        .add_callback(move |value| Ok(three(value)));
    let waits_for = outer.handle().waits_for().unwrap();
    assert_eq!(waits_for.state(), State::Waiting);
    fires.succeed(8).unwrap();
    assert_eq!(log.take(), ["inner 8", "middle 8", "outer 8"]);
    assert_eq!(success_result_of(outer), 8);
}

#[test]
fn a_fired_one_that_waits_has_no_result_yet() {
    let (inner, fires) = Number::pending();
    let middle = Number::succeed(0).add_callback(move |_| inner);
    let outer = Number::succeed(0).add_callback(move |_| middle);
    assert_eq!(outer.handle().state(), State::Waiting);
    assert_eq!(outer.handle().result::<u32, String>(), None);
    fires.succeed(3).unwrap();
    assert_eq!(outer.handle().result::<u32, String>(), Some(Ok(3)));
    assert_eq!(success_result_of(outer), 3);
}

#[test]
fn a_paused_one_that_is_returned_is_waited_for() {
    for fired_before in [true, false] {
        let (inner, fires) = Number::pending();
        let handle = inner.handle();
        handle.pause();
        if fired_before {
            fires.succeed(2).unwrap();
        }
        let outer = Number::succeed(1).add_callback(move |_| inner);
        if !fired_before {
            fires.succeed(2).unwrap();
        }
        let outer = no_result(outer);
        assert!(handle.unpause());
        assert_eq!(success_result_of(outer), 2);
    }
}

#[test]
fn a_paused_outer_one_does_not_hold_up_the_inner_one() {
    let (inner, fires) = Number::pending();
    let inner_handle = inner.handle();
    let outer = Number::succeed(1).add_callback(move |_| inner);
    let handle = outer.handle();
    handle.pause();
    fires.succeed(4).unwrap();
    assert_eq!((handle.state(), inner_handle.state()), (State::Paused, State::Fired));
    assert_eq!(inner_handle.result::<u32, String>(), None, "it was moved");
    let outer = no_result(outer);
    handle.unpause();
    assert_eq!(success_result_of(outer), 4);
}

#[test]
fn who_waits_for_one_that_nobody_will_fire_is_let_go_of() {
    let (inner, fires) = Number::pending();
    let outer = Number::succeed(1).add_callback(move |_| inner);
    drop(fires);
    assert_eq!(outer.handle().state(), State::Abandoned);
}

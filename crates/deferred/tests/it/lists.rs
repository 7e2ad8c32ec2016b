//! Several as one.

use ropewalk_deferred::{Errors, Failure, ListOptions, Listed};

use super::{
    Number,
    form::{State, deferred_list, failure_result_of, gather_results, no_result, success_result_of},
};
use crate::{log::Log, reports};

const CONSUMED: ListOptions = ListOptions {
    fire_on_one_callback: false,
    fire_on_one_errback: false,
    errors: Errors::Consumed,
};

#[test]
fn it_has_all_results_in_their_order_once_the_last_is_there() {
    let ((one, first), (two, second)) = (Number::pending(), Number::pending());
    let list = no_result(deferred_list([one, Number::fail("no".into()), two], CONSUMED));
    second.succeed(2).unwrap();
    let list = no_result(list);
    first.succeed(1).unwrap();
    let all = vec![Ok(1), Err(Failure::Failed("no".into())), Ok(2)];
    assert_eq!(success_result_of(list), Listed::All(all));
}

#[test]
fn an_empty_one_fires_at_once_but_not_where_a_value_was_to_fire_it() {
    let list = deferred_list(Vec::<Number>::new(), ListOptions::default());
    assert_eq!(success_result_of(list), Listed::All(vec![]));
    let options = ListOptions { fire_on_one_callback: true, ..ListOptions::default() };
    let list = no_result(deferred_list(Vec::<Number>::new(), options));
    list.cancel();
    assert_eq!(list.handle().state(), State::Unfired);
    let none = gather_results(Vec::<Number>::new(), Errors::Left);
    assert_eq!(success_result_of(none), Vec::<u32>::new());
}

#[test]
fn the_first_value_may_fire_it() {
    let ((one, first), (two, second)) = (Number::pending(), Number::pending());
    let options = ListOptions { fire_on_one_callback: true, ..CONSUMED };
    let list = deferred_list([one, two], options);
    second.succeed(2).unwrap();
    assert_eq!(success_result_of(list), Listed::First(1, 2));
    first.fail("vanishes".into()).unwrap();
}

#[test]
fn the_first_failure_may_fire_it_with_its_place() {
    let ((one, _first), (two, second)) = (Number::pending(), Number::pending());
    let options = ListOptions { fire_on_one_errback: true, ..CONSUMED };
    let list = deferred_list([one, two], options);
    second.fail("no".into()).unwrap();
    let failure = Box::new(Failure::Failed("no".to_owned()));
    assert_eq!(failure_result_of(list), Failure::First { index: 1, failure });
}

#[test]
fn failures_stay_with_the_members_and_are_reported_there_unless_they_are_consumed() {
    for (errors, reported) in [(Errors::Left, 1), (Errors::Consumed, 0)] {
        let reports = reports::during(|| {
            let list = deferred_list(
                [Number::fail("left".into()), Number::succeed(1)],
                ListOptions { errors, ..ListOptions::default() },
            );
            let Listed::All(all) = success_result_of(list) else { panic!("it has all") };
            assert_eq!(all[0], Err(Failure::Failed("left".into())));
        });
        assert_eq!(reports.len(), reported, "{reports:?}");
    }
}

#[test]
fn gathering_gives_the_values_or_the_first_failure() {
    let values = gather_results([Number::succeed(1), Number::succeed(2)], Errors::Left);
    assert_eq!(success_result_of(values), [1, 2]);
    let failed = gather_results([Number::succeed(1), Number::fail("no".into())], Errors::Consumed);
    let failure = Box::new(Failure::Failed("no".to_owned()));
    assert_eq!(failure_result_of(failed), Failure::First { index: 1, failure });
}

#[test]
fn cancelling_it_cancels_the_members_whose_results_are_its_own() {
    let log = Log::default();
    let notes = log.clone();
    let (one, _first) = Number::cancellable(move |it| {
        notes.add("cancelled");
        it.succeed(1).unwrap();
    });
    let (two, _second) = Number::pending();
    let list = deferred_list([one, two], CONSUMED);
    list.cancel();
    assert_eq!(log.take(), ["cancelled"]);
    assert_eq!(success_result_of(list), Listed::All(vec![Ok(1), Err(Failure::Cancelled)]));
}

#[test]
fn a_member_that_a_cancellation_does_not_fire_is_waited_for_and_cancelled_again() {
    let (member, resolver) = Number::pending();
    let handle = member.handle();
    handle.pause();
    let list = deferred_list([member], CONSUMED);
    list.cancel();
    list.cancel();
    let list = no_result(list);
    resolver.succeed(1).unwrap(); // swallowed
    handle.unpause();
    assert_eq!(success_result_of(list), Listed::All(vec![Err(Failure::Cancelled)]));
}

#[test]
fn a_fired_one_ignores_cancel_also_while_it_waits() {
    let (inner, fires) = Number::pending();
    let (late, _resolver) = Number::pending();
    let state = late.handle();
    let options = ListOptions { fire_on_one_callback: true, ..CONSUMED };
    let list = deferred_list([late, Number::succeed(1)], options).add_callback(move |_| inner);
    assert_eq!(list.handle().state(), State::Waiting);
    let (other, other_fires) = Number::pending();
    let empty = gather_results(Vec::<Number>::new(), Errors::Left).add_callback(move |_| other);
    empty.cancel();
    other_fires.succeed(6).unwrap();
    assert_eq!(success_result_of(empty), 6);
    list.cancel();
    assert_eq!((list.handle().state(), state.state()), (State::Waiting, State::Unfired));
    fires.succeed(5).unwrap();
    assert_eq!(success_result_of(list), 5);
}

#[test]
fn it_keeps_no_member_and_ends_when_nobody_is_left_who_could_fire_one() {
    let (member, resolver) = Number::pending();
    let weak = member.handle().downgrade();
    let list = no_result(deferred_list([member], CONSUMED));
    assert!(weak.upgrade().is_some(), "its resolver keeps it");
    drop(resolver);
    assert!(weak.upgrade().is_none());
    assert_eq!(list.handle().state(), State::Abandoned);
}

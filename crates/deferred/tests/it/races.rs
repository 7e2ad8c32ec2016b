//! The first of several.

use ropewalk_deferred::{AlreadyFired, Failure};

use super::{
    Number,
    form::{State, failure_result_of, no_result, race, success_result_of},
};
use crate::{log::Log, reports};

#[test]
fn the_first_value_wins_and_the_losers_are_cancelled_before_it_shows() {
    let log = Log::default();
    let (notes, seen) = (log.clone(), log.clone());
    let ((one, first), (two, second)) =
        (Number::pending(), Number::cancellable(move |_| notes.add("loser cancelled")));
    let first_of = race([one, two]).add_callback(move |(index, value)| {
        seen.add(format!("number {index} has {value}"));
        Ok(value)
    });
    first.succeed(4).unwrap();
    assert_eq!(log.take(), ["loser cancelled", "number 0 has 4"]);
    assert_eq!(success_result_of(first_of), 4);
    assert_eq!(second.succeed(5), Err(AlreadyFired));
}

#[test]
fn what_losers_come_to_vanishes() {
    let reports = reports::during(|| {
        let ((one, first), (two, second)) =
            (Number::pending(), Number::cancellable(|it| it.fail("late".into()).unwrap()));
        let first_of = race([one, two]);
        first.succeed(1).unwrap();
        assert_eq!(success_result_of(first_of), (0, 1));
        drop(second);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

#[test]
fn if_all_fail_it_fails_with_all_failures_in_their_order() {
    let ((one, first), (two, second)) = (Number::pending(), Number::pending());
    let first_of = race([one, two]);
    second.fail("two".into()).unwrap();
    let first_of = no_result(first_of);
    first.fail("one".into()).unwrap();
    let both = vec![Failure::Failed("one".to_owned()), Failure::Failed("two".to_owned())];
    assert_eq!(failure_result_of(first_of), Failure::Group(both));
}

#[test]
fn cancelling_it_cancels_all() {
    let ((one, _first), (two, _second)) = (Number::pending(), Number::pending());
    let first_of = race([one, two]);
    first_of.cancel();
    let both = vec![Failure::Cancelled, Failure::Cancelled];
    assert_eq!(failure_result_of(first_of), Failure::Group(both));
}

#[test]
fn one_that_its_members_do_not_end_is_cancelled_itself() {
    let (member, _resolver) = Number::pending();
    member.handle().pause();
    let first_of = race([member]);
    first_of.cancel();
    assert_eq!(failure_result_of(first_of), Failure::Cancelled);
}

#[test]
fn what_would_have_decided_one_that_was_cancelled_before_is_not_passed_over() {
    let reports = reports::during(|| {
        let (member, resolver) = Number::pending();
        let handle = member.handle();
        resolver.succeed(1).unwrap();
        handle.pause();
        let first_of = race([member]);
        first_of.cancel();
        assert_eq!(failure_result_of(first_of), Failure::Cancelled);
        handle.unpause();
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(reports[0].failure, AlreadyFired.to_string());
}

#[test]
fn one_of_none_only_ends_when_it_is_cancelled() {
    let first_of = no_result(race(Vec::<Number>::new()));
    assert_eq!(first_of.handle().state(), State::Unfired);
    first_of.cancel();
    assert_eq!(failure_result_of(first_of), Failure::Cancelled);
}

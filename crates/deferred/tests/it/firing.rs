//! Making them, firing them once, and what a resolver says.

use ropewalk_deferred::{AlreadyFired, Failure};

use super::{
    Number,
    form::{State, failure_result_of, maybe_deferred, no_result, success_result_of},
};

#[test]
fn any_second_firing_is_refused() {
    type Fire = fn(&super::form::Resolver<u32, String>) -> Result<(), AlreadyFired>;
    let ways: [Fire; 2] = [|it| it.succeed(1), |it| it.fail("no".to_owned())];
    for first in ways {
        for second in ways {
            let (deferred, resolver) = Number::pending();
            assert!(!resolver.has_fired());
            assert_eq!(first(&resolver), Ok(()));
            assert!(resolver.has_fired());
            assert_eq!(second(&resolver), Err(AlreadyFired));
            assert!(deferred.try_take().is_ok());
        }
    }
}

#[test]
fn a_clone_of_a_resolver_fires_the_same_one() {
    let (deferred, resolver) = Number::pending();
    let other = resolver.clone();
    drop(resolver);
    let deferred = no_result(deferred);
    assert_eq!(other.handle(), deferred.handle());
    other.succeed(4).unwrap();
    assert_eq!(success_result_of(deferred), 4);
}

#[test]
fn what_is_made_with_a_result_has_it() {
    assert_eq!(success_result_of(Number::succeed(1)), 1);
    assert_eq!(failure_result_of(Number::fail("no".into())), Failure::Failed("no".into()));
    assert_eq!(failure_result_of(Number::fired(Err(Failure::TimedOut))), Failure::TimedOut);
}

#[test]
fn a_function_may_give_a_result_or_a_deferred() {
    assert_eq!(success_result_of(maybe_deferred::<String, _>(|| Ok(1))), 1);
    assert_eq!(success_result_of(maybe_deferred(|| Number::succeed(2))), 2);
    let failed = maybe_deferred::<String, _>(|| Err::<u32, _>("no".to_owned().into()));
    assert_eq!(failure_result_of(failed), Failure::Failed("no".to_owned()));
}

#[test]
fn a_dropped_resolver_calls_nothing_and_lets_go_of_what_is_attached() {
    let kept = std::sync::Arc::new(());
    let held = std::sync::Arc::clone(&kept);
    let (deferred, resolver) = Number::pending();
    let deferred = deferred.add_both(move |outcome| {
        drop(held);
        outcome
    });
    drop(resolver);
    assert_eq!(std::sync::Arc::strong_count(&kept), 1);
    assert_eq!(deferred.handle().state(), State::Abandoned);
    drop(no_result(deferred));
}

#[test]
#[should_panic(expected = "it failed: no")]
fn a_failure_is_not_taken_for_success() {
    success_result_of(Number::fail("no".into()));
}

#[test]
#[should_panic(expected = "it has a value: 1")]
fn a_value_is_not_taken_for_a_failure() {
    failure_result_of(Number::succeed(1));
}

#[test]
#[should_panic(expected = "it has a result: Ok(1)")]
fn a_result_is_not_taken_for_none() {
    drop(no_result(Number::succeed(1)));
}

#[test]
#[should_panic(expected = "it has no result: Unfired")]
fn one_without_a_result_is_told_apart() {
    let (deferred, _resolver) = Number::pending();
    success_result_of(deferred);
}

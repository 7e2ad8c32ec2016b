//! For tests: the result of a Deferred, now or not at all.

use std::fmt::{Debug, Display};

use crate::{Failure, Outcome};

use super::{deferred::Deferred, kind::Bound};

/// The value of a Deferred that has one.
///
/// # Panics
/// It has failed, or has no result.
///
/// ```
/// use ropewalk_deferred::{Deferred, success_result_of};
///
/// assert_eq!(success_result_of(Deferred::<_, String>::succeed(1)), 1);
/// ```
#[track_caller]
pub fn success_result_of<T, E>(deferred: Deferred<T, E>) -> T
where
    T: Bound + 'static,
    E: Display + Bound + 'static,
{
    match result_of(deferred) {
        Ok(value) => value,
        Err(failure) => panic!("it failed: {failure}"),
    }
}

/// The failure of a Deferred that has failed.
///
/// # Panics
/// It has a value, or no result.
///
/// ```
/// use ropewalk_deferred::{Deferred, Failure, failure_result_of};
///
/// let failed = Deferred::<(), _>::fail("no power");
/// assert_eq!(failure_result_of(failed), Failure::Failed("no power"));
/// ```
#[track_caller]
pub fn failure_result_of<T, E>(deferred: Deferred<T, E>) -> Failure<E>
where
    T: Debug + Bound + 'static,
    E: Display + Bound + 'static,
{
    match result_of(deferred) {
        Ok(value) => panic!("it has a value: {value:?}"),
        Err(failure) => failure,
    }
}

/// Says that a Deferred has no result yet, and gives it back.
///
/// # Panics
/// It has one.
///
/// ```
/// use ropewalk_deferred::{Deferred, no_result};
///
/// let (deferred, resolver) = Deferred::<u32, String>::pending();
/// let deferred = no_result(deferred);
/// # drop((deferred, resolver));
/// ```
#[track_caller]
pub fn no_result<T, E>(deferred: Deferred<T, E>) -> Deferred<T, E>
where
    T: Debug + Bound + 'static,
    E: Debug + Display + Bound + 'static,
{
    match deferred.try_take() {
        Ok(outcome) => panic!("it has a result: {outcome:?}"),
        Err(deferred) => deferred,
    }
}

#[track_caller]
fn result_of<T, E>(deferred: Deferred<T, E>) -> Outcome<T, E>
where
    T: Bound + 'static,
    E: Display + Bound + 'static,
{
    match deferred.try_take() {
        Ok(outcome) => outcome,
        Err(deferred) => panic!("it has no result: {:?}", deferred.handle().state()),
    }
}

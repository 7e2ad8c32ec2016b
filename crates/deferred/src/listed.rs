//! What lists of Deferreds are told and give, in both forms.

use crate::Outcome;

/// When a list fires, and what becomes of its members' failures.
///
/// ```
/// use ropewalk_deferred::{Errors, ListOptions};
///
/// let options = ListOptions { fire_on_one_errback: true, ..ListOptions::default() };
/// assert_eq!(options.errors, Errors::Left);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ListOptions {
    /// The first value fires it, with [`Listed::First`].
    pub fire_on_one_callback: bool,
    /// The first failure fires it, with [`Failure::First`](crate::Failure::First).
    pub fire_on_one_errback: bool,
    /// What becomes of failures.
    pub errors: Errors,
}

/// What becomes of the failures of a list's members.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Errors {
    /// The list has a copy. The members keep theirs, which is reported as one that nobody handled.
    #[default]
    Left,
    /// They are the list's alone.
    Consumed,
}

/// What a list fires with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Listed<T, E> {
    /// What each of the members came to, in their order.
    All(Vec<Outcome<T, E>>),
    /// The place of the first that had a value, and the value.
    First(usize, T),
}

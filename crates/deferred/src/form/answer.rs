//! What a callback may answer.

use std::fmt::Display;

use crate::{Failure, Outcome};

use super::{deferred::Deferred, kind::Bound};

/// What a callback may return: a result at once, or a [`Deferred`] that is waited for.
///
/// `Result<U, Failure<E>>` and `Deferred<U, E>` are answers, and [`Answered`], for callbacks that
/// sometimes have the one and sometimes the other.
pub trait Answer<E> {
    /// The value, if all is well.
    type Value;

    /// As a value.
    fn answered(self) -> Answered<Self::Value, E>;
}

/// A result, or a [`Deferred`] that will have it.
pub enum Answered<U, E> {
    /// A result.
    Now(Outcome<U, E>),
    /// It is waited for.
    Later(Deferred<U, E>),
}

impl<U, E> Answer<E> for Result<U, Failure<E>> {
    type Value = U;

    #[inline]
    fn answered(self) -> Answered<U, E> {
        Answered::Now(self)
    }
}

impl<U: Bound + 'static, E: Display + Bound + 'static> Answer<E> for Deferred<U, E> {
    type Value = U;

    #[inline]
    fn answered(self) -> Answered<U, E> {
        Answered::Later(self)
    }
}

impl<U, E> Answer<E> for Answered<U, E> {
    type Value = U;

    #[inline]
    fn answered(self) -> Self {
        self
    }
}

impl<U, E> std::fmt::Debug for Answered<U, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Now(_) => "Now",
            Self::Later(_) => "Later",
        })
    }
}

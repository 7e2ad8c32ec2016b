//! Why there is no value.

use std::fmt;

use thiserror::Error;

/// Why a Deferred has no value: what failed, or that it was cancelled, timed out, or given up.
///
/// ```
/// use ropewalk_deferred::Failure;
///
/// fn read(text: &str) -> Result<u16, Failure<std::num::ParseIntError>> {
///     Ok(text.parse()?) // an error of one's own becomes `Failed`
/// }
/// assert!(matches!(read("many"), Err(Failure::Failed(_))));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure<E> {
    /// It failed, with an error of the program's.
    Failed(E),
    /// It was cancelled.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// Of several, this one failed first.
    First {
        /// Its place among them, from 0.
        index: usize,
        /// Why it failed.
        failure: Box<Self>,
    },
    /// Of several, none succeeded: why each failed, in their order.
    Group(Vec<Self>),
    /// Another Deferred was to be fired with the result, and had been fired before.
    AlreadyFired,
    /// A lock or semaphore was to be released, and was not held.
    NotHeld,
    /// It was to wait for a Deferred that waits for it in turn.
    Circular,
    /// Whoever was to fire it is gone.
    Abandoned,
}

impl<E> Failure<E> {
    /// The error of the program's, where it is one.
    #[must_use]
    pub fn failed(self) -> Option<E> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl<E> From<E> for Failure<E> {
    fn from(error: E) -> Self {
        Self::Failed(error)
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Cancelled => f.write_str("cancelled"),
            Self::TimedOut => f.write_str("timed out"),
            Self::First { index, failure } => write!(f, "number {index} failed: {failure}"),
            Self::Group(failures) => {
                write!(f, "all {} failed", failures.len())?;
                let mut before = ": ";
                for failure in failures {
                    write!(f, "{before}{failure}")?;
                    before = "; ";
                }
                Ok(())
            }
            Self::AlreadyFired => AlreadyFired.fmt(f),
            Self::NotHeld => f.write_str("released, and not held"),
            Self::Circular => f.write_str("was to wait for itself"),
            Self::Abandoned => f.write_str("given up by whoever was to give a result"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Failure<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::First { failure, .. } => Some(failure),
            _ => None,
        }
    }
}

/// What comes of a Deferred: a value or a failure.
pub type Outcome<T, E> = Result<T, Failure<E>>;

/// A Deferred was fired a second time.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("fired already")]
pub struct AlreadyFired;

/// A lock or semaphore was released that was not held.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("released, and not held")]
pub struct NotHeld;

/// A semaphore was to be made that nobody could ever have.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("a semaphore needs at least one token")]
pub struct NoTokens;

/// A queue had no room for this.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the queue is full, with {limit} in it")]
pub struct QueueOverflow<T> {
    /// What was to be put.
    pub value: T,
    /// How many the queue holds.
    pub limit: usize,
}

/// More wait for a queue than may.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the queue is empty, and {limit} wait for it already")]
pub struct QueueUnderflow {
    /// How many may wait.
    pub limit: usize,
}

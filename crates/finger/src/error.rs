//! What can be wrong.

use std::sync::Arc;

use thiserror::Error;

use ropewalk_protocol::{ConnectError, Reason};

/// A line that is no query; RFC 1288, section 2.3.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum QueryError {
    /// It is longer than is accepted.
    #[error("query of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It has bytes that cannot be printed, or are not UTF-8.
    #[error("byte {at} of the query cannot be printed")]
    Unprintable {
        /// Where, counted from 0.
        at: usize,
    },
    /// There is more than one user.
    #[error("{0:?} is more than one word")]
    TwoWords(String),
    /// What stands behind an `@` is no host.
    #[error("{0:?} is no host")]
    Host(String),
}

/// Asking did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FingerError {
    /// There was no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection ended before the answer did; what came is kept.
    #[error("the connection ended before the answer: {reason}")]
    Broken {
        /// Why.
        reason: Reason,
        /// What had come.
        partial: bytes::Bytes,
    },
    /// The answer is longer than the asker takes.
    #[error("the answer is longer than the limit of {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer took longer than the asker waits.
    #[error("no whole answer within {limit:?}")]
    TimedOut {
        /// The limit.
        limit: std::time::Duration,
    },
    /// The connection could not be made, as someone else than a reactor says.
    #[error("cannot connect: {0}")]
    Dial(Arc<str>),
}

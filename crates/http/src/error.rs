//! What can be wrong with a request, and the status that says so.

use thiserror::Error;

/// A request that is refused before any service sees it. `Display` is what the client is told.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum BadRequest {
    /// The head breaks the grammar; RFC 9112, sections 2 to 5.
    #[error("malformed request: {0}")]
    Syntax(&'static str),
    /// Where the body ends is not clear; RFC 9112, section 6.3.
    #[error("ambiguous length of the body: {0}")]
    Ambiguous(&'static str),
    /// The chunks of the body break the grammar; RFC 9112, section 7.1.
    #[error("malformed chunk: {0}")]
    Chunk(&'static str),
    /// There is no `Host`, or more than one, or none that could be; RFC 9112, section 3.2.
    #[error("one valid Host is needed")]
    Host,
    /// The head is too long, or has too many fields.
    #[error("the head is larger than the limit of {limit} {unit}")]
    HeadTooLarge {
        /// The limit.
        limit: usize,
        /// Of what: `bytes` or `fields`.
        unit: &'static str,
    },
    /// The target is too long.
    #[error("the target of {length} bytes is longer than the limit of {limit}")]
    TargetTooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is too long.
    #[error("the body is longer than the limit of {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The transfer coding is not one that is understood.
    #[error("the transfer coding is not supported")]
    Coding,
    /// The version is none of HTTP/1.
    #[error("the version is not supported")]
    Version,
    /// What is expected cannot be met.
    #[error("the expectation is not supported")]
    Expectation,
    /// The request did not come in time.
    #[error("the request did not come in time")]
    Timeout,
}

impl BadRequest {
    /// The status code that goes with it; RFC 9110, section 15.5.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Syntax(_) | Self::Ambiguous(_) | Self::Chunk(_) | Self::Host => 400,
            Self::Timeout => 408,
            Self::BodyTooLarge { .. } => 413,
            Self::TargetTooLong { .. } => 414,
            Self::Expectation => 417,
            Self::HeadTooLarge { .. } => 431,
            Self::Coding => 501,
            Self::Version => 505,
        }
    }
}

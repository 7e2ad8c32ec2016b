//! Why a connection ended, and what was wrong with its input.

use std::{borrow::Cow, io, sync::Arc, time::Duration};

use thiserror::Error;

/// Why a connection ended; handed to [`Protocol::connection_lost`](crate::Protocol::connection_lost).
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Reason {
    /// Both sides were done: what was queued has left, and the peer ended its half.
    #[error("closed")]
    Closed,
    /// This side closed without waiting ([`Transport::abort`](crate::Transport::abort)).
    #[error("aborted")]
    Aborted,
    /// The program is ending.
    #[error("the server is shutting down")]
    Shutdown,
    /// The system reported an error.
    #[error("{0}")]
    Io(Arc<io::Error>),
    /// The peer does not read: more than [`Limits::outbox`](crate::Limits::outbox) was queued.
    #[error("{queued} bytes queued for a peer that does not read them; the limit is {limit}")]
    OutboxFull {
        /// Bytes queued when the limit was passed.
        queued: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection does not take its messages: its mailbox was full.
    #[error("its mailbox was full at {limit} messages")]
    MailboxFull {
        /// The limit, in messages.
        limit: usize,
    },
    /// A protocol left more input lying than [`Limits::input`](crate::Limits::input).
    #[error("{held} bytes of input were left unread; the limit is {limit}")]
    InputFull {
        /// Bytes held.
        held: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// After a close, the peer neither took what was queued nor ended its half in time.
    #[error("the peer did not finish closing within {0:?}")]
    Linger(Duration),
    /// The input was not what the protocol allows.
    #[error("malformed input: {0}")]
    Malformed(#[from] Malformed),
    /// A layer between the wire and the protocol gave up; `what` says what it found.
    #[error("{layer}: {what}")]
    Layer {
        /// The layer's name, such as `tls`.
        layer: &'static str,
        /// What it found, as one readable line.
        what: Arc<str>,
    },
    /// A callback panicked; the panic was logged.
    #[error("a callback panicked")]
    Panicked,
    /// Something ended the connection on purpose, for the reason given.
    #[error("{0}")]
    Killed(Arc<str>),
}

impl Reason {
    /// A [`Reason::Killed`] with these words.
    ///
    /// ```
    /// use ropewalk_protocol::Reason;
    ///
    /// assert_eq!(Reason::killed("ping timeout").to_string(), "ping timeout");
    /// ```
    #[must_use]
    pub fn killed(why: &str) -> Self {
        Self::Killed(why.into())
    }

    /// Whether the connection ended as both sides wanted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        matches!(self, Self::Closed | Self::Shutdown)
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// What was wrong with input that a codec or filter refused.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Malformed {
    /// A unit of input (a line, a string, a frame) exceeds its limit.
    ///
    /// Told without the length: how much of it was seen depends on how the network cut it.
    #[error("{unit} longer than the limit of {limit} bytes")]
    TooLong {
        /// What it is: `line`, `string`, `frame`.
        unit: &'static str,
        /// Its length in bytes, as far as it is known.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The input breaks the grammar.
    #[error("{0}")]
    Syntax(Cow<'static, str>),
}

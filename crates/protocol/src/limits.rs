//! Everything that a peer can make grow, by name.

use std::time::Duration;

/// What one connection may use. Shared by all connections of a listener.
///
/// ```
/// use ropewalk_protocol::Limits;
///
/// let limits = Limits { outbox: 256 * 1024, ..Limits::default() };
/// assert!(limits.high_watermark < limits.outbox);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Queued output, in bytes, from which on the connection is paused: it gets no more input.
    pub high_watermark: usize,
    /// Queued output, in bytes, at which a paused connection goes on.
    pub low_watermark: usize,
    /// Queued output, in bytes, above which the connection is aborted.
    pub outbox: usize,
    /// Input that a protocol may leave lying for later, in bytes; above it the connection is
    /// aborted. A paused connection reads nothing, so it does not grow towards this.
    pub input: usize,
    /// Messages that may wait in the mailbox.
    pub mailbox: usize,
    /// Futures that may run for the connection; at that number it gets no more input.
    pub futures: usize,
    /// How long, after a close, what is queued may take to leave.
    pub flush: Duration,
    /// How long, after a close, input is still discarded while waiting for the peer's end of file.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            high_watermark: 64 * 1024,
            low_watermark: 16 * 1024,
            outbox: 16 * 1024 * 1024,
            input: 1024 * 1024,
            mailbox: 16 * 1024,
            futures: 64,
            flush: Duration::from_secs(30),
            linger: Duration::from_secs(2),
        }
    }
}

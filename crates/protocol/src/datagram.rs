//! Datagrams: a protocol of the same shape as [`Protocol`](crate::Protocol), without a connection.

use std::{io, net::IpAddr, sync::Arc, time::Instant};

use thiserror::Error;

use crate::Reason;

mod address;
mod context;
mod machine;

pub use address::DatagramAddress;
pub use context::{DatagramContext, DatagramRequest, Interface};
pub use machine::Datagrams;

/// One socket for datagrams, as a state machine. Methods are named for what happened.
///
/// ```
/// use ropewalk_protocol::{DatagramAddress, DatagramContext, DatagramProtocol};
///
/// struct Echo;
///
/// impl DatagramProtocol for Echo {
///     type Message = ();
///
///     fn datagram_received(
///         &mut self,
///         cx: &mut DatagramContext<'_, ()>,
///         datagram: &[u8],
///         from: &DatagramAddress,
///     ) {
///         cx.send_to(datagram, from);
///     }
/// }
/// ```
pub trait DatagramProtocol {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// The socket is open; called once, before everything else.
    fn started(&mut self, cx: &mut DatagramContext<'_, Self::Message>) {
        let _ = cx;
    }

    /// A datagram arrived, whole.
    fn datagram_received(
        &mut self,
        cx: &mut DatagramContext<'_, Self::Message>,
        datagram: &[u8],
        from: &DatagramAddress,
    );

    /// A datagram of `length` bytes arrived that is longer than [`DatagramLimits::datagram`]; only
    /// its `beginning` is there. By default it is logged and dropped. Where the system does not
    /// tell the true length, `length` is that of the beginning.
    fn datagram_truncated(
        &mut self,
        cx: &mut DatagramContext<'_, Self::Message>,
        beginning: &[u8],
        length: usize,
        from: &DatagramAddress,
    ) {
        let (_, limit) = (cx, beginning.len());
        tracing::warn!(%from, length, limit, "a datagram was too long and is dropped");
    }

    /// A message arrived from a [`Mailbox`](crate::Mailbox) or a future given to
    /// [`DatagramContext::spawn`].
    fn message_received(
        &mut self,
        cx: &mut DatagramContext<'_, Self::Message>,
        message: Self::Message,
    ) {
        let _ = (cx, message);
    }

    /// Nobody receives at the address that the socket is connected to. Sockets that are not
    /// connected are not told.
    fn connection_refused(&mut self, cx: &mut DatagramContext<'_, Self::Message>) {
        let _ = cx;
    }

    /// Something that was asked for did not work; the socket goes on. By default it is logged.
    fn failed(&mut self, cx: &mut DatagramContext<'_, Self::Message>, why: &DatagramError) {
        let _ = cx;
        tracing::warn!(%why, "datagrams");
    }

    /// When [`timed_out`](Self::timed_out) is to be called, if nothing changes this before. A
    /// deadline fires once, until it changes.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The [`deadline`](Self::deadline) has come.
    fn timed_out(&mut self, cx: &mut DatagramContext<'_, Self::Message>) {
        let _ = cx;
    }

    /// The program is ending. By default that closes the socket.
    fn shutting_down(&mut self, cx: &mut DatagramContext<'_, Self::Message>) {
        cx.close();
    }

    /// The socket is closed; nothing is called after this.
    fn stopped(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

/// What one socket for datagrams may use.
///
/// ```
/// use ropewalk_protocol::DatagramLimits;
///
/// let limits = DatagramLimits { datagram: 1500, ..DatagramLimits::default() };
/// assert_eq!(limits.queue, 1024);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DatagramLimits {
    /// The longest datagram, in bytes, sent or received.
    pub datagram: usize,
    /// Datagrams that may wait to be sent; further ones are dropped, and the protocol is told.
    pub queue: usize,
    /// Bytes that may wait to be sent; the same.
    pub queued_bytes: usize,
    /// Messages that may wait in the mailbox.
    pub mailbox: usize,
    /// Futures that may run; at that number nothing more is received.
    pub futures: usize,
    /// How long, after a close, what is queued may take to leave.
    pub flush: std::time::Duration,
}

impl Default for DatagramLimits {
    fn default() -> Self {
        Self {
            datagram: 64 * 1024,
            queue: 1024,
            queued_bytes: 1024 * 1024,
            mailbox: 16 * 1024,
            futures: 64,
            flush: std::time::Duration::from_secs(2),
        }
    }
}

/// Something that a [`DatagramProtocol`] asked for and that did not work.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum DatagramError {
    /// More was sent in a turn than may wait.
    #[error("{dropped} datagrams dropped: the queue holds {limit}")]
    QueueFull {
        /// How many were dropped.
        dropped: u64,
        /// [`DatagramLimits::queue`] in datagrams, or [`DatagramLimits::queued_bytes`] in bytes.
        limit: usize,
    },
    /// A datagram was too long to be sent.
    #[error("datagram of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// [`DatagramLimits::datagram`].
        limit: usize,
    },
    /// The system did not send a datagram.
    #[error("cannot send to {to}: {source}")]
    Send {
        /// Where to.
        to: DatagramAddress,
        /// What the system answered.
        source: Arc<io::Error>,
    },
    /// The system did not join or leave a group.
    #[error("multicast group {group}: {source}")]
    Group {
        /// The group.
        group: IpAddr,
        /// What the system answered.
        source: Arc<io::Error>,
    },
    /// The system did not set an option.
    #[error("{option}: {source}")]
    Option {
        /// Which.
        option: &'static str,
        /// What the system answered.
        source: Arc<io::Error>,
    },
}

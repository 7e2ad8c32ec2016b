//! What a datagram protocol holds while it is called.

use std::{
    collections::VecDeque,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Instant,
};

use bytes::{Buf, BytesMut};

use super::{DatagramAddress, DatagramLimits};
use crate::{Mailbox, work::Work};

/// What a datagram protocol holds while it is called. Everything is recorded in order and done
/// after the callback; what did not work is told by [`failed`](super::DatagramProtocol::failed).
///
/// ```
/// use ropewalk_protocol::{DatagramAddress, DatagramContext};
///
/// fn ping(cx: &mut DatagramContext<'_, ()>, friends: &[DatagramAddress]) {
///     for friend in friends {
///         cx.send_to(b"ping", friend);
///     }
/// }
/// # let _ = ping;
/// ```
pub struct DatagramContext<'a, M> {
    pub(super) queue: &'a mut Queue,
    pub(super) work: &'a mut Work<M>,
    pub(super) now: Instant,
}

/// A network interface, for multicast.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Interface {
    /// The one that the system picks.
    #[default]
    Any,
    /// The one with this address; only for IPv4.
    Address(Ipv4Addr),
    /// The one with this number.
    Index(u32),
}

/// Something that a protocol asks of its socket besides sending: for drivers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DatagramRequest {
    /// Receive what is sent to the group.
    Join(IpAddr, Interface),
    /// Receive it no more.
    Leave(IpAddr, Interface),
    /// Hops that multicast datagrams may travel.
    MulticastTtl(u32),
    /// Whether this machine hears what it sends to groups.
    MulticastLoop(bool),
    /// Where multicast datagrams leave.
    MulticastInterface(Interface),
    /// Whether broadcasts may be sent.
    Broadcast(bool),
}

impl<M> DatagramContext<'_, M> {
    /// The time; one for the whole turn.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Queues a copy of `datagram` for `to`.
    pub fn send_to(&mut self, datagram: &[u8], to: &DatagramAddress) {
        self.queue.push(datagram, Some(to));
    }

    /// Queues a copy of `datagram` for the address that the socket is connected to.
    pub fn send(&mut self, datagram: &[u8]) {
        self.queue.push(datagram, None);
    }

    /// Receives what is sent to the multicast group `group`, on `interface`.
    pub fn join_group(&mut self, group: IpAddr, interface: Interface) {
        self.queue.ask(DatagramRequest::Join(group, interface));
    }

    /// Receives it no more.
    pub fn leave_group(&mut self, group: IpAddr, interface: Interface) {
        self.queue.ask(DatagramRequest::Leave(group, interface));
    }

    /// How many hops multicast datagrams may travel; 1 stays in the local network.
    pub fn set_multicast_ttl(&mut self, hops: u32) {
        self.queue.ask(DatagramRequest::MulticastTtl(hops));
    }

    /// Whether this machine hears what it sends to groups.
    pub fn set_multicast_loop(&mut self, hears: bool) {
        self.queue.ask(DatagramRequest::MulticastLoop(hears));
    }

    /// Where multicast datagrams leave.
    pub fn set_multicast_interface(&mut self, interface: Interface) {
        self.queue.ask(DatagramRequest::MulticastInterface(interface));
    }

    /// Whether broadcasts may be sent.
    pub fn set_broadcast(&mut self, may: bool) {
        self.queue.ask(DatagramRequest::Broadcast(may));
    }

    /// Closes the socket once what is queued has left.
    pub fn close(&mut self) {
        self.queue.closing = true;
    }

    /// Datagrams that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// This end, with the port that the system picked.
    #[must_use]
    pub fn local(&self) -> &DatagramAddress {
        &self.queue.local
    }

    /// The address at which others can reach this protocol. The first call makes it.
    pub fn mailbox(&mut self) -> Mailbox<M> {
        self.work.mailbox().clone()
    }

    /// Runs `work` beside the socket; its output arrives as a message. It is dropped with the
    /// socket. While [`DatagramLimits::futures`] of them run nothing is received.
    pub fn spawn(&mut self, work: impl Future<Output = M> + Send + 'static) {
        self.work.spawn(Box::pin(work));
    }
}

impl<M> std::fmt::Debug for DatagramContext<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatagramContext").field("local", self.local()).finish_non_exhaustive()
    }
}

/// Datagrams that wait to be sent: their bytes one after the other, and where each goes.
pub(super) struct Queue {
    bytes: BytesMut,
    waiting: VecDeque<(usize, Option<DatagramAddress>)>,
    pub(super) requests: VecDeque<DatagramRequest>,
    pub(super) limits: Arc<DatagramLimits>,
    pub(super) local: DatagramAddress,
    pub(super) closing: bool,
    /// Since the protocol was told last.
    pub(super) dropped: u64,
    /// The length of the longest since the protocol was told last, if it was too long.
    pub(super) too_long: Option<usize>,
}

/// Requests that may wait: a driver takes all of them after each callback.
const REQUESTS: usize = 1024;

impl Queue {
    pub(super) fn new(local: DatagramAddress, limits: Arc<DatagramLimits>) -> Self {
        Self {
            bytes: BytesMut::new(),
            waiting: VecDeque::new(),
            requests: VecDeque::new(),
            limits,
            local,
            closing: false,
            dropped: 0,
            too_long: None,
        }
    }

    fn push(&mut self, datagram: &[u8], to: Option<&DatagramAddress>) {
        if self.closing {
            return;
        }
        if datagram.len() > self.limits.datagram {
            self.too_long = self.too_long.max(Some(datagram.len()));
        } else if self.is_full() || self.bytes.len() + datagram.len() > self.limits.queued_bytes {
            self.dropped += 1;
        } else {
            self.bytes.extend_from_slice(datagram);
            self.waiting.push_back((datagram.len(), to.cloned()));
        }
    }

    fn ask(&mut self, request: DatagramRequest) {
        if self.requests.len() < REQUESTS {
            self.requests.push_back(request);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn front(&self) -> Option<(&[u8], Option<&DatagramAddress>)> {
        let (length, to) = self.waiting.front()?;
        Some((&self.bytes[..*length], to.as_ref()))
    }

    pub(super) fn pop(&mut self) -> Option<DatagramAddress> {
        let (length, to) = self.waiting.pop_front()?;
        self.bytes.advance(length);
        to
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.limits.queue || self.bytes.len() >= self.limits.queued_bytes
    }

    /// The limit that was hit, for the report.
    pub(super) fn limit(&self) -> usize {
        if self.waiting.len() >= self.limits.queue {
            self.limits.queue
        } else {
            self.limits.queued_bytes
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = BytesMut::new();
        self.requests.clear();
    }
}

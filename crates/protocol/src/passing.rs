//! UNIX sockets that pass descriptors: a protocol of the same shape as [`Protocol`].

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::BytesMut;
use thiserror::Error;

use crate::{Context, Protocol, Reason};

/// One end of a UNIX socket that passes descriptors with its bytes, as a state machine.
///
/// ```
/// use std::os::fd::OwnedFd;
/// use bytes::BytesMut;
/// use ropewalk_protocol::{DescriptorContext, DescriptorProtocol};
///
/// /// Sends every descriptor back.
/// struct Mirror;
///
/// impl DescriptorProtocol for Mirror {
///     type Message = ();
///
///     fn descriptor_received(&mut self, cx: &mut DescriptorContext<'_, '_, ()>, fd: OwnedFd) {
///         if cx.send_descriptor(fd).is_ok() {
///             cx.write(b"!");
///         }
///     }
///
///     fn data_received(&mut self, _: &mut DescriptorContext<'_, '_, ()>, input: &mut BytesMut) {
///         input.clear();
///     }
/// }
/// ```
pub trait DescriptorProtocol {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// The connection stands; called once, before everything else.
    fn connection_made(&mut self, cx: &mut DescriptorContext<'_, '_, Self::Message>) {
        let _ = cx;
    }

    /// A descriptor arrived, not later than the byte that it was sent with: the system may let it
    /// overtake bytes that were sent before. It is closed on exec.
    fn descriptor_received(
        &mut self,
        cx: &mut DescriptorContext<'_, '_, Self::Message>,
        fd: OwnedFd,
    );

    /// Bytes arrived. Whatever is left in `input` comes back, in front of what arrives next.
    fn data_received(
        &mut self,
        cx: &mut DescriptorContext<'_, '_, Self::Message>,
        input: &mut BytesMut,
    );

    /// A message arrived from a [`Mailbox`](crate::Mailbox) or a future given to
    /// [`Context::spawn`].
    fn message_received(
        &mut self,
        cx: &mut DescriptorContext<'_, '_, Self::Message>,
        message: Self::Message,
    ) {
        let _ = (cx, message);
    }

    /// There is room to write again, after [`Flow::Paused`](crate::Flow::Paused).
    fn drained(&mut self, cx: &mut DescriptorContext<'_, '_, Self::Message>) {
        let _ = cx;
    }

    /// The peer ended its half. By default that closes the connection.
    fn eof_received(&mut self, cx: &mut DescriptorContext<'_, '_, Self::Message>) {
        cx.close();
    }

    /// When [`timed_out`](Self::timed_out) is to be called, if nothing changes this before.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The [`deadline`](Self::deadline) has come.
    fn timed_out(&mut self, cx: &mut DescriptorContext<'_, '_, Self::Message>) {
        let _ = cx;
    }

    /// The program is ending. By default that closes the connection.
    fn shutting_down(&mut self, cx: &mut DescriptorContext<'_, '_, Self::Message>) {
        cx.close();
    }

    /// The connection is gone; nothing is called after this.
    fn connection_lost(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

/// What a [`DescriptorProtocol`] holds while it is called: everything of [`Context`], and a way to
/// send descriptors.
pub struct DescriptorContext<'c, 'a, M> {
    cx: &'c mut Context<'a, M>,
    passed: &'c Passed,
}

/// A descriptor was not taken; here it is again.
#[derive(Debug, Error)]
#[error("{limit} descriptors wait to be sent already")]
pub struct TooManyDescriptors {
    /// The limit: [`Passing::MOST`].
    pub limit: usize,
    /// What was to be sent.
    pub fd: OwnedFd,
}

impl<M> DescriptorContext<'_, '_, M> {
    /// Queues `fd`, which leaves with the first byte that is written after it: without one it never
    /// does, since the system passes no descriptor by itself. 16 leave with one byte at most, and
    /// what is more than that with the next ones.
    ///
    /// # Errors
    /// [`TooManyDescriptors`] gives it back when [`Passing::MOST`] wait.
    pub fn send_descriptor(&mut self, fd: OwnedFd) -> Result<(), TooManyDescriptors> {
        let queued = self.cx.queued() as u64;
        self.passed.lock().queue(queued, fd)
    }
}

impl<'a, M> Deref for DescriptorContext<'_, 'a, M> {
    type Target = Context<'a, M>;

    fn deref(&self) -> &Self::Target {
        self.cx
    }
}

impl<M> DerefMut for DescriptorContext<'_, '_, M> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.cx
    }
}

/// A [`DescriptorProtocol`] as the [`Protocol`] that a [`Connection`](crate::Connection) holds: for
/// drivers, which move the descriptors by its [`Passed`].
pub struct Passing<P> {
    inner: P,
    passed: Passed,
}

impl<P> Passing<P> {
    /// Descriptors that may wait, each way.
    pub const MOST: usize = MOST;

    /// Around `inner`, with nothing passed yet.
    pub fn new(inner: P) -> Self {
        Self { inner, passed: Passed::default() }
    }

    /// The descriptors on their way.
    #[must_use]
    pub fn passed(&self) -> Passed {
        self.passed.clone()
    }
}

const MOST: usize = 64;

/// Descriptors on their way from and to a protocol: for drivers. The lock is held to add or take
/// some; only the driver and its protocol have it, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    queues: Arc<Mutex<Queues>>,
}

#[derive(Debug, Default)]
struct Queues {
    /// Each before the byte of that number.
    outgoing: VecDeque<(u64, OwnedFd)>,
    incoming: VecDeque<OwnedFd>,
    sent: u64,
}

impl Queues {
    fn queue(&mut self, queued: u64, fd: OwnedFd) -> Result<(), TooManyDescriptors> {
        if self.outgoing.len() >= MOST {
            return Err(TooManyDescriptors { limit: MOST, fd });
        }
        self.outgoing.push_back((self.sent + queued, fd));
        Ok(())
    }
}

impl Passed {
    /// The descriptors that leave with the next byte, into `with`; and how many bytes may leave
    /// together with that one, before the next descriptor.
    pub fn next(&self, with: &mut Vec<OwnedFd>, most: usize) -> u64 {
        let mut queues = self.lock();
        let sent = queues.sent;
        while with.len() < most && queues.outgoing.front().is_some_and(|(at, _)| *at <= sent) {
            with.extend(queues.outgoing.pop_front().map(|(_, fd)| fd));
        }
        match queues.outgoing.front() {
            // More than go with one byte: the rest goes with the one after it.
            Some((at, _)) if *at <= sent => 1,
            Some((at, _)) => at - sent,
            None => u64::MAX,
        }
    }

    /// So many bytes were sent, with what [`next`](Self::next) gave.
    pub fn sent(&self, bytes: usize) {
        self.lock().sent += bytes as u64;
    }

    /// Nothing was sent: what [`next`](Self::next) gave goes first again.
    pub fn put_back(&self, with: &mut Vec<OwnedFd>) {
        let mut queues = self.lock();
        let sent = queues.sent;
        for fd in with.drain(..).rev() {
            queues.outgoing.push_front((sent, fd));
        }
    }

    /// A descriptor arrived; it is told before the bytes that are fed next.
    pub fn received(&self, fd: OwnedFd) {
        self.lock().incoming.push_back(fd);
    }

    /// Whether the protocol has not taken all that arrived: read no more until it has.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.lock().incoming.is_empty()
    }

    fn take(&self) -> Option<OwnedFd> {
        self.lock().incoming.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        // Only the queues' own methods run under the lock.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: DescriptorProtocol> Passing<P> {
    fn call(
        &mut self,
        cx: &mut Context<'_, P::Message>,
        call: impl FnOnce(&mut P, &mut DescriptorContext<'_, '_, P::Message>),
    ) {
        call(&mut self.inner, &mut DescriptorContext { cx, passed: &self.passed });
    }
}

impl<P: DescriptorProtocol> Protocol for Passing<P> {
    type Message = P::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(cx, P::connection_made);
    }

    fn data_received(&mut self, cx: &mut Context<'_, P::Message>, input: &mut BytesMut) {
        while let Some(fd) = self.passed.take() {
            self.call(cx, |inner, cx| inner.descriptor_received(cx, fd));
        }
        self.call(cx, |inner, cx| inner.data_received(cx, input));
    }

    fn message_received(&mut self, cx: &mut Context<'_, P::Message>, message: P::Message) {
        self.call(cx, |inner, cx| inner.message_received(cx, message));
    }

    fn drained(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(cx, P::drained);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(cx, P::eof_received);
    }

    fn deadline(&self) -> Option<Instant> {
        self.inner.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(cx, P::timed_out);
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(cx, P::shutting_down);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.inner.connection_lost(reason);
    }
}

impl<M> std::fmt::Debug for DescriptorContext<'_, '_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DescriptorContext").field("cx", &self.cx).finish_non_exhaustive()
    }
}

impl<P> std::fmt::Debug for Passing<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passing").finish_non_exhaustive()
    }
}

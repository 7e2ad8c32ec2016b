//! What a protocol holds while it is called.

use std::{
    future::Future,
    ops::{Deref, DerefMut},
    time::Instant,
};

use bytes::Bytes;

use crate::{Flow, Mailbox, Peer, Transport, work::Work};

/// What a protocol holds while it is called: every method of [`Transport`], the time, and the ways
/// for the outside to reach it.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Protocol};
///
/// /// Answers each chunk with what a slow look-up found.
/// struct Slow;
///
/// impl Protocol for Slow {
///     type Message = String;
///
///     fn data_received(&mut self, cx: &mut Context<'_, String>, input: &mut BytesMut) {
///         let question = input.split();
///         cx.spawn(async move { format!("{} bytes asked", question.len()) });
///     }
///
///     fn message_received(&mut self, cx: &mut Context<'_, String>, answer: String) {
///         cx.write(answer.as_bytes());
///     }
/// }
/// ```
pub struct Context<'a, M> {
    transport: &'a mut (dyn Transport + 'a),
    work: &'a mut Work<M>,
    now: Instant,
}

impl<'a, M> Context<'a, M> {
    pub(crate) fn new(
        transport: &'a mut (dyn Transport + 'a),
        work: &'a mut Work<M>,
        now: Instant,
    ) -> Self {
        Self { transport, work, now }
    }

    /// A context over another transport, for a layer's inner protocol.
    pub(crate) fn over<'b>(
        work: &'b mut Work<M>,
        now: Instant,
        transport: &'b mut (dyn Transport + 'b),
    ) -> Context<'b, M> {
        Context { transport, work, now }
    }

    pub(crate) fn parts(&mut self) -> (&mut (dyn Transport + 'a), &mut Work<M>, Instant) {
        (self.transport, self.work, self.now)
    }

    /// The time; one for the whole turn.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The address at which others can reach this connection. The first call makes it.
    pub fn mailbox(&mut self) -> Mailbox<M> {
        self.work.mailbox().clone()
    }

    /// Runs `work` beside the connection; its output arrives as a message. It is dropped with the
    /// connection.
    ///
    /// While [`Limits::futures`](crate::Limits::futures) of them run the connection gets no more
    /// input.
    pub fn spawn(&mut self, work: impl Future<Output = M> + Send + 'static) {
        self.work.spawn(Box::pin(work));
    }

    /// Whether to go on: that of the transport, but paused also while too many futures run.
    #[must_use]
    #[inline]
    pub fn flow(&self) -> Flow {
        match self.transport.flow() {
            Flow::Open if self.work.is_full() => Flow::Paused,
            flow => flow,
        }
    }
}

impl<'a, M> Deref for Context<'a, M> {
    type Target = dyn Transport + 'a;

    fn deref(&self) -> &Self::Target {
        self.transport
    }
}

impl<M> DerefMut for Context<'_, M> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.transport
    }
}

/// So that it can be given to whatever writes to a transport.
impl<M> Transport for Context<'_, M> {
    fn write(&mut self, bytes: &[u8]) {
        self.transport.write(bytes);
    }

    fn send(&mut self, bytes: Bytes) {
        self.transport.send(bytes);
    }

    fn pause_reading(&mut self) {
        self.transport.pause_reading();
    }

    fn resume_reading(&mut self) {
        self.transport.resume_reading();
    }

    fn write_eof(&mut self) {
        self.transport.write_eof();
    }

    fn close(&mut self) {
        self.transport.close();
    }

    fn abort(&mut self) {
        self.transport.abort();
    }

    fn flow(&self) -> Flow {
        Self::flow(self)
    }

    fn outflow(&self) -> Flow {
        self.transport.outflow()
    }

    fn queued(&self) -> usize {
        self.transport.queued()
    }

    fn peer(&self) -> &Peer {
        self.transport.peer()
    }

    fn can_start_tls(&self) -> bool {
        self.transport.can_start_tls()
    }

    fn start_tls(&mut self) {
        self.transport.start_tls();
    }
}

impl<M> std::fmt::Debug for Context<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("now", &self.now).finish_non_exhaustive()
    }
}

//! The pull-style machine that drivers hold: one protocol, its input and its output.

use std::{io::IoSlice, sync::Arc, task::Waker, time::Instant};

use bytes::BytesMut;

use crate::{
    Limits, Peer, Protocol, Reason, Said, Transport,
    bottom::{Bottom, Ending, Phase},
    fired::Fired,
    lane::Home,
    work::{BUDGET, Work},
};

mod turn;

/// One protocol on one connection, without I/O: what a driver holds.
///
/// A driver calls [`start`](Self::start) once; [`feed`](Self::feed) with what it read, unless
/// [`wants_input`](Self::wants_input) says no; [`end`](Self::end) at the end of file;
/// [`poll`](Self::poll) when woken or at the [`deadline`](Self::deadline). After each of these it
/// sends what is [`outgoing`](Self::outgoing), shuts its socket's writing half down when
/// [`wants_shutdown`](Self::wants_shutdown), and when the connection is [`over`](Self::over) calls
/// [`finish`](Self::finish) and closes the socket.
///
/// ```
/// use std::{sync::Arc, time::Instant};
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Connection, Context, Limits, Peer, Protocol};
///
/// struct Echo;
/// impl Protocol for Echo {
///     type Message = ();
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         cx.send(input.split().freeze());
///     }
/// }
///
/// let mut connection = Connection::new(Echo, Peer::unnamed(), Arc::new(Limits::default()));
/// let now = Instant::now();
/// connection.start(now);
/// connection.feed(now, &mut BytesMut::from("hello"));
/// assert_eq!(connection.outgoing(), b"hello");
/// connection.sent(now, 5);
/// assert!(connection.outgoing().is_empty());
/// ```
pub struct Connection<P: Protocol> {
    protocol: P,
    wire: Bottom,
    work: Work<P::Message>,
    /// Input that the protocol left, or that came while it was paused.
    input: BytesMut,
    fired: Fired,
    /// When closing has to be done.
    closing_until: Option<Instant>,
    eof: Eof,
    lost: bool,
}

/// The peer's half.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Eof {
    No,
    /// Waits behind a pause, like any input.
    Pending,
    Told,
}

impl<P: Protocol> Connection<P> {
    /// A connection that has not started.
    pub fn new(protocol: P, peer: Peer, limits: Arc<Limits>) -> Self {
        Self::with_home(protocol, peer, limits, None)
    }

    /// The same for a driver whose threads have a [`Lane`](crate::Lane): the outside reaches the
    /// connection through it.
    pub fn at_home(protocol: P, peer: Peer, limits: Arc<Limits>, home: Home) -> Self {
        Self::with_home(protocol, peer, limits, Some(home))
    }

    fn with_home(protocol: P, peer: Peer, limits: Arc<Limits>, home: Option<Home>) -> Self {
        let work = Work::new(home, Arc::clone(&limits));
        let wire = Bottom::new(peer, limits);
        Self {
            protocol,
            wire,
            work,
            input: BytesMut::new(),
            fired: Fired::default(),
            closing_until: None,
            eof: Eof::No,
            lost: false,
        }
    }

    /// The connection stands.
    pub fn start(&mut self, now: Instant) {
        self.call(now, P::connection_made);
        self.settle(now);
    }

    /// Input arrived. Takes all of it: what the protocol leaves is kept for later.
    pub fn feed(&mut self, now: Instant, input: &mut BytesMut) {
        if self.wire.phase == Phase::Closing || self.wire.over.is_some() {
            input.clear();
            return;
        }
        if self.input.is_empty() && self.takes_input() {
            self.wire.resumed = false;
            self.call(now, |protocol, cx| protocol.data_received(cx, input));
            if !input.is_empty() {
                self.input.extend_from_slice(input);
                input.clear();
            }
        } else {
            self.input.extend_from_slice(input);
            input.clear();
            self.offer(now);
        }
        self.settle(now);
    }

    /// The peer ended its half of the stream.
    pub fn end(&mut self, now: Instant) {
        if self.eof == Eof::No {
            self.eof = Eof::Pending;
        }
        self.settle(now);
    }

    /// Deals with whatever is due: the mailbox, futures, deadlines. True when there is more to do
    /// than one turn should take.
    ///
    /// `waker` is told of what comes later. Drivers with a [`Lane`](crate::Lane) need none.
    pub fn poll(&mut self, now: Instant, waker: Option<&Waker>) -> bool {
        let registered = self.register(waker);
        if let Some(reason) = self.work.aborted() {
            self.wire.lose(reason);
            return false;
        }
        let mut budget = BUDGET;
        while budget > 0 && self.wire.over.is_none() {
            let message = self.work.next_message().or_else(|| self.next_output(waker));
            let Some(message) = message else { break };
            self.call(now, |protocol, cx| protocol.message_received(cx, message));
            self.settle(now);
            budget -= 1;
        }
        if budget < BUDGET {
            self.call(now, P::turn_ended);
        }
        if self.work.shutdown_due() {
            self.begin_shutdown(now);
        }
        self.check_time(now);
        self.settle(now);
        let late = !registered && self.register(waker) && self.work.has_mail();
        late || self.work.has_more(budget == 0)
    }

    /// Takes one message from the mailbox: what [`Errand::Post`](crate::Errand::Post) asks for.
    pub fn post(&mut self, now: Instant) {
        if let Some(reason) = self.work.aborted() {
            self.wire.lose(reason);
        } else if self.wire.over.is_none()
            && let Some(message) = self.work.next_message()
        {
            self.call(now, |protocol, cx| {
                protocol.message_received(cx, message);
                protocol.turn_ended(cx);
            });
            self.settle(now);
        }
    }

    /// Sends `bytes` of what is outgoing: they are forgotten.
    pub fn sent(&mut self, now: Instant, bytes: usize) {
        self.wire.outbox.consume(bytes);
        if self.wire.above && self.wire.outbox.len() <= self.wire.limits.low_watermark {
            self.wire.above = false;
            if self.wire.phase == Phase::Open {
                self.wire.resumed = true;
                self.call(now, P::drained);
            }
            self.settle(now);
        } else if self.wire.phase == Phase::Closing && self.wire.outbox.is_empty() {
            self.settle(now);
        }
    }

    /// The first bytes to send, as many as lie together. See also [`slices`](Self::slices).
    #[inline]
    pub fn outgoing(&self) -> &[u8] {
        self.wire.outbox.front()
    }

    /// Fills `slices` with what is to be sent, for a vectored write; returns how many it filled.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.wire.outbox.slices(slices)
    }

    /// Whether [`outgoing`](Self::outgoing) is all there is.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        self.wire.outbox.is_contiguous()
    }

    /// Lends the connection a buffer for the output of the coming turn. Idle connections need none.
    #[inline]
    pub fn lend(&mut self, spare: &mut Vec<u8>) {
        self.wire.outbox.lend(spare);
    }

    /// Takes the lent buffer back, if everything has been sent.
    #[inline]
    pub fn reclaim(&mut self, spare: &mut Vec<u8>) {
        self.wire.outbox.reclaim(spare);
    }

    /// Whether to read. A driver that reads all the same must keep what it read.
    #[inline]
    pub fn wants_input(&self) -> bool {
        if self.eof != Eof::No || self.wire.over.is_some() {
            return false;
        }
        self.wire.phase == Phase::Closing || self.takes_input()
    }

    /// Whether the socket's writing half is to be shut down now; then call
    /// [`shut_down`](Self::shut_down).
    #[inline]
    pub fn wants_shutdown(&self) -> bool {
        self.wire.ending == Ending::Asked && self.wire.outbox.is_empty()
    }

    /// The socket's writing half has been shut down.
    pub fn shut_down(&mut self, now: Instant) {
        self.wire.ending = Ending::Done;
        if self.wire.phase == Phase::Closing {
            self.closing_until = Some(now + self.wire.limits.linger);
        }
        self.settle(now);
    }

    /// When to call [`poll`](Self::poll), if nothing happens before.
    #[inline]
    pub fn deadline(&self) -> Option<Instant> {
        if self.closing_until.is_some() {
            return self.closing_until;
        }
        self.fired.pending(self.protocol.deadline())
    }

    /// Why the connection is over, once it is. Call [`finish`](Self::finish), and close the socket.
    #[inline]
    pub fn over(&self) -> Option<&Reason> {
        let over = self.wire.over.as_deref()?;
        Some(self.work.failure().unwrap_or(over))
    }

    /// Tells the protocol that the connection is lost. Later calls do nothing.
    pub fn finish(&mut self, reason: &Reason) {
        if self.lost {
            return;
        }
        self.lost = true;
        let failure = self.work.failure().cloned();
        let reason = failure.as_ref().unwrap_or(reason);
        self.wire.lose(reason.clone());
        self.wire.outbox.clear();
        self.input = BytesMut::new();
        self.work.close();
        self.protocol.connection_lost(reason);
    }

    /// The program is ending: tells the protocol, which closes unless it says otherwise.
    pub fn begin_shutdown(&mut self, now: Instant) {
        if self.wire.phase == Phase::Open && self.wire.over.is_none() {
            self.call(now, P::shutting_down);
            self.settle(now);
        }
    }

    /// Ends it from outside as [`Transport::close`] does, without asking the protocol.
    pub fn close(&mut self, now: Instant) {
        self.wire.close();
        self.settle(now);
    }

    /// Whether it has been closed and only sends what is queued.
    #[inline]
    pub fn is_closing(&self) -> bool {
        self.wire.phase == Phase::Closing
    }

    /// Who is at the other end.
    #[inline]
    pub fn peer(&self) -> &Peer {
        &self.wire.peer
    }

    /// The protocol.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// The address at which others can reach this connection. The first call makes it.
    pub fn mailbox(&mut self) -> crate::Mailbox<P::Message> {
        self.work.mailbox().clone()
    }

    /// Whether messages wait in the mailbox: drivers deal with those before new input.
    #[inline]
    pub fn has_mail(&self) -> bool {
        self.work.has_mail()
    }

    /// Whether [`poll`](Self::poll) is to be called once more: since the last time futures came that
    /// nobody has asked yet. Drivers without a [`Lane`](crate::Lane) look after they have sent.
    #[inline]
    pub fn wants_poll(&self) -> bool {
        self.work.has_fresh_jobs()
    }

    /// Bytes waiting to be sent.
    #[inline]
    pub fn queued(&self) -> usize {
        self.wire.outbox.len()
    }
}

impl<P: Protocol> Connection<P>
where
    P::Message: 'static,
{
    /// Tells the protocol what was said to a group that it is a member of.
    pub fn deliver(&mut self, now: Instant, said: &dyn Said) {
        let mut slot: Option<P::Message> = None;
        for index in 0..said.count() {
            if self.wire.over.is_some() {
                return;
            }
            said.put(index, &mut slot);
            if let Some(message) = slot.take() {
                self.call(now, |protocol, cx| protocol.message_received(cx, message));
            }
        }
        self.call(now, P::turn_ended);
        self.settle(now);
    }
}

impl<P: Protocol> std::fmt::Debug for Connection<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.wire.peer)
            .field("phase", &self.wire.phase)
            .field("queued", &self.wire.outbox.len())
            .finish_non_exhaustive()
    }
}

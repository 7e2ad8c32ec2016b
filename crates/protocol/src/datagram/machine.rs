//! The pull-style machine that drivers of datagram sockets hold.

use std::{io, sync::Arc, task::Waker, time::Instant};

use super::{
    DatagramAddress, DatagramContext, DatagramError, DatagramLimits, DatagramProtocol,
    DatagramRequest, context::Queue,
};
use crate::{
    Limits, Reason,
    fired::Fired,
    work::{BUDGET, Work},
};

/// One datagram protocol without I/O: what a driver holds.
///
/// A driver calls [`start`](Self::start) once; [`feed`](Self::feed) with each datagram, unless
/// [`wants_input`](Self::wants_input) says no; [`poll`](Self::poll) when woken or at the
/// [`deadline`](Self::deadline). After each it does the [`request`](Self::request)s and sends what
/// is [`outgoing`](Self::outgoing), and when it is [`over`](Self::over) calls
/// [`finish`](Self::finish).
///
/// ```
/// use std::{sync::Arc, time::Instant};
/// use ropewalk_protocol::{DatagramAddress, DatagramContext, DatagramProtocol, Datagrams};
///
/// struct Echo;
/// impl DatagramProtocol for Echo {
///     type Message = ();
///     fn datagram_received(
///         &mut self,
///         cx: &mut DatagramContext<'_, ()>,
///         datagram: &[u8],
///         from: &DatagramAddress,
///     ) {
///         cx.send_to(datagram, from);
///     }
/// }
///
/// let (now, from) = (Instant::now(), DatagramAddress::from(([127, 0, 0, 1], 9)));
/// let mut datagrams = Datagrams::new(Echo, DatagramAddress::Unnamed, Arc::default());
/// datagrams.start(now);
/// datagrams.feed(now, b"hello", &from);
/// assert_eq!(datagrams.outgoing(), Some((&b"hello"[..], Some(&from))));
/// datagrams.sent(now);
/// assert_eq!(datagrams.outgoing(), None);
/// ```
pub struct Datagrams<P: DatagramProtocol> {
    protocol: P,
    queue: Queue,
    work: Work<P::Message>,
    fired: Fired,
    closing_until: Option<Instant>,
    over: Option<Reason>,
    lost: bool,
}

impl<P: DatagramProtocol> Datagrams<P> {
    /// A socket at `local` that has not started.
    pub fn new(protocol: P, local: DatagramAddress, limits: Arc<DatagramLimits>) -> Self {
        let (mailbox, futures) = (limits.mailbox, limits.futures);
        let work = Work::new(None, Arc::new(Limits { mailbox, futures, ..Limits::default() }));
        let queue = Queue::new(local, limits);
        Self {
            protocol,
            queue,
            work,
            fired: Fired::default(),
            closing_until: None,
            over: None,
            lost: false,
        }
    }

    /// The socket is open.
    pub fn start(&mut self, now: Instant) {
        self.call(now, P::started);
    }

    /// A datagram arrived, whole.
    pub fn feed(&mut self, now: Instant, datagram: &[u8], from: &DatagramAddress) {
        self.call(now, |protocol, cx| protocol.datagram_received(cx, datagram, from));
    }

    /// The `beginning` of a datagram of `length` bytes arrived.
    pub fn feed_truncated(
        &mut self,
        now: Instant,
        beginning: &[u8],
        length: usize,
        from: &DatagramAddress,
    ) {
        self.call(now, |protocol, cx| protocol.datagram_truncated(cx, beginning, length, from));
    }

    /// Nobody receives at the address that the socket is connected to.
    pub fn refused(&mut self, now: Instant) {
        self.call(now, P::connection_refused);
    }

    /// Deals with whatever is due: the mailbox, futures, deadlines. True when there is more to do
    /// than one turn should take. `waker` is told of what comes later.
    pub fn poll(&mut self, now: Instant, waker: &Waker) -> bool {
        let registered = self.work.register(waker);
        if let Some(reason) = self.work.aborted() {
            self.over.get_or_insert(reason);
            return false;
        }
        let mut budget = BUDGET;
        while budget > 0 && self.over.is_none() {
            let message = self.work.next_message().or_else(|| self.work.poll_jobs(Some(waker)));
            let Some(message) = message else { break };
            self.call(now, |protocol, cx| protocol.message_received(cx, message));
            budget -= 1;
        }
        self.check_time(now);
        let late = !registered && self.work.register(waker) && self.work.has_mail();
        late || self.work.has_more(budget == 0)
    }

    /// The next datagram to send and where to, if that is not where the socket is connected to.
    #[must_use]
    pub fn outgoing(&self) -> Option<(&[u8], Option<&DatagramAddress>)> {
        self.queue.front()
    }

    /// The one that was outgoing is sent.
    pub fn sent(&mut self, now: Instant) {
        self.queue.pop();
        self.settle(now);
    }

    /// The one that was outgoing could not be sent, and is dropped.
    pub fn not_sent(&mut self, now: Instant, error: io::Error) {
        let to = self.queue.pop().unwrap_or(DatagramAddress::Unnamed);
        self.failed(now, &DatagramError::Send { to, source: Arc::new(error) });
    }

    /// The next thing that the protocol asks of its socket.
    pub fn request(&mut self) -> Option<DatagramRequest> {
        self.queue.requests.pop_front()
    }

    /// What it asked for did not work.
    pub fn failed(&mut self, now: Instant, why: &DatagramError) {
        self.call(now, |protocol, cx| protocol.failed(cx, why));
    }

    /// Whether to receive: not while the queue is full or too many futures run.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        !(self.queue.closing || self.queue.is_full() || self.work.is_full() || self.over.is_some())
    }

    /// When to call [`poll`](Self::poll), if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.closing_until.or_else(|| self.fired.pending(self.protocol.deadline()))
    }

    /// Why it is over, once it is.
    #[must_use]
    pub fn over(&self) -> Option<&Reason> {
        self.over.as_ref()
    }

    /// The program is ending: tells the protocol, which closes unless it says otherwise.
    pub fn begin_shutdown(&mut self, now: Instant) {
        if !self.queue.closing {
            self.call(now, P::shutting_down);
        }
    }

    /// Closes it from outside, once what is queued has left.
    pub fn close(&mut self, now: Instant) {
        self.queue.closing = true;
        self.settle(now);
    }

    /// Tells the protocol that the socket is closed. Later calls do nothing.
    pub fn finish(&mut self, reason: &Reason) {
        if std::mem::replace(&mut self.lost, true) {
            return;
        }
        self.over.get_or_insert_with(|| reason.clone());
        self.queue.clear();
        self.work.close();
        self.protocol.stopped(reason);
    }

    /// This end.
    #[must_use]
    pub fn local(&self) -> &DatagramAddress {
        &self.queue.local
    }

    fn call(&mut self, now: Instant, f: impl FnOnce(&mut P, &mut DatagramContext<'_, P::Message>)) {
        if self.over.is_none() {
            let mut cx = DatagramContext { queue: &mut self.queue, work: &mut self.work, now };
            f(&mut self.protocol, &mut cx);
            self.settle(now);
        }
    }

    /// What follows from a callback: reports of what was dropped, and the end.
    fn settle(&mut self, now: Instant) {
        if let Some(length) = self.queue.too_long.take() {
            let limit = self.queue.limits.datagram;
            self.report(now, &DatagramError::TooLong { length, limit });
        }
        let dropped = std::mem::take(&mut self.queue.dropped);
        if dropped > 0 {
            let limit = self.queue.limit();
            self.report(now, &DatagramError::QueueFull { dropped, limit });
        }
        if !self.queue.closing {
            return;
        }
        if self.queue.len() == 0 {
            self.over.get_or_insert(Reason::Closed);
        } else if self.closing_until.is_none() {
            self.closing_until = Some(now + self.queue.limits.flush);
        }
    }

    /// Told without settling again: one that sends more when it hears of too much would never end.
    fn report(&mut self, now: Instant, why: &DatagramError) {
        let mut cx = DatagramContext { queue: &mut self.queue, work: &mut self.work, now };
        self.protocol.failed(&mut cx, why);
    }

    fn check_time(&mut self, now: Instant) {
        if self.closing_until.is_some_and(|until| until <= now) {
            self.over.get_or_insert(Reason::Linger(self.queue.limits.flush));
            return;
        }
        if self.fired.is_due(self.protocol.deadline(), now) {
            self.call(now, P::timed_out);
        }
    }
}

impl<P: DatagramProtocol> std::fmt::Debug for Datagrams<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Datagrams")
            .field("local", self.local())
            .field("queued", &self.queue.len())
            .finish_non_exhaustive()
    }
}

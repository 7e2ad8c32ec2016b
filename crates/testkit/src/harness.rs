//! One protocol, held by a test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_clock::{Clock, ManualClock};
use ropewalk_protocol::{Connection, Limits, Mailbox, Peer, Protocol, Reason};

/// One protocol on a connection that is a test: it has started when this is made.
///
/// Everything happens before the methods return: messages, futures that can go on, output. The
/// other end takes what is written at once, until [`stop_taking`](Self::stop_taking).
///
/// ```
/// use std::time::{Duration, Instant};
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Protocol, Transport};
/// use ropewalk_testkit::Harness;
///
/// /// Says goodbye after a minute.
/// struct Patient(Option<Instant>);
/// impl Protocol for Patient {
///     type Message = ();
///     fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///         self.0 = Some(cx.now() + Duration::from_secs(60));
///     }
///     fn data_received(&mut self, _: &mut Context<'_, ()>, _: &mut BytesMut) {}
///     fn deadline(&self) -> Option<Instant> {
///         self.0
///     }
///     fn timed_out(&mut self, cx: &mut Context<'_, ()>) {
///         cx.write(b"bye");
///         cx.close();
///     }
/// }
///
/// let mut harness = Harness::new(Patient(None));
/// harness.advance(Duration::from_secs(60));
/// assert_eq!(harness.written(), b"bye");
/// harness.end();
/// assert!(harness.lost().unwrap().is_clean());
/// ```
pub struct Harness<P: Protocol> {
    connection: Connection<P>,
    clock: ManualClock,
    woken: Arc<Woken>,
    written: Vec<u8>,
    /// How much more the other end takes.
    takes: usize,
    ended: bool,
    lost: Option<Reason>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl<P: Protocol> Harness<P> {
    /// `protocol` on a connection to an unnamed peer, with the default limits.
    pub fn new(protocol: P) -> Self {
        Self::with(protocol, Peer::unnamed(), Limits::default())
    }

    /// The same with limits of its own.
    pub fn limited(protocol: P, limits: Limits) -> Self {
        Self::with(protocol, Peer::unnamed(), limits)
    }

    /// The same with limits and a peer.
    pub fn with(protocol: P, peer: Peer, limits: Limits) -> Self {
        let clock = ManualClock::new();
        let mut connection = Connection::new(protocol, peer, Arc::new(limits));
        connection.start(clock.now());
        let mut harness = Self {
            connection,
            clock,
            woken: Arc::default(),
            written: Vec::new(),
            takes: usize::MAX,
            ended: false,
            lost: None,
        };
        harness.poll();
        harness
    }

    /// The peer sends `bytes`; in one piece.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.lost.is_none() {
            self.connection.feed(self.clock.now(), &mut BytesMut::from(bytes));
        }
        self.poll();
    }

    /// The peer ends its half.
    pub fn end(&mut self) {
        if self.lost.is_none() {
            self.connection.end(self.clock.now());
        }
        self.poll();
    }

    /// The connection breaks.
    pub fn break_off(&mut self, reason: Reason) {
        self.finish(&reason);
    }

    /// The program is ending.
    pub fn shut_down(&mut self) {
        self.connection.begin_shutdown(self.clock.now());
        self.poll();
    }

    /// Moves the clock, and lets everything happen that is due on the way.
    pub fn advance(&mut self, by: Duration) {
        let until = self.clock.now() + by;
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            self.clock.advance_to(at);
            self.poll();
        }
        self.clock.advance_to(until);
        self.poll();
    }

    /// Lets everything happen that can.
    pub fn poll(&mut self) {
        let waker = Waker::from(Arc::clone(&self.woken));
        while self.lost.is_none() {
            let now = self.clock.now();
            let more = self.connection.poll(now, Some(&waker));
            let sent = self.transmit(now);
            if let Some(reason) = self.connection.over().cloned() {
                self.finish(&reason);
            }
            if !(more || sent || self.woken.0.swap(false, Ordering::AcqRel)) {
                return;
            }
        }
    }

    /// The other end takes nothing more.
    pub fn stop_taking(&mut self) {
        self.takes = 0;
    }

    /// The other end takes `count` bytes, and then nothing more.
    pub fn take(&mut self, count: usize) {
        self.takes = count;
        self.poll();
    }

    /// What was written since this was last asked.
    pub fn written(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }

    /// The same as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&mut self) -> String {
        String::from_utf8(self.written()).expect("the protocol wrote UTF-8")
    }

    /// Whether our half has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Why the connection was lost, once it is.
    #[must_use]
    pub fn lost(&self) -> Option<&Reason> {
        self.lost.as_ref()
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection<P> {
        &self.connection
    }

    /// The protocol.
    #[must_use]
    pub fn protocol(&self) -> &P {
        self.connection.protocol()
    }

    /// The connection's mailbox; what is posted is seen by the next [`poll`](Self::poll).
    pub fn mailbox(&mut self) -> Mailbox<P::Message> {
        self.connection.mailbox()
    }

    /// The clock, for protocols and futures that need one.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    fn next_event(&self) -> Option<Instant> {
        let deadline = self.connection.deadline().filter(|_| self.lost.is_none());
        [deadline, self.clock.next_due()].into_iter().flatten().min()
    }

    fn transmit(&mut self, now: Instant) -> bool {
        let mut sent = false;
        while self.takes > 0 && !self.connection.outgoing().is_empty() {
            let front = self.connection.outgoing();
            let count = front.len().min(self.takes);
            self.written.extend_from_slice(&front[..count]);
            if self.takes != usize::MAX {
                self.takes -= count;
            }
            self.connection.sent(now, count);
            sent = true;
        }
        if self.connection.wants_shutdown() {
            self.ended = true;
            self.connection.shut_down(now);
            sent = true;
        }
        sent
    }

    fn finish(&mut self, reason: &Reason) {
        if self.lost.is_none() {
            self.connection.finish(reason);
            self.lost = Some(self.connection.over().unwrap_or(reason).clone());
        }
    }
}

impl<P: Protocol> std::fmt::Debug for Harness<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness")
            .field("connection", &self.connection)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

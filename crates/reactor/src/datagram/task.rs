//! A socket for datagrams at work, as one future.

use std::{
    cell::Cell,
    future::Future,
    io::{self, ErrorKind},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Instant,
};

use socket2::SockRef;

use ropewalk_clock::Clock;
use ropewalk_protocol::{
    DatagramError, DatagramLimits, DatagramProtocol, DatagramRequest, Datagrams, Interest, Place,
    Reason, WatchFd, Word,
};

use super::{
    Stop,
    socket::{Opened, is_v4, receive, request, transmit},
};
use crate::{alarm::Alarm, gate::Gate, listening::SocketFile, socket::would_block};

/// Datagrams received, and sent, in a row before others get their turn.
const BUDGET: usize = 64;

thread_local! {
    /// The one receive buffer of a thread; taken while it is used.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

pub(super) struct Task<P: DatagramProtocol, C> {
    gate: Gate,
    datagrams: Datagrams<P>,
    alarm: Alarm<C>,
    place: Place,
    stop: Arc<Stop>,
    limit: usize,
    is_v4: bool,
    connected: bool,
    started: bool,
    readable: bool,
    blocked: bool,
    _file: Option<SocketFile>,
}

impl<P: DatagramProtocol, C: Clock> Task<P, C> {
    pub(super) fn new<R: WatchFd<Clock = C>>(
        reactor: &R,
        opened: Opened,
        connected: bool,
        protocol: P,
        limits: Arc<DatagramLimits>,
        stop: Arc<Stop>,
    ) -> io::Result<Self> {
        let Opened { socket, local, file } = opened;
        let is_v4 = is_v4(&socket)?;
        Ok(Self {
            gate: Gate::new(reactor, socket.into())?,
            limit: limits.datagram,
            datagrams: Datagrams::new(protocol, local, limits),
            alarm: Alarm::new(reactor.clock()),
            place: reactor.roll().enter(),
            stop,
            is_v4,
            connected,
            started: false,
            readable: false,
            blocked: false,
            _file: file,
        })
    }

    fn turn(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<u8>) -> Poll<Reason> {
        loop {
            let now = self.alarm.clock.now();
            if let Some(reason) = self.begin(cx, now) {
                return Poll::Ready(reason);
            }
            let mut more = self.datagrams.poll(now, cx.waker());
            more |= self.exchange(now, buffer);
            // Once more: what was made or left in the mailbox since must not be missed.
            more |= self.datagrams.poll(now, cx.waker());
            self.send(now);
            if let Some(reason) = self.datagrams.over() {
                return Poll::Ready(reason.clone());
            }
            let readable = self.datagrams.wants_input();
            let writable = self.blocked && self.datagrams.outgoing().is_some();
            self.gate.want(Interest { readable: readable && !self.readable, writable });
            if more || readable && self.readable || !writable && self.datagrams.outgoing().is_some()
            {
                cx.waker().wake_by_ref();
            }
            if self.alarm.arm(self.datagrams.deadline(), cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn begin(&mut self, cx: &Context<'_>, now: Instant) -> Option<Reason> {
        if !self.started {
            self.started = true;
            self.datagrams.start(now);
        }
        match self.place.heard(cx.waker()) {
            Some(Word::End) => self.datagrams.begin_shutdown(now),
            Some(Word::Cut) => return Some(Reason::Shutdown),
            None => {}
        }
        self.stop.waker.register(cx.waker());
        if self.stop.asked.load(Ordering::Acquire) {
            self.datagrams.close(now);
        }
        let ready = self.gate.ready(cx.waker());
        self.readable |= ready.readable;
        self.blocked &= !ready.writable;
        None
    }

    /// Receives and sends until the socket has no more or others should have a turn; whether there
    /// is more.
    fn exchange(&mut self, now: Instant, buffer: &mut Vec<u8>) -> bool {
        self.send(now);
        for _ in 0..BUDGET {
            if !self.readable || !self.datagrams.wants_input() {
                return false;
            }
            self.receive(now, buffer);
            self.send(now);
        }
        self.readable
    }

    fn receive(&mut self, now: Instant, buffer: &mut Vec<u8>) {
        if buffer.len() < self.limit {
            buffer.resize(self.limit, 0);
        }
        match receive(&self.gate, &mut buffer[..self.limit]) {
            Ok(got) if got.is_truncated => {
                let beginning = &buffer[..got.there];
                self.datagrams.feed_truncated(now, beginning, got.length, &got.from);
            }
            Ok(got) => self.datagrams.feed(now, &buffer[..got.there], &got.from),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if would_block(&error) => self.readable = false,
            Err(error) => self.went_wrong(now, &error),
        }
    }

    fn send(&mut self, now: Instant) {
        self.requests(now);
        for _ in 0..BUDGET {
            if self.blocked || self.datagrams.over().is_some() {
                return;
            }
            let Some((datagram, to)) = self.datagrams.outgoing() else { return };
            match transmit(&self.gate, datagram, to) {
                Ok(_) => self.datagrams.sent(now),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if would_block(&error) => self.blocked = true,
                // What an earlier datagram met; this one has not been sent yet.
                Err(error) if self.is_refusal(&error) => {
                    self.datagrams.refused(now);
                    self.send_again(now);
                }
                Err(error) => self.datagrams.not_sent(now, error),
            }
            self.requests(now);
        }
    }

    /// Sends what is outgoing; whatever is wrong now is its own fault.
    fn send_again(&mut self, now: Instant) {
        let Some((datagram, to)) = self.datagrams.outgoing() else { return };
        match transmit(&self.gate, datagram, to) {
            Ok(_) => self.datagrams.sent(now),
            Err(error) if would_block(&error) => self.blocked = true,
            Err(error) => self.datagrams.not_sent(now, error),
        }
    }

    fn requests(&mut self, now: Instant) {
        while let Some(asked) = self.datagrams.request() {
            let done = request(&SockRef::from(&self.gate), self.is_v4, asked);
            let Err(source) = done else { continue };
            let source = Arc::new(source);
            let why = match asked {
                DatagramRequest::Join(group, _) | DatagramRequest::Leave(group, _) => {
                    DatagramError::Group { group, source }
                }
                DatagramRequest::MulticastTtl(_) => {
                    DatagramError::Option { option: "multicast ttl", source }
                }
                DatagramRequest::MulticastLoop(_) => {
                    DatagramError::Option { option: "multicast loop", source }
                }
                DatagramRequest::MulticastInterface(_) => {
                    DatagramError::Option { option: "multicast interface", source }
                }
                _ => DatagramError::Option { option: "broadcast", source },
            };
            self.datagrams.failed(now, &why);
        }
    }

    /// Receiving told of an error: of an earlier datagram, mostly, and then the socket goes on.
    fn went_wrong(&mut self, now: Instant, error: &io::Error) {
        if self.is_refusal(error) {
            self.datagrams.refused(now);
        } else {
            tracing::warn!(local = %self.datagrams.local(), %error, "receiving failed");
            self.readable = false; // the watch tells again as long as there is something
        }
    }

    fn is_refusal(&self, error: &io::Error) -> bool {
        let kind = error.kind();
        self.connected && matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
    }

    fn finish(&mut self, reason: &Reason) {
        tracing::debug!(local = %self.datagrams.local(), %reason, "datagrams stopped");
        let datagrams = &mut self.datagrams;
        if catch_unwind(AssertUnwindSafe(|| datagrams.finish(reason))).is_err() {
            tracing::error!(local = %self.datagrams.local(), "it panicked when it was stopped");
        }
    }
}

/// Nothing in it is pinned but what is in a box.
impl<P: DatagramProtocol, C> Unpin for Task<P, C> {}

impl<P: DatagramProtocol, C: Clock> Future for Task<P, C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut buffer = BUFFER.take();
        let turn = catch_unwind(AssertUnwindSafe(|| this.turn(cx, &mut buffer)));
        BUFFER.set(buffer);
        let reason = match turn {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(reason)) => reason,
            Err(_) => {
                let local = this.datagrams.local();
                tracing::error!(%local, "a callback panicked; its socket is closed");
                Reason::Panicked
            }
        };
        this.finish(&reason);
        Poll::Ready(())
    }
}

/// The reactor may end before the socket is closed.
impl<P: DatagramProtocol, C> Drop for Task<P, C> {
    fn drop(&mut self) {
        let datagrams = &mut self.datagrams;
        // A panic has been reported by the panic hook, and there is nobody left to tell.
        let _ = catch_unwind(AssertUnwindSafe(|| datagrams.finish(&Reason::Shutdown)));
    }
}

//! Protocols on descriptors that exist already, on any reactor that watches.

use std::{
    future::Future,
    io,
    net::Shutdown,
    os::fd::AsFd,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::BytesMut;
use rustix::io::Errno;
use socket2::SockRef;

use ropewalk_clock::Clock;
use ropewalk_protocol::{
    Address, Attach, Connection, Interest, Peer, Place, Protocol, Reason, WatchFd, Word,
};

use crate::{alarm::Alarm, gate::Gate, receive::read, socket};

/// Room for one read.
const READ: usize = 64 * 1024;
/// Reads, and writes, in a row before others get their turn.
const BUDGET: usize = 16;

/// Runs `protocol` on descriptors that exist already: what [`Reactor::attach`](ropewalk_protocol::Reactor::attach) is on every reactor
/// that watches descriptors. For reactors.
///
/// # Errors
/// What the system answered when the descriptors cannot be watched.
pub fn attach<R, P>(reactor: &R, attach: Attach, protocol: P) -> io::Result<()>
where
    R: WatchFd,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
{
    attach_with(reactor, attach, protocol, Plain)
}

/// How bytes are read and written.
pub(crate) trait Wire {
    /// Whether to read, as far as the wire is concerned.
    fn wants_input(&self) -> bool {
        true
    }
    /// Reads once into the spare room of `input`; 0 is the end of file.
    fn read(&mut self, fd: impl AsFd, input: &mut BytesMut) -> io::Result<usize>;
    /// Writes once what is outgoing; the number of bytes that the system took.
    fn write<P: Protocol>(
        &mut self,
        fd: impl AsFd,
        connection: &Connection<P>,
    ) -> io::Result<usize>;
}

/// Bytes, and nothing else.
struct Plain;

impl Wire for Plain {
    fn read(&mut self, fd: impl AsFd, input: &mut BytesMut) -> io::Result<usize> {
        read(fd, input)
    }

    fn write<P: Protocol>(
        &mut self,
        fd: impl AsFd,
        connection: &Connection<P>,
    ) -> io::Result<usize> {
        socket::put(fd, connection)
    }
}

/// The same with another way to read and write.
pub(crate) fn attach_with<R, P, W>(
    reactor: &R,
    attach: Attach,
    protocol: P,
    wire: W,
) -> io::Result<()>
where
    R: WatchFd,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
    W: Wire + Send + 'static,
{
    let Attach { input, output, peer, limits, .. } = attach;
    let peer = named(peer, &input);
    let output = match output {
        Some(output) => Output::Own(Gate::new(reactor, output)?),
        None => Output::Input,
    };
    let attached = Attached {
        input: Gate::new(reactor, input)?,
        output,
        wire,
        connection: Connection::new(protocol, peer, limits),
        alarm: Alarm::new(reactor.clock()),
        place: reactor.roll().enter(),
        started: false,
        readable: false,
        blocked: false,
        buffer: BytesMut::new(),
    };
    reactor.spawn(attached);
    Ok(())
}

/// The addresses of a socket, where nobody said who is at its other end.
fn named(peer: Peer, fd: &impl AsFd) -> Peer {
    if peer.address != Address::Unnamed || peer.local != Address::Unnamed {
        return peer;
    }
    socket::peer(&SockRef::from(fd), &Address::Unnamed).unwrap_or(peer)
}

struct Attached<P: Protocol, C, W> {
    input: Gate,
    output: Output,
    wire: W,
    connection: Connection<P>,
    alarm: Alarm<C>,
    place: Place,
    started: bool,
    readable: bool,
    /// The system took less than was offered: wait until it is ready for more.
    blocked: bool,
    /// The room for one read; given up while there is nothing to read.
    buffer: BytesMut,
}

/// Where output goes.
enum Output {
    /// Where input comes from.
    Input,
    Own(Gate),
    /// It has been closed.
    Ended,
}

impl<P: Protocol, C: Clock, W: Wire> Attached<P, C, W> {
    /// Everything there is to do now; ready when the connection is over.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            let now = self.alarm.clock.now();
            if let Some(reason) = self.begin(cx, now) {
                return Poll::Ready(reason);
            }
            if let Err(error) = self.exchange(cx, now) {
                return Poll::Ready(error.into());
            }
            if let Some(reason) = self.connection.over() {
                return Poll::Ready(reason.clone());
            }
            if self.alarm.arm(self.connection.deadline(), cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn begin(&mut self, cx: &Context<'_>, now: Instant) -> Option<Reason> {
        if !self.started {
            self.started = true;
            self.connection.start(now);
        }
        match self.place.heard(cx.waker()) {
            Some(Word::End) => self.connection.begin_shutdown(now),
            Some(Word::Cut) => return Some(Reason::Shutdown),
            None => {}
        }
        let ready = self.input.ready(cx.waker());
        self.readable |= ready.readable;
        let writable = match &self.output {
            Output::Input => ready.writable,
            Output::Own(gate) => gate.ready(cx.waker()).writable,
            Output::Ended => false,
        };
        self.blocked &= !writable;
        None
    }

    fn exchange(&mut self, cx: &Context<'_>, now: Instant) -> io::Result<()> {
        for _ in 0..BUDGET {
            let more = self.connection.poll(now, Some(cx.waker()));
            let wrote = self.write(now)?;
            let read = self.wants_input() && self.read(now)?;
            if self.connection.over().is_some() {
                return Ok(());
            }
            if !(more || wrote || read) {
                self.wait();
                return Ok(());
            }
        }
        cx.waker().wake_by_ref();
        self.wait();
        Ok(())
    }

    fn wants_input(&self) -> bool {
        self.connection.wants_input() && self.wire.wants_input()
    }

    /// Reads once, if something is there; whether it did.
    fn read(&mut self, now: Instant) -> io::Result<bool> {
        if !self.readable {
            return Ok(false);
        }
        self.buffer.clear();
        self.buffer.reserve(READ);
        match self.wire.read(&self.input, &mut self.buffer) {
            Ok(0) => self.connection.end(now),
            Ok(count) => {
                // With less than there was room for it is probably empty: the watch knows.
                self.readable = self.input.is_always_ready() || count >= READ;
                self.connection.feed(now, &mut self.buffer);
            }
            // What is left of a terminal when the other side has closed it.
            Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                self.connection.end(now);
            }
            Err(error) if socket::would_block(&error) => {
                self.readable = false;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Sends what there is to send; whether something left.
    fn write(&mut self, now: Instant) -> io::Result<bool> {
        let mut wrote = false;
        for _ in 0..BUDGET {
            if self.blocked || self.connection.queued() == 0 || self.connection.over().is_some() {
                break;
            }
            let gate = match &self.output {
                Output::Input => &self.input,
                Output::Own(gate) => gate,
                Output::Ended => break,
            };
            match self.wire.write(gate, &self.connection) {
                Ok(taken) => {
                    self.connection.sent(now, taken);
                    wrote = true;
                }
                Err(error) if socket::would_block(&error) => self.blocked = true,
                Err(error) => return Err(error),
            }
        }
        if self.connection.wants_shutdown() {
            self.end_output(now);
            wrote = true;
        }
        Ok(wrote)
    }

    fn end_output(&mut self, now: Instant) {
        if matches!(self.output, Output::Input) {
            // A terminal, or a socket that is no longer connected, has no half to shut down.
            let _ = SockRef::from(&self.input).shutdown(Shutdown::Write);
        } else {
            self.output = Output::Ended;
        }
        self.connection.shut_down(now);
        if matches!(self.output, Output::Ended) && self.connection.is_closing() {
            // Two descriptors: closing one with input left in it takes nothing from the other.
            self.connection.end(now);
        }
    }

    fn wait(&mut self) {
        let readable = self.wants_input() && !self.readable;
        let writable = self.blocked && self.connection.queued() > 0;
        match &mut self.output {
            Output::Input => self.input.want(Interest { readable, writable }),
            Output::Own(gate) => {
                gate.want(Interest { readable: false, writable });
                self.input.want(Interest { readable, writable: false });
            }
            Output::Ended => self.input.want(Interest { readable, writable: false }),
        }
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    fn span(&self) -> tracing::Span {
        let protocol = std::any::type_name::<P>();
        tracing::debug_span!("attached", protocol, peer = %self.connection.peer().address)
    }

    fn finish(&mut self, reason: &Reason) {
        tracing::debug!(peer = %self.connection.peer().address, %reason, "connection lost");
        let connection = &mut self.connection;
        if catch_unwind(AssertUnwindSafe(|| connection.finish(reason))).is_err() {
            tracing::error!(peer = %self.connection.peer().address, "it panicked when it was lost");
        }
    }
}

/// Nothing in it is pinned but what is in a box.
impl<P: Protocol, C, W> Unpin for Attached<P, C, W> {}

impl<P: Protocol, C: Clock, W: Wire> Future for Attached<P, C, W> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let _span = tracing::enabled!(tracing::Level::DEBUG).then(|| this.span().entered());
        let reason = match catch_unwind(AssertUnwindSafe(|| this.turn(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(reason)) => reason,
            Err(_) => {
                let peer = &this.connection.peer().address;
                tracing::error!(%peer, "a callback panicked; its connection is closed");
                Reason::Panicked
            }
        };
        this.finish(&reason);
        Poll::Ready(())
    }
}

/// The reactor may end before the connection does.
impl<P: Protocol, C, W> Drop for Attached<P, C, W> {
    fn drop(&mut self) {
        let connection = &mut self.connection;
        // A panic has been reported by the panic hook, and there is nobody left to tell.
        let _ = catch_unwind(AssertUnwindSafe(|| connection.finish(&Reason::Shutdown)));
    }
}

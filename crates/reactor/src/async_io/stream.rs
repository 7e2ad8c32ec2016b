//! A connection as one task: its socket, and the machine that says what to do with it.

use std::{
    cell::RefCell,
    future::Future,
    io,
    net::Shutdown,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use async_io::{Async, Timer};
use bytes::BytesMut;
use socket2::Socket;

use ropewalk_protocol::{Connection, Limits, Peer, Place, Protocol, Reason, Word};

use crate::{receive::receive, socket};

/// Room for one read.
const READ: usize = 64 * 1024;
/// Reads, and writes, in a row before other tasks get their turn.
const BUDGET: usize = 16;

thread_local! {
    /// The one read buffer and the one write buffer of a thread.
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers::default());
}

#[derive(Default)]
struct Buffers {
    input: BytesMut,
    spare: Vec<u8>,
}

/// Serves one connection; ends when it is over.
pub(crate) struct Stream<P: Protocol> {
    socket: Async<Socket>,
    connection: Connection<P>,
    place: Place,
    started: bool,
    /// The system took less than was offered: wait until it is ready for more.
    blocked: bool,
    alarm: Option<(Instant, Timer)>,
}

impl<P: Protocol> Stream<P> {
    pub(crate) fn new(
        socket: Async<Socket>,
        protocol: P,
        peer: Peer,
        limits: Arc<Limits>,
        place: Place,
    ) -> Self {
        let connection = Connection::new(protocol, peer, limits);
        Self { socket, connection, place, started: false, blocked: false, alarm: None }
    }

    /// Everything there is to do now; ready when the connection is over.
    fn turn(&mut self, cx: &mut Context<'_>, buffers: &mut Buffers) -> Poll<Reason> {
        let now = Instant::now();
        self.connection.lend(&mut buffers.spare);
        if !self.started {
            self.started = true;
            self.connection.start(now);
        }
        match self.place.heard(cx.waker()) {
            Some(Word::End) => self.connection.begin_shutdown(now),
            Some(Word::Cut) => return Poll::Ready(Reason::Shutdown),
            None => {}
        }
        let mut more = self.connection.poll(now, Some(cx.waker()));
        let done = self.exchange(cx, now, &mut buffers.input);
        // Once more: what was made or left in the mailbox since must not be missed.
        more |= self.connection.poll(now, Some(cx.waker()));
        let pending = self.write(cx, now).is_pending();
        more |= self.connection.wants_poll();
        self.connection.reclaim(&mut buffers.spare);
        if self.connection.wants_shutdown() {
            // A socket that is no longer connected cannot be shut down: reading will tell.
            let _ = self.socket.get_ref().shutdown(Shutdown::Write);
            self.connection.shut_down(now);
            more = true;
        }
        if let Some(reason) = self.connection.over() {
            return Poll::Ready(reason.clone());
        }
        // What was sent last may have made room for input that nobody waits for yet.
        more |= done == Exchange::Deaf && self.connection.wants_input();
        if more || done == Exchange::Budget || !pending && self.connection.queued() > 0 {
            cx.waker().wake_by_ref();
        }
        self.arm(cx);
        Poll::Pending
    }

    /// Sends, reads and sends, until the socket has no more or others should have a turn.
    fn exchange(&mut self, cx: &mut Context<'_>, now: Instant, input: &mut BytesMut) -> Exchange {
        for _ in 0..BUDGET {
            if self.write(cx, now).is_pending() && !self.connection.wants_input() {
                return Exchange::Deaf;
            }
            if self.connection.over().is_some() || !self.connection.wants_input() {
                return Exchange::Deaf;
            }
            if self.connection.has_mail() {
                return Exchange::Budget; // local work before new input
            }
            match self.socket.poll_readable(cx) {
                Poll::Pending => return Exchange::Waits,
                Poll::Ready(Err(error)) => self.connection.finish(&error.into()),
                Poll::Ready(Ok(())) => self.read(now, input),
            }
        }
        Exchange::Budget
    }

    /// Reads the socket itself, after readiness: reading through `AsyncRead` tries first and waits
    /// then, which costs five system calls a message instead of three.
    fn read(&mut self, now: Instant, input: &mut BytesMut) {
        input.clear();
        input.reserve(READ);
        match receive(self.socket.get_ref(), input) {
            Ok(0) => self.connection.end(now),
            Ok(_) => self.connection.feed(now, input),
            Err(error) if socket::would_block(&error) => {}
            Err(error) => self.connection.finish(&error.into()),
        }
    }

    /// Sends what there is to send; pending while the socket takes no more.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        for _ in 0..BUDGET {
            if self.connection.queued() == 0 || self.connection.over().is_some() {
                return Poll::Ready(());
            }
            if self.blocked {
                let ready = ready!(self.socket.poll_writable(cx));
                self.blocked = false;
                if let Err(error) = ready {
                    self.connection.finish(&error.into());
                    return Poll::Ready(());
                }
            }
            let offered = self.connection.outgoing().len();
            match socket::transmit(self.socket.get_ref(), &self.connection) {
                Ok(taken) => {
                    self.connection.sent(now, taken);
                    self.blocked = taken < offered;
                }
                Err(error) if socket::would_block(&error) => self.blocked = true,
                Err(error) => self.connection.finish(&error.into()),
            }
        }
        Poll::Ready(())
    }

    /// Sets the alarm lazily: only when the deadline is earlier than the one that is set.
    fn arm(&mut self, cx: &mut Context<'_>) {
        let Some(deadline) = self.connection.deadline() else { return };
        match &mut self.alarm {
            Some((at, _)) if *at <= deadline => {}
            Some((at, timer)) => {
                timer.set_at(deadline);
                *at = deadline;
            }
            None => self.alarm = Some((deadline, Timer::at(deadline))),
        }
        if let Some((_, timer)) = &mut self.alarm
            && Pin::new(timer).poll(cx).is_ready()
        {
            self.alarm = None;
            cx.waker().wake_by_ref();
        }
    }

    fn span(&self) -> tracing::Span {
        let protocol = std::any::type_name::<P>();
        tracing::debug_span!("connection", protocol, peer = %self.connection.peer().address)
    }

    fn finish(&mut self, reason: &Reason) {
        tracing::debug!(peer = %self.connection.peer().address, %reason, "connection lost");
        let connection = &mut self.connection;
        if catch_unwind(AssertUnwindSafe(|| connection.finish(reason))).is_err() {
            tracing::error!(peer = %self.connection.peer().address, "it panicked when it was lost");
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Exchange {
    /// For the socket to become readable.
    Waits,
    /// The connection wanted no input, so nobody waits for any.
    Deaf,
    Budget,
}

/// Nothing in it is pinned in place.
impl<P: Protocol> Unpin for Stream<P> {}

impl<P: Protocol> Future for Stream<P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let stream = self.get_mut();
        let mut buffers = BUFFERS.take();
        let _span = tracing::enabled!(tracing::Level::DEBUG).then(|| stream.span().entered());
        let turn = catch_unwind(AssertUnwindSafe(|| stream.turn(cx, &mut buffers)));
        BUFFERS.set(buffers);
        let reason = match turn {
            Ok(turn) => ready!(turn),
            Err(_) => {
                let peer = &stream.connection.peer().address;
                tracing::error!(%peer, "a callback panicked; its connection is closed");
                Reason::Panicked
            }
        };
        stream.finish(&reason);
        Poll::Ready(())
    }
}

/// A task that is dropped, since the reactor ends, still tells its protocol.
impl<P: Protocol> Drop for Stream<P> {
    fn drop(&mut self) {
        let connection = &mut self.connection;
        // A panic has been reported by the panic hook, and there is nobody left to tell.
        let _ = catch_unwind(AssertUnwindSafe(|| connection.finish(&Reason::Shutdown)));
    }
}

/// A connected or listening socket under async-io; it is non-blocking already.
pub(crate) fn watched(socket: Socket) -> io::Result<Async<Socket>> {
    Async::new_nonblocking(socket)
}

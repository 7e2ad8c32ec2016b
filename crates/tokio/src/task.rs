//! The task of one connection: reads, tells the protocol, writes.

use std::{
    cell::Cell,
    future::Future,
    io::{self, IoSlice},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::BytesMut;
use ropewalk_clock::Clock;
use ropewalk_protocol::{Connection, Place, Protocol, Reason, Word};
use tokio::time::Sleep;

use crate::{TokioClock, inner::Inner, socket::Stream};

/// Reads that one poll does before other tasks have their turn.
const BUDGET: usize = 16;
/// Room that a read finds, and below which more is made.
const READ: usize = 64 * 1024;
const SMALL: usize = 16 * 1024;

/// One pair a thread: idle connections need none. Taken while it is used.
#[derive(Default)]
struct Buffers {
    input: BytesMut,
    output: Vec<u8>,
}

thread_local! {
    static BUFFERS: Cell<Option<Buffers>> = const { Cell::new(None) };
}

pub(crate) struct Task<P: Protocol> {
    stream: Stream,
    connection: Connection<P>,
    /// Until it is finished.
    place: Option<Place>,
    started: bool,
    finished: bool,
    /// The socket refused bytes; ask when it takes more.
    refused: bool,
    sleep: Option<Pin<Box<Sleep>>>,
    /// When `sleep` ends. A deadline that moved later is left to it.
    armed: Option<Instant>,
}

/// Nothing in it is pinned but what is in a box.
impl<P: Protocol> Unpin for Task<P> {}

impl<P: Protocol> Task<P> {
    pub(crate) fn new(inner: &Inner, stream: Stream, connection: Connection<P>) -> Self {
        Self {
            stream,
            connection,
            place: Some(inner.roll.enter()),
            started: false,
            finished: false,
            refused: false,
            sleep: None,
            armed: None,
        }
    }

    fn work(&mut self, cx: &mut Context<'_>, buffers: &mut Buffers) -> Poll<Reason> {
        loop {
            self.connection.lend(&mut buffers.output);
            let done = self.turns(cx, buffers);
            self.connection.reclaim(&mut buffers.output);
            match done {
                Err(error) => return Poll::Ready(error.into()),
                Ok(Some(reason)) => return Poll::Ready(reason),
                Ok(None) => {}
            }
            if self.sleeps(cx) {
                return Poll::Pending;
            }
        }
    }

    /// Works until nothing is left to do, or others should have their turn.
    fn turns(&mut self, cx: &mut Context<'_>, buffers: &mut Buffers) -> io::Result<Option<Reason>> {
        let now = TokioClock.now(); // one time for the whole turn
        if let Some(reason) = self.begin(cx, now) {
            return Ok(Some(reason));
        }
        for _ in 0..BUDGET {
            let more = self.connection.poll(now, Some(cx.waker()));
            self.write(cx, now)?;
            if let Some(reason) = self.connection.over() {
                return Ok(Some(reason.clone()));
            }
            let read = if self.connection.wants_input() {
                self.read(cx, now, &mut buffers.input)?
            } else {
                Poll::Pending
            };
            if read.is_pending() && !more && !self.connection.wants_poll() {
                return Ok(None);
            }
        }
        self.write(cx, now)?;
        cx.waker().wake_by_ref();
        Ok(self.connection.over().cloned())
    }

    fn begin(&mut self, cx: &Context<'_>, now: Instant) -> Option<Reason> {
        if !self.started {
            self.started = true;
            self.connection.start(now);
        }
        match self.place.as_mut().and_then(|place| place.heard(cx.waker())) {
            Some(Word::End) => self.connection.begin_shutdown(now),
            Some(Word::Cut) => return Some(Reason::Shutdown),
            None => {}
        }
        None
    }

    fn read(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        input: &mut BytesMut,
    ) -> io::Result<Poll<()>> {
        input.clear();
        if input.capacity() < SMALL {
            input.reserve(READ);
        }
        let Poll::Ready(count) = self.stream.poll_read(cx, input) else {
            return Ok(Poll::Pending);
        };
        if count? == 0 {
            self.connection.end(now);
        } else {
            self.connection.feed(now, input);
        }
        Ok(Poll::Ready(()))
    }

    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> io::Result<()> {
        while !self.connection.outgoing().is_empty() && self.connection.over().is_none() {
            if self.refused {
                match self.stream.poll_write_ready(cx) {
                    Poll::Ready(result) => result?,
                    Poll::Pending => return Ok(()),
                }
                self.refused = false;
            }
            let written = if self.connection.is_contiguous() {
                self.stream.try_write(self.connection.outgoing())
            } else {
                let mut slices = [IoSlice::new(&[]); 32];
                let filled = self.connection.slices(&mut slices);
                self.stream.try_write_vectored(&slices[..filled])
            };
            match written {
                Ok(count) => self.connection.sent(now, count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.refused = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.connection.wants_shutdown() {
            match self.stream.shut_down() {
                Err(error) if error.kind() != io::ErrorKind::NotConnected => return Err(error),
                _ => self.connection.shut_down(now),
            }
        }
        Ok(())
    }

    /// Sees to the deadline; false when it has come.
    fn sleeps(&mut self, cx: &mut Context<'_>) -> bool {
        if let Some(at) = self.connection.deadline()
            && self.armed.is_none_or(|armed| at < armed)
        {
            self.armed = Some(at);
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(at.into()),
                None => self.sleep = Some(Box::pin(tokio::time::sleep_until(at.into()))),
            }
        }
        if self.armed.is_none() {
            return true;
        }
        let Some(sleep) = &mut self.sleep else { return true };
        if sleep.as_mut().poll(cx).is_pending() {
            return true;
        }
        self.armed = None;
        false
    }

    fn finish(&mut self, reason: &Reason) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        if !matches!(reason, Reason::Closed | Reason::Shutdown | Reason::Linger(_)) {
            self.stream.set_reset();
        }
        let connection = &mut self.connection;
        if catch_unwind(AssertUnwindSafe(|| connection.finish(reason))).is_err() {
            tracing::error!(peer = %connection.peer().address, "connection_lost panicked");
        }
        // Last: a shutdown that waits for this one goes on after it.
        self.place = None;
    }
}

impl<P: Protocol> Future for Task<P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut buffers = BUFFERS.take().unwrap_or_default();
        let worked = catch_unwind(AssertUnwindSafe(|| this.work(cx, &mut buffers)));
        BUFFERS.set(Some(buffers));
        let reason = match worked {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(reason)) => reason,
            Err(_) => {
                tracing::error!(peer = %this.connection.peer().address, "a callback panicked");
                Reason::Panicked
            }
        };
        this.finish(&reason);
        Poll::Ready(())
    }
}

/// The runtime may end before the connection does.
impl<P: Protocol> Drop for Task<P> {
    fn drop(&mut self) {
        self.finish(&Reason::Shutdown);
    }
}

//! A connection as a stream that is read and written, for code that wants one: here hyper.
//!
//! `docs/hyper.md` tells how it goes.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context as TaskContext, Poll, Waker},
};

use bytes::{Buf, BytesMut};
use hyper::rt::{Read, ReadBufCursor, Write};
use ropewalk_protocol::{Context, Flow, Mailbox, Protocol, Reason};

/// Bytes that wait on either side before the other one is held up.
const ROOM: usize = 64 * 1024;

/// The protocol's half: it passes on what arrives to the [`Stream`], and writes what that says.
pub struct Bridge<F> {
    shared: Arc<Shared>,
    /// Runs whatever uses the stream.
    start: Option<F>,
    paused: bool,
}

/// The half for code that reads and writes. Dropping it closes the connection.
pub struct Stream {
    shared: Arc<Shared>,
}

/// Tells a [`Bridge`] that its stream has done something.
#[derive(Clone, Copy, Debug)]
pub struct Look;

/// The lock is held to move bytes from one place to another.
#[derive(Default)]
struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    mailbox: Option<Mailbox<Look>>,
    arrived: BytesMut,
    ended: bool,
    leaves: BytesMut,
    /// More was written than the peer has taken.
    crowded: bool,
    /// Our half is to end; the connection is.
    ends: bool,
    closes: bool,
    lost: Option<Reason>,
    /// A look is under way.
    told: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and wakes whoever waits for that.
    fn change<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = f(&mut state);
        let reads = !state.arrived.is_empty() || state.ended || state.lost.is_some();
        let reader = if reads { state.reader.take() } else { None };
        let writes = !state.is_crowded() || state.lost.is_some();
        let writer = if writes { state.writer.take() } else { None };
        drop(state);
        reader.into_iter().chain(writer).for_each(Waker::wake);
        result
    }

    /// The bridge is to look.
    fn tell(&self) {
        let mut state = self.lock();
        let mailbox = if state.told { None } else { state.mailbox.clone() };
        state.told |= mailbox.is_some();
        drop(state);
        if let Some(mailbox) = mailbox {
            // Full cannot be, with one look at a time; closed means that nobody is there to look.
            let _ = mailbox.post(Look);
        }
    }
}

impl State {
    fn is_crowded(&self) -> bool {
        self.crowded || self.leaves.len() >= ROOM
    }

    fn check(&self) -> io::Result<()> {
        match &self.lost {
            Some(reason) => Err(io::Error::new(io::ErrorKind::ConnectionReset, reason.to_string())),
            None => Ok(()),
        }
    }
}

impl<F: FnOnce(Stream)> Bridge<F> {
    /// A protocol that gives the stream to `start` when the connection stands. It must not block: it
    /// gives the stream to a future, and that to the reactor.
    pub fn new(start: F) -> Self {
        Self { shared: Arc::default(), start: Some(start), paused: false }
    }

    fn look(&mut self, cx: &mut Context<'_, Look>) {
        let (leaves, ends, closes, full) = self.shared.change(|state| {
            state.told = false;
            (state.leaves.split(), state.ends, state.closes, state.arrived.len() >= ROOM)
        });
        if !leaves.is_empty() {
            cx.send(leaves.freeze());
        }
        let crowded = cx.outflow() == Flow::Paused;
        self.shared.change(|state| state.crowded = crowded);
        if closes {
            cx.close();
        } else if ends {
            cx.write_eof();
        }
        if full != self.paused {
            self.paused = full;
            if full {
                cx.pause_reading();
            } else {
                cx.resume_reading();
            }
        }
    }
}

impl<F: FnOnce(Stream)> Protocol for Bridge<F> {
    type Message = Look;

    fn connection_made(&mut self, cx: &mut Context<'_, Look>) {
        let mailbox = cx.mailbox();
        self.shared.change(|state| state.mailbox = Some(mailbox));
        if let Some(start) = self.start.take() {
            start(Stream { shared: Arc::clone(&self.shared) });
        }
    }

    fn data_received(&mut self, cx: &mut Context<'_, Look>, input: &mut BytesMut) {
        self.shared.change(|state| state.arrived.extend_from_slice(input));
        input.clear();
        self.look(cx);
    }

    fn message_received(&mut self, cx: &mut Context<'_, Look>, _: Look) {
        self.look(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, Look>) {
        self.look(cx);
    }

    fn eof_received(&mut self, _: &mut Context<'_, Look>) {
        self.shared.change(|state| state.ended = true);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.shared.change(|state| state.lost = Some(reason.clone()));
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        mut out: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        if state.arrived.is_empty() {
            if state.ended {
                return Poll::Ready(Ok(()));
            }
            state.check()?;
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let was_full = state.arrived.len() >= ROOM;
        let count = out.remaining().min(state.arrived.len());
        out.put_slice(&state.arrived[..count]);
        state.arrived.advance(count);
        let resumes = was_full && state.arrived.len() < ROOM;
        drop(state);
        if resumes {
            self.shared.tell();
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock();
        state.check()?;
        if state.is_crowded() {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = bytes.len().min(ROOM);
        state.leaves.extend_from_slice(&bytes[..count]);
        drop(state);
        self.shared.tell();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shared.lock().check())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        self.shared.lock().ends = true;
        self.shared.tell();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.lock().closes = true;
        self.shared.tell();
    }
}

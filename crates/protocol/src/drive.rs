//! Any protocol on any `futures::io` stream.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    io::IoSlice,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::BytesMut;
use futures_io::{AsyncRead, AsyncWrite};
use ropewalk_clock::Clock;

use crate::{Connection, Limits, Peer, Protocol, Reason};

/// Reads and writes that one poll does before it lets others run.
const BUDGET: usize = 16;
const READ: usize = 64 * 1024;

thread_local! {
    /// Taken while it is used, so that a stream which drives another one finds none, and makes one.
    static BUFFERS: Cell<Option<(Vec<u8>, BytesMut)>> = const { Cell::new(None) };
}

/// Runs `protocol` on `stream` until the connection is over, and gives the reason.
///
/// Works on every executor; `clock` serves the protocol's deadlines. Dropping the future drops the
/// stream and the protocol, which is not told.
///
/// ```
/// use bytes::BytesMut;
/// use futures_lite::{future::block_on, io::Cursor};
/// use ropewalk_clock::SystemClock;
/// use ropewalk_protocol::{Context, Peer, Protocol, drive};
///
/// struct Echo;
/// impl Protocol for Echo {
///     type Message = ();
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         cx.send(input.split().freeze());
///     }
/// }
///
/// let stream = Cursor::new(b"ping".to_vec()); // reads "ping", then writes behind it
/// let reason = block_on(drive(stream, Echo, Peer::unnamed(), Default::default(), SystemClock));
/// assert!(reason.is_clean());
/// ```
pub async fn drive<S, P, C>(
    stream: S,
    protocol: P,
    peer: Peer,
    limits: Arc<Limits>,
    clock: C,
) -> Reason
where
    S: AsyncRead + AsyncWrite + Unpin,
    P: Protocol,
    C: Clock,
{
    let mut connection = Connection::new(protocol, peer, limits);
    connection.start(clock.now());
    let mut driven = Driven { stream, connection, closing: false, unflushed: false };
    let mut sleeping: Option<Pin<Box<dyn Future<Output = ()> + Send>>> = None;
    let mut armed: Option<Instant> = None;
    let reason = poll_fn(|cx| {
        let reason = driven.poll(cx, clock.now());
        if let Poll::Ready(reason) = reason {
            return Poll::Ready(reason);
        }
        loop {
            // A deadline that moved later is left to the sleep that exists.
            if let Some(at) = driven.connection.deadline()
                && armed.is_none_or(|armed| at < armed)
            {
                armed = Some(at);
                sleeping = Some(Box::pin(clock.sleep_until(at)));
            }
            let Some(sleep) = &mut sleeping else { return Poll::Pending };
            ready!(sleep.as_mut().poll(cx));
            (sleeping, armed) = (None, None);
            if let Poll::Ready(reason) = driven.poll(cx, clock.now()) {
                return Poll::Ready(reason);
            }
        }
    })
    .await;
    driven.connection.finish(&reason);
    reason
}

struct Driven<S, P: Protocol> {
    stream: S,
    connection: Connection<P>,
    /// The writing half is being closed.
    closing: bool,
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Protocol> Driven<S, P> {
    fn poll(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Reason> {
        for _ in 0..BUDGET {
            let more = self.connection.poll(now, Some(cx.waker()));
            if let Poll::Ready(Err(error)) = self.write(cx, now) {
                return Poll::Ready(error.into());
            }
            if let Some(reason) = self.connection.over() {
                return Poll::Ready(reason.clone());
            }
            let read = self.read(cx, now);
            if let Poll::Ready(Err(error)) = read {
                return Poll::Ready(error.into());
            }
            if read.is_pending() && !more && !self.connection.wants_poll() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<std::io::Result<()>> {
        while self.connection.queued() > 0 && self.connection.over().is_none() {
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = self.connection.slices(&mut slices);
            let stream = pin!(&mut self.stream);
            let written = ready!(stream.poll_write_vectored(cx, &slices[..filled]))?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.connection.sent(now, written);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(pin!(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        self.closing |= self.connection.wants_shutdown();
        if self.closing {
            ready!(pin!(&mut self.stream).poll_close(cx))?;
            self.closing = false;
            self.connection.shut_down(now);
        }
        Poll::Ready(Ok(()))
    }

    fn read(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<std::io::Result<()>> {
        if !self.connection.wants_input() {
            return Poll::Pending;
        }
        let (mut scratch, mut input) = BUFFERS.take().unwrap_or_default();
        scratch.resize(READ, 0);
        let read = pin!(&mut self.stream).poll_read(cx, &mut scratch);
        match &read {
            Poll::Ready(Ok(0)) => self.connection.end(now),
            Poll::Ready(Ok(count)) => {
                input.extend_from_slice(&scratch[..*count]);
                self.connection.feed(now, &mut input);
            }
            _ => {}
        }
        BUFFERS.set(Some((scratch, input)));
        read.map_ok(drop)
    }
}

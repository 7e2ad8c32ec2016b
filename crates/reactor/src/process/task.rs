//! A child process at work, as one future.

use std::{
    future::Future,
    io::{self, IoSlice},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::BytesMut;
use rustix::io::{Errno, writev};

use ropewalk_clock::Clock;
use ropewalk_protocol::{
    Child, ChildRequest, Interest, Place, ProcessProtocol, Reason, WatchFd, Way, Word,
};

use super::{Our, between, exit::Exit, reap::Reaped};
use crate::{
    alarm::Alarm,
    gate::{Gate, nobody_reads},
    receive::read,
    socket::would_block,
};

/// Room for one read.
const READ: usize = 64 * 1024;
/// Reads, and writes, in a row before others get their turn.
const BUDGET: usize = 16;
/// Pieces of output that one system call takes.
const PIECES: usize = 16;

pub(super) struct Task<P: ProcessProtocol, C> {
    child: Child<P>,
    pipes: Vec<Pipe>,
    exit: Option<Exit>,
    reaped: Reaped,
    alarm: Alarm<C>,
    place: Place,
    started: bool,
    /// The room for one read; given up while there is nothing to read.
    buffer: BytesMut,
}

struct Pipe {
    fd: u32,
    way: Way,
    gate: Gate,
    readable: bool,
    blocked: bool,
}

impl<P: ProcessProtocol, C: Clock> Task<P, C> {
    pub(super) fn new<R: WatchFd<Clock = C>>(
        reactor: &R,
        child: Child<P>,
        ours: Vec<Our>,
        exit: Exit,
        reaped: Reaped,
    ) -> io::Result<Self> {
        let pipe = |our: Our| {
            let gate = Gate::watched(reactor, our.end)?;
            Ok(Pipe { fd: our.fd, way: our.way, gate, readable: false, blocked: false })
        };
        Ok(Self {
            child,
            pipes: ours.into_iter().map(pipe).collect::<io::Result<_>>()?,
            exit: Some(exit),
            reaped,
            alarm: Alarm::new(reactor.clock()),
            place: reactor.roll().enter(),
            started: false,
            buffer: BytesMut::new(),
        })
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            let now = self.alarm.clock.now();
            if let Some(reason) = self.begin(cx, now) {
                return Poll::Ready(reason);
            }
            let more = self.exchange(cx, now);
            if self.child.over() {
                return Poll::Ready(Reason::Closed);
            }
            if more {
                cx.waker().wake_by_ref();
            }
            self.wait();
            if self.alarm.arm(self.child.deadline(), cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn begin(&mut self, cx: &Context<'_>, now: Instant) -> Option<Reason> {
        if !self.started {
            self.started = true;
            self.child.start(now);
        }
        match self.place.heard(cx.waker()) {
            Some(Word::End) => self.child.begin_shutdown(now),
            Some(Word::Cut) => return Some(Reason::Shutdown),
            None => {}
        }
        for pipe in &mut self.pipes {
            let ready = pipe.gate.ready(cx.waker());
            pipe.readable |= ready.readable;
            pipe.blocked &= !ready.writable;
            if ready.readable && pipe.gate.tells_when_nobody_reads() {
                // With nothing left to write the child has just closed it.
                let lost = (self.child.queued(pipe.fd) > 0).then(|| nobody_reads().into());
                self.child.end(now, pipe.fd, lost);
            }
        }
        self.pipes.retain(|pipe| self.child.has(pipe.fd));
        if self.exit.as_mut().is_some_and(|exit| exit.may_have_come(cx.waker())) {
            self.reap(now);
        }
        None
    }

    fn reap(&mut self, now: Instant) {
        match self.reaped.handle().try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => {
                if let Some(mut exit) = self.exit.take() {
                    exit.has_come();
                }
                self.child.exited(now, status);
            }
            Err(error) => {
                tracing::error!(pid = self.child.pid(), %error, "cannot wait for a child");
            }
        }
    }

    /// Does what there is to do, a while; whether there is more.
    fn exchange(&mut self, cx: &Context<'_>, now: Instant) -> bool {
        for _ in 0..BUDGET {
            let mut more = self.child.poll(now, cx.waker());
            self.requests();
            for at in 0..self.pipes.len() {
                more |= self.write(now, at);
                more |= self.read(now, at);
            }
            self.requests();
            self.pipes.retain(|pipe| self.child.has(pipe.fd));
            if !more || self.child.over() {
                return false;
            }
        }
        true
    }

    /// Reads once, if something is there; whether it did.
    fn read(&mut self, now: Instant, at: usize) -> bool {
        let pipe = &mut self.pipes[at];
        let fd = pipe.fd;
        if !pipe.readable || !self.child.wants_input(fd) {
            return false;
        }
        self.buffer.clear();
        self.buffer.reserve(READ);
        match read(&pipe.gate, &mut self.buffer) {
            Ok(0) => self.child.end(now, fd, None),
            Ok(count) => {
                // With less than there was room for it is probably empty: the watch knows.
                pipe.readable = count >= READ;
                self.child.feed(now, fd, &mut self.buffer);
            }
            Err(error) if would_block(&error) => {
                pipe.readable = false;
                return false;
            }
            // What is left of a terminal when its last user has closed it.
            Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                self.child.end(now, fd, None);
            }
            Err(error) => self.child.end(now, fd, Some(error.into())),
        }
        true
    }

    /// Writes once, if something is queued; whether something left.
    fn write(&mut self, now: Instant, at: usize) -> bool {
        let pipe = &mut self.pipes[at];
        let fd = pipe.fd;
        if !pipe.way.writes() || pipe.blocked || self.child.queued(fd) == 0 {
            return false;
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let filled = self.child.slices(fd, &mut slices);
        match writev(&pipe.gate, &slices[..filled]).map_err(io::Error::from) {
            Ok(count) => self.child.sent(now, fd, count),
            Err(error) if would_block(&error) => {
                pipe.blocked = true;
                return false;
            }
            Err(error) => self.child.end(now, fd, Some(error.into())),
        }
        true
    }

    fn requests(&mut self) {
        while let Some(request) = self.child.request() {
            let done = match request {
                ChildRequest::Signal(signal) => self.reaped.handle().signal(signal),
                ChildRequest::Resize(size) => match self.pipes.first() {
                    Some(pipe) => between::resize(&pipe.gate, size),
                    None => Ok(()),
                },
                _ => Err(io::ErrorKind::Unsupported.into()),
            };
            if let Err(error) = done {
                tracing::debug!(pid = self.child.pid(), ?request, %error, "not done to a child");
            }
        }
    }

    fn wait(&mut self) {
        for pipe in &mut self.pipes {
            let readable = self.child.wants_input(pipe.fd) && !pipe.readable
                || pipe.gate.tells_when_nobody_reads();
            let writable = pipe.blocked && self.child.queued(pipe.fd) > 0;
            pipe.gate.want(Interest { readable, writable });
        }
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    fn finish(&mut self, reason: &Reason) {
        tracing::debug!(pid = self.child.pid(), %reason, "process ended");
        let child = &mut self.child;
        if catch_unwind(AssertUnwindSafe(|| child.finish(reason))).is_err() {
            tracing::error!(pid = self.child.pid(), "it panicked when its process had ended");
        }
    }
}

/// Nothing in it is pinned but what is in a box.
impl<P: ProcessProtocol, C> Unpin for Task<P, C> {}

impl<P: ProcessProtocol, C: Clock> Future for Task<P, C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let reason = match catch_unwind(AssertUnwindSafe(|| this.turn(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(reason)) => reason,
            Err(_) => {
                tracing::error!(pid = this.child.pid(), "a callback panicked; its child is let go");
                Reason::Panicked
            }
        };
        this.finish(&reason);
        Poll::Ready(())
    }
}

/// The reactor may end before the child does.
impl<P: ProcessProtocol, C> Drop for Task<P, C> {
    fn drop(&mut self) {
        let child = &mut self.child;
        // A panic has been reported by the panic hook, and there is nobody left to tell.
        let _ = catch_unwind(AssertUnwindSafe(|| child.finish(&Reason::Shutdown)));
    }
}

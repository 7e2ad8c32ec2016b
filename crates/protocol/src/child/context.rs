//! What a process protocol holds while it is called.

use std::{collections::VecDeque, future::Future, time::Instant};

use bytes::Bytes;

use super::pipe::Pipe;
use crate::{Flow, Mailbox, work::Work};

/// What a process protocol holds while it is called. Everything is recorded in order and done after
/// the callback.
///
/// ```
/// use ropewalk_protocol::{ProcessContext, Signal};
///
/// fn give_up(cx: &mut ProcessContext<'_, ()>) {
///     cx.write(0, b"quit\n");
///     cx.close_stdin();
///     cx.signal(Signal::Terminate);
/// }
/// # let _ = give_up;
/// ```
pub struct ProcessContext<'a, M> {
    pub(super) state: &'a mut State,
    pub(super) work: &'a mut Work<M>,
    pub(super) now: Instant,
}

/// A signal for a child.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Signal {
    /// SIGHUP
    Hangup,
    /// SIGINT
    Interrupt,
    /// SIGQUIT
    Quit,
    /// SIGKILL
    Kill,
    /// SIGTERM
    Terminate,
    /// SIGUSR1
    User1,
    /// SIGUSR2
    User2,
    /// SIGSTOP
    Stop,
    /// SIGCONT
    Continue,
}

/// The size of a terminal's window, in characters.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Characters a line.
    pub columns: u16,
}

impl Default for WindowSize {
    fn default() -> Self {
        Self { rows: 24, columns: 80 }
    }
}

/// Something that a protocol asks of its child besides writing: for drivers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ChildRequest {
    /// Send it this signal.
    Signal(Signal),
    /// Its terminal's window has another size now.
    Resize(WindowSize),
}

impl<M> ProcessContext<'_, M> {
    /// The time; one for the whole turn.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The child's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.state.pid
    }

    /// Queues a copy of `bytes` for the child's descriptor `fd`. Without a pipe there, or when that
    /// is gone, they are dropped.
    pub fn write(&mut self, fd: u32, bytes: &[u8]) {
        if let Some(pipe) = self.state.writable(fd) {
            pipe.outbox.write(bytes);
        }
    }

    /// Queues `bytes` by reference.
    pub fn send(&mut self, fd: u32, bytes: Bytes) {
        if let Some(pipe) = self.state.writable(fd) {
            pipe.outbox.send(bytes);
        }
    }

    /// Closes this side of the pipe to `fd`, once what is queued for it has left.
    pub fn close_fd(&mut self, fd: u32) {
        if let Some(pipe) = self.state.pipe(fd) {
            pipe.closing = true;
        }
    }

    /// Ends the child's standard input, once what is queued for it has left. On a terminal write an
    /// end-of-file character (`\x04`) instead.
    pub fn close_stdin(&mut self) {
        self.close_fd(0);
    }

    /// Sends the child a signal, unless it has ended.
    pub fn signal(&mut self, signal: Signal) {
        self.state.ask(ChildRequest::Signal(signal));
    }

    /// Tells the child that its terminal's window has another size. Without a terminal nothing
    /// happens.
    pub fn resize(&mut self, size: WindowSize) {
        self.state.ask(ChildRequest::Resize(size));
    }

    /// Gives the child up: it is killed, or left to itself where its driver was told so, and nothing
    /// more is told but its end.
    pub fn give_up(&mut self) {
        self.state.given_up = true;
    }

    /// Reads no more from `fd` until [`resume_reading`](Self::resume_reading).
    pub fn pause_reading(&mut self, fd: u32) {
        if let Some(pipe) = self.state.pipe(fd) {
            pipe.paused = true;
        }
    }

    /// Undoes [`pause_reading`](Self::pause_reading); what was kept comes first.
    pub fn resume_reading(&mut self, fd: u32) {
        if let Some(pipe) = self.state.pipe(fd) {
            pipe.resumed |= pipe.paused;
            pipe.paused = false;
        }
    }

    /// Whether `fd` takes more: paused above [`Limits::high_watermark`](crate::Limits), until
    /// [`drained`](super::ProcessProtocol::drained).
    #[must_use]
    pub fn flow(&self, fd: u32) -> Flow {
        let high = self.state.limits.high_watermark;
        match self.state.pipes.iter().find(|pipe| pipe.fd == fd) {
            Some(pipe) if pipe.closing => Flow::Closing,
            Some(pipe) if pipe.above || pipe.outbox.len() >= high => Flow::Paused,
            Some(_) => Flow::Open,
            None => Flow::Closing,
        }
    }

    /// Bytes that wait to be written to `fd`.
    #[must_use]
    pub fn queued(&self, fd: u32) -> usize {
        self.state.pipes.iter().find(|pipe| pipe.fd == fd).map_or(0, |pipe| pipe.outbox.len())
    }

    /// The address at which others can reach this protocol. The first call makes it.
    pub fn mailbox(&mut self) -> Mailbox<M> {
        self.work.mailbox().clone()
    }

    /// Runs `work` beside the child; its output arrives as a message. It is dropped when the child
    /// has ended. While [`Limits::futures`](crate::Limits::futures) of them run nothing is read.
    pub fn spawn(&mut self, work: impl Future<Output = M> + Send + 'static) {
        self.work.spawn(Box::pin(work));
    }
}

impl<M> std::fmt::Debug for ProcessContext<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcessContext").field("pid", &self.pid()).finish_non_exhaustive()
    }
}

/// What a child's pipes hold, and what is asked of it.
pub(super) struct State {
    pub(super) pid: u32,
    pub(super) pipes: Vec<Pipe>,
    pub(super) requests: VecDeque<ChildRequest>,
    pub(super) given_up: bool,
    pub(super) limits: std::sync::Arc<crate::Limits>,
}

/// Requests that may wait; a driver takes all of them after each callback.
const REQUESTS: usize = 64;

impl State {
    pub(super) fn pipe(&mut self, fd: u32) -> Option<&mut Pipe> {
        self.pipes.iter_mut().find(|pipe| pipe.fd == fd)
    }

    fn writable(&mut self, fd: u32) -> Option<&mut Pipe> {
        self.pipe(fd).filter(|pipe| pipe.way.writes() && !pipe.closing)
    }

    fn ask(&mut self, request: ChildRequest) {
        if self.requests.len() < REQUESTS && self.requests.back() != Some(&request) {
            self.requests.push_back(request);
        }
    }
}

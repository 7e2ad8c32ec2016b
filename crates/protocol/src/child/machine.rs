//! The pull-style machine that drivers of child processes hold.

use std::{io::IoSlice, process::ExitStatus, sync::Arc, task::Waker, time::Instant};

use bytes::BytesMut;

use super::{ChildRequest, ProcessContext, ProcessProtocol, Way, context::State, pipe::Pipe};
use crate::{
    Limits, Reason,
    fired::Fired,
    work::{BUDGET, Work},
};

/// One process protocol without I/O: what a driver holds.
///
/// A driver calls [`start`](Self::start) once; [`feed`](Self::feed) with what it read from a pipe,
/// unless [`wants_input`](Self::wants_input) says no; [`end`](Self::end) at a pipe's end;
/// [`exited`](Self::exited) when the child has been reaped; [`poll`](Self::poll) when woken or at
/// the [`deadline`](Self::deadline). After each it does the [`request`](Self::request)s, writes
/// what is queued, closes its side of pipes that [`has`](Self::has) no longer names, and when it is
/// [`over`](Self::over) calls [`finish`](Self::finish).
pub struct Child<P: ProcessProtocol> {
    protocol: P,
    state: State,
    work: Work<P::Message>,
    fired: Fired,
    status: Option<ExitStatus>,
    over: Option<Reason>,
    ended: bool,
}

impl<P: ProcessProtocol> Child<P> {
    /// A child that has not started, with these pipes.
    pub fn new(
        protocol: P,
        pid: u32,
        pipes: impl IntoIterator<Item = (u32, Way)>,
        limits: Arc<Limits>,
    ) -> Self {
        let pipes = pipes.into_iter().map(|(fd, way)| Pipe::new(fd, way)).collect();
        let work = Work::new(None, Arc::clone(&limits));
        let state = State { pid, pipes, requests: Default::default(), given_up: false, limits };
        Self {
            protocol,
            state,
            work,
            fired: Fired::default(),
            status: None,
            over: None,
            ended: false,
        }
    }

    /// The child runs.
    pub fn start(&mut self, now: Instant) {
        self.call(now, P::started);
    }

    /// The child wrote to `fd`. Takes all of it: what the protocol leaves is kept for later.
    pub fn feed(&mut self, now: Instant, fd: u32, input: &mut BytesMut) {
        let full = self.work.is_full();
        let Some(pipe) = self.state.pipe(fd).filter(|pipe| !pipe.closing) else {
            return input.clear();
        };
        if pipe.input.is_empty() && !pipe.paused && !full {
            self.call(now, |protocol, cx| protocol.child_data_received(cx, fd, input));
            if let Some(pipe) = self.state.pipe(fd) {
                pipe.input.extend_from_slice(input);
            }
        } else {
            pipe.input.extend_from_slice(input);
            self.offer(now, fd);
        }
        input.clear();
        self.settle(now);
    }

    /// The pipe to `fd` has ended, or broke.
    pub fn end(&mut self, now: Instant, fd: u32, broken: Option<Reason>) {
        match broken {
            Some(reason) => self.lose(now, fd, &reason),
            None => {
                if let Some(pipe) = self.state.pipe(fd) {
                    pipe.ended = true;
                }
                self.settle(now);
            }
        }
    }

    /// The child has been reaped. What was queued for it is dropped.
    pub fn exited(&mut self, now: Instant, status: ExitStatus) {
        self.status = Some(status);
        self.call(now, |protocol, cx| protocol.process_exited(cx, status));
        let pipes = self.state.pipes.iter().filter(|pipe| pipe.way == Way::In);
        for fd in pipes.map(|pipe| pipe.fd).collect::<Vec<_>>() {
            self.lose(now, fd, &Reason::Closed);
        }
        self.settle(now);
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
            let was_full = self.work.is_full();
            let message = self.work.next_message().or_else(|| self.work.poll_jobs(Some(waker)));
            if was_full && !self.work.is_full() {
                self.state.pipes.iter_mut().for_each(|pipe| pipe.resumed = true);
            }
            let Some(message) = message else { break };
            self.call(now, |protocol, cx| protocol.message_received(cx, message));
            budget -= 1;
        }
        self.check_time(now);
        let late = !registered && self.work.register(waker) && self.work.has_mail();
        late || self.work.has_more(budget == 0)
    }

    /// Whether this side still has a pipe to `fd`: if not the driver closes it.
    #[must_use]
    pub fn has(&self, fd: u32) -> bool {
        self.state.pipes.iter().any(|pipe| pipe.fd == fd)
    }

    /// Whether to read from `fd`.
    #[must_use]
    pub fn wants_input(&self, fd: u32) -> bool {
        let open = |pipe: &&Pipe| pipe.fd == fd && !pipe.paused && !pipe.ended && pipe.way.reads();
        self.over.is_none()
            && !self.work.is_full()
            && self.state.pipes.iter().any(|pipe| open(&pipe))
    }

    /// Bytes that wait to be written to `fd`.
    #[must_use]
    pub fn queued(&self, fd: u32) -> usize {
        self.state.pipes.iter().find(|pipe| pipe.fd == fd).map_or(0, |pipe| pipe.outbox.len())
    }

    /// Fills `slices` with what is to be written to `fd`; returns how many it filled.
    pub fn slices<'a>(&'a self, fd: u32, slices: &mut [IoSlice<'a>]) -> usize {
        let pipe = self.state.pipes.iter().find(|pipe| pipe.fd == fd);
        pipe.map_or(0, |pipe| pipe.outbox.slices(slices))
    }

    /// So many bytes were written to `fd`.
    pub fn sent(&mut self, now: Instant, fd: u32, bytes: usize) {
        let low = self.state.limits.low_watermark;
        let Some(pipe) = self.state.pipe(fd) else { return };
        pipe.outbox.consume(bytes);
        if pipe.above && pipe.outbox.len() <= low {
            pipe.above = false;
            if !pipe.closing {
                self.call(now, |protocol, cx| protocol.drained(cx, fd));
            }
        }
        self.settle(now);
    }

    /// The next thing that the protocol asks of its child.
    pub fn request(&mut self) -> Option<ChildRequest> {
        self.state.requests.pop_front()
    }

    /// When to call [`poll`](Self::poll), if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.fired.pending(self.protocol.deadline())
    }

    /// The program is ending: tells the protocol.
    pub fn begin_shutdown(&mut self, now: Instant) {
        self.call(now, P::shutting_down);
    }

    /// Whether everything is over: the child has been reaped and its output read, or it was given
    /// up.
    #[must_use]
    pub fn over(&self) -> bool {
        self.over.is_some() || self.status.is_some() && self.state.pipes.is_empty()
    }

    /// Tells the protocol the end; `reason` is why if the child has not ended by itself. Later
    /// calls do nothing.
    pub fn finish(&mut self, reason: &Reason) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let over = self.over.get_or_insert_with(|| reason.clone());
        let status = match self.status {
            Some(status) if self.state.pipes.is_empty() => Ok(status),
            _ => Err(&*over),
        };
        self.work.close();
        self.protocol.process_ended(status);
        self.state.pipes.clear();
    }

    /// The child's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.state.pid
    }

    fn call(&mut self, now: Instant, f: impl FnOnce(&mut P, &mut ProcessContext<'_, P::Message>)) {
        if self.over.is_none() {
            let mut cx = ProcessContext { state: &mut self.state, work: &mut self.work, now };
            f(&mut self.protocol, &mut cx);
            self.settle(now);
        }
    }

    /// The pipe is gone.
    fn lose(&mut self, now: Instant, fd: u32, reason: &Reason) {
        let Some(at) = self.state.pipes.iter().position(|pipe| pipe.fd == fd) else { return };
        self.state.pipes.remove(at);
        self.call(now, |protocol, cx| protocol.child_connection_lost(cx, fd, reason));
    }

    /// What follows from a callback, for each pipe until nothing changes any more.
    fn settle(&mut self, now: Instant) {
        if self.state.given_up {
            self.over.get_or_insert(Reason::Aborted);
            return;
        }
        let mut at = 0;
        while let Some(pipe) = self.state.pipes.get_mut(at) {
            let fd = pipe.fd;
            if std::mem::take(&mut pipe.resumed) && !pipe.input.is_empty() {
                self.offer(now, fd);
                at = 0;
            } else if let Some(reason) = self.loss(at) {
                self.lose(now, fd, &reason);
                at = 0;
            } else {
                at += 1;
            }
        }
    }

    /// Why a pipe has to go, if it has to.
    fn loss(&mut self, at: usize) -> Option<Reason> {
        let limits = &self.state.limits;
        let full = self.work.is_full();
        let pipe = self.state.pipes.get_mut(at)?;
        let (queued, held) = (pipe.outbox.len(), pipe.input.len());
        pipe.above |= queued >= limits.high_watermark;
        let waits = pipe.paused || full;
        if queued > limits.outbox {
            return Some(Reason::OutboxFull { queued, limit: limits.outbox });
        }
        if held > limits.input && !waits {
            return Some(Reason::InputFull { held, limit: limits.input });
        }
        // A pause keeps what has arrived, and so the end behind it.
        let ended = pipe.ended && (held == 0 || !waits);
        (ended || pipe.closing && queued == 0).then_some(Reason::Closed)
    }

    /// Offers what was kept.
    fn offer(&mut self, now: Instant, fd: u32) {
        let full = self.work.is_full();
        let Some(pipe) = self.state.pipe(fd) else { return };
        if pipe.paused || pipe.closing || full || self.over.is_some() {
            return;
        }
        let mut input = std::mem::take(&mut pipe.input);
        let mut cx = ProcessContext { state: &mut self.state, work: &mut self.work, now };
        self.protocol.child_data_received(&mut cx, fd, &mut input);
        if let Some(pipe) = self.state.pipe(fd) {
            pipe.input = input;
        }
    }

    fn check_time(&mut self, now: Instant) {
        if self.fired.is_due(self.protocol.deadline(), now) {
            self.call(now, P::timed_out);
        }
    }
}

impl<P: ProcessProtocol> std::fmt::Debug for Child<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child").field("pid", &self.pid()).finish_non_exhaustive()
    }
}

//! What the reactor does with its time.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::Context,
    time::{Duration, Instant},
};

use ropewalk_clock::Clock;
use ropewalk_protocol::{Phase, Reason};

use super::{
    inner::{Call, Inner, Stage},
    seat::{Piece, WINDOW},
};

/// How long connections may flush at the end, and triggers may take.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// Before time jumps further than this, other threads get a moment.
const JUMP: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(30);
/// With nothing due ever, and nothing from other threads for so long, the test hangs.
const HANGS: Duration = Duration::from_secs(20);

impl Inner {
    pub(super) fn run_until_idle(&self) {
        self.start();
        while self.step() {}
    }

    pub(super) fn run(self: &Arc<Self>) {
        self.run_until_idle();
        while self.lock().stage == Stage::Running {
            self.pass_time(None);
        }
        self.shut_down();
    }

    fn start(&self) {
        let mut state = self.lock();
        if state.stage == Stage::New {
            state.stage = Stage::Running;
            drop(state);
            self.trigger(Phase::Startup);
        }
    }

    /// Starts the triggers of a phase; gives the names of their tasks.
    fn trigger(&self, phase: Phase) -> Vec<u64> {
        let mut state = self.lock();
        let all = std::mem::take(&mut state.triggers);
        let (now, rest) = all.into_iter().partition(|(when, _)| *when == phase);
        state.triggers = rest;
        drop(state);
        let now: Vec<_> = now;
        now.into_iter().map(|(_, job)| self.spawn(job)).collect()
    }

    fn shut_down(&self) {
        self.lock().ports.clear();
        let before = self.trigger(Phase::BeforeShutdown);
        self.wait_for(|inner| !before.iter().any(|id| inner.lock().tasks.contains_key(id)));
        let ids: Vec<u64> = self.lock().ends.keys().copied().collect();
        for id in &ids {
            let driven = self.lock().ends.get_mut(id).and_then(|end| end.driven.take());
            if let Some(mut driven) = driven {
                driven.begin_shutdown(self.clock.now());
                if let Some(end) = self.lock().ends.get_mut(id) {
                    end.driven = Some(driven);
                }
                self.ready.add_end(*id);
            }
        }
        self.wait_for(|inner| inner.lock().ends.is_empty());
        let left = std::mem::take(&mut self.lock().ends);
        for driven in left.into_values().filter_map(|end| end.driven) {
            let mut driven = driven;
            driven.finish(&Reason::Shutdown);
        }
        let after = self.trigger(Phase::AfterShutdown);
        self.wait_for(|inner| !after.iter().any(|id| inner.lock().tasks.contains_key(id)));
        let mut state = self.lock();
        state.stage = Stage::Stopped;
        let tasks = std::mem::take(&mut state.tasks);
        drop(state);
        drop(tasks); // outside the lock: they may own handles
    }

    fn wait_for(&self, done: impl Fn(&Self) -> bool) {
        let until = self.clock.now() + SHUTDOWN;
        while self.step() {}
        while !done(self) && self.clock.now() < until {
            self.pass_time(Some(until));
        }
    }

    /// Moves the clock to what is due next, or waits for other threads.
    fn pass_time(&self, until: Option<Instant>) {
        let next = [self.next_event(), until].into_iter().flatten().min();
        let far = next.is_none_or(|at| at > self.clock.now() + JUMP);
        let limit = if next.is_some() { MOMENT } else { HANGS };
        if !(far && self.ready.wait(limit)) {
            let at = next.unwrap_or_else(|| panic!("the reactor has nothing to do, ever"));
            self.clock.advance_to(at);
        }
        while self.step() {}
    }

    /// Does what can be done now; false when that was nothing.
    fn step(&self) -> bool {
        let now = self.clock.now();
        let mut acted = false;
        while let Some(call) = self.timers.due(now) {
            guarded(call);
            acted = true;
        }
        while let Some(call) = self.next_call() {
            guarded(call);
            acted = true;
        }
        let (tasks, mut ends) = self.ready.take();
        for id in tasks {
            acted |= self.poll_task(id);
        }
        let state = self.lock();
        let due = state.ends.iter().filter(|(_, end)| end.next_event(now) == Some(now));
        ends.extend(due.map(|(id, _)| *id));
        drop(state);
        for id in ends {
            acted |= self.turn(id, now);
        }
        acted
    }

    fn next_call(&self) -> Option<Call> {
        let mut state = self.lock();
        if let Some(call) = state.calls.pop_front() {
            return Some(call);
        }
        if state.threads_held { None } else { state.thread_calls.pop_front() }
    }

    fn poll_task(&self, id: u64) -> bool {
        let Some(mut task) = self.lock().tasks.get_mut(&id).and_then(Option::take) else {
            return false;
        };
        let waker = self.ready.task_waker(id);
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(&mut context)));
        if polled.is_err() {
            tracing::error!("a task panicked");
        }
        let mut state = self.lock();
        if matches!(polled, Ok(poll) if poll.is_pending()) {
            state.tasks.insert(id, Some(task));
        } else {
            state.tasks.remove(&id);
            drop(state);
            drop(task); // outside the lock: it may own handles
        }
        true
    }

    /// One end reads, works and writes.
    fn turn(&self, id: u64, now: Instant) -> bool {
        let mut state = self.lock();
        let Some(end) = state.ends.get(&id) else { return false };
        let other = end.other;
        let room =
            state.ends.get(&other).map_or(WINDOW, |other| WINDOW.saturating_sub(other.buffered()));
        let Some(end) = state.ends.get_mut(&id) else { return false };
        let Some(mut driven) = end.driven.take() else { return false };
        let before = end.buffered();
        let mut socket = end.socket(now, room);
        drop(state);

        let waker = self.ready.end_waker(id);
        let lost = driven.turn(now, &waker, &mut socket);

        let mut state = self.lock();
        let arrives = now + state.latency;
        let mut sent = std::mem::take(&mut socket.sent);
        let mut read = false;
        if let Some(end) = state.ends.get_mut(&id) {
            end.put_back(socket);
            read = end.buffered() < before;
        }
        if let Some(reason) = &lost {
            sent.push(if reason.is_clean() { Piece::Eof } else { Piece::Reset });
            state.ends.remove(&id);
        }
        let mut finishes = None;
        if lost.is_some() {
            finishes = Some(driven);
        } else if let Some(end) = state.ends.get_mut(&id) {
            end.driven = Some(driven);
        }
        if let Some(other) = state.ends.get_mut(&other) {
            other.inbox.extend(sent.into_iter().map(|piece| (arrives, piece)));
        }
        drop(state);
        if read || lost.is_some() {
            self.ready.add_end(other);
        }
        if let (Some(reason), Some(mut driven)) = (lost, finishes) {
            driven.finish(&reason);
        }
        true
    }
}

fn guarded(call: Call) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        tracing::error!("a call panicked");
    }
}

//! What a cooperator knows of one task.

use std::{
    fmt::Display,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ropewalk_deferred::{Deferred, Failure, Outcome, Resolver};

use super::{
    Shared,
    rota::Spot,
    steps::{Next, Stepped},
    task::{NotPaused, TaskError, TaskOver},
};
use crate::looping::when_over;

/// Its lock is held to change the state, never while a step is made or a Deferred fired. Where the
/// cooperator's lock is needed too, that is taken first.
pub(super) struct Job<E> {
    cooperator: Arc<Shared<E>>,
    state: Mutex<State<E>>,
}

struct State<E> {
    /// Taken while a step is made.
    steps: Option<Box<dyn Stepped<E>>>,
    /// Where it is in the cooperator's list: nowhere while it is paused, waits, or is over.
    spot: Option<Spot>,
    pauses: u32,
    waiting: bool,
    result: Option<Result<(), TaskError<E>>>,
    observers: Vec<Resolver<(), TaskError<E>>>,
}

impl<E> State<E> {
    fn is_active(&self) -> bool {
        self.pauses == 0 && !self.waiting && self.result.is_none()
    }
}

impl<E> Job<E> {
    pub(super) fn new(cooperator: Arc<Shared<E>>, steps: Box<dyn Stepped<E>>) -> Self {
        let state = State {
            steps: Some(steps),
            spot: None,
            pauses: 0,
            waiting: false,
            result: None,
            observers: Vec::new(),
        };
        Self { cooperator, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State<E>> {
        // Nothing of a caller runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `push` put it into the list, if it belongs there.
    pub(super) fn take_place(&self, push: impl FnOnce() -> Spot) {
        let mut state = self.lock();
        if state.is_active() && state.spot.is_none() {
            state.spot = Some(push());
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.lock().waiting
    }

    pub(super) fn over(&self) -> Option<TaskOver> {
        self.lock().result.as_ref().map(|result| match result {
            Ok(()) => TaskOver::Done,
            Err(TaskError::Failed(_)) => TaskOver::Failed,
            Err(TaskError::Stopped) => TaskOver::Stopped,
            Err(TaskError::SchedulerStopped) => TaskOver::SchedulerStopped,
        })
    }
}

impl<E: Clone + Display + Send + 'static> Job<E> {
    pub(super) fn pause(&self) -> Result<(), TaskOver> {
        if let Some(over) = self.over() {
            return Err(over);
        }
        let mut state = self.lock();
        state.pauses += 1;
        let spot = state.spot.take();
        drop(state);
        self.leave(spot);
        Ok(())
    }

    pub(super) fn resume(self: &Arc<Self>) -> Result<(), NotPaused> {
        let mut state = self.lock();
        state.pauses = state.pauses.checked_sub(1).ok_or(NotPaused)?;
        let active = state.is_active();
        drop(state);
        if active {
            self.cooperator.enter(self);
        }
        Ok(())
    }

    pub(super) fn observe(&self, resolver: Resolver<(), TaskError<E>>) {
        let mut state = self.lock();
        match state.result.clone() {
            None => state.observers.push(resolver),
            Some(result) => {
                drop(state);
                tell(&resolver, result);
            }
        }
    }

    /// It is over, unless it was before.
    pub(super) fn end(&self, result: Result<(), TaskError<E>>) {
        let mut state = self.lock();
        if state.result.is_some() {
            return;
        }
        state.result = Some(result.clone());
        let (steps, spot) = (state.steps.take(), state.spot.take());
        let observers = mem::take(&mut state.observers);
        drop(state);
        drop(steps);
        self.leave(spot);
        if observers.is_empty()
            && let Err(error @ TaskError::Failed(_)) = &result
        {
            tracing::warn!(%error, "a cooperating task failed, and nobody waits for it yet");
        }
        for observer in observers {
            tell(&observer, result.clone());
        }
    }

    /// Makes one step, unless it is not its turn any more, or the step is made inside another.
    pub(super) fn step(self: &Arc<Self>) {
        let mut state = self.lock();
        let steps = if state.is_active() { state.steps.take() } else { None };
        drop(state);
        let Some(mut steps) = steps else { return };
        let panics = Panics(self);
        let next = steps.step();
        mem::forget(panics);
        match next {
            Next::More => self.put_back(steps),
            Next::Wait(deferred) => {
                self.put_back(steps);
                self.wait(deferred);
            }
            Next::Failed(failure) => self.end(Err(TaskError::Failed(failure))),
            Next::Exhausted => self.end(Ok(())),
        }
    }

    fn put_back(&self, steps: Box<dyn Stepped<E>>) {
        let mut state = self.lock();
        if state.result.is_none() {
            state.steps = Some(steps);
        }
    }

    fn wait(self: &Arc<Self>, deferred: Deferred<(), E>) {
        let mut state = self.lock();
        if state.result.is_some() {
            return; // the step stopped its own task
        }
        state.waiting = true;
        let spot = state.spot.take();
        drop(state);
        self.leave(spot);
        let job = Arc::clone(self);
        when_over(deferred, move |outcome| job.go_on(outcome));
    }

    fn go_on(self: &Arc<Self>, outcome: Outcome<(), E>) {
        let mut state = self.lock();
        state.waiting = false;
        // Who waited is paused once; only a value takes that back.
        state.pauses += u32::from(outcome.is_err());
        let active = state.is_active();
        drop(state);
        match outcome {
            Err(failure) => self.end(Err(TaskError::Failed(failure))),
            Ok(()) if active => self.cooperator.enter(self),
            Ok(()) => {}
        }
    }

    fn leave(&self, spot: Option<Spot>) {
        if let Some(spot) = spot {
            self.cooperator.leave(spot);
        }
    }
}

/// A step that panics ends its task.
struct Panics<'a, E: Clone + Display + Send + 'static>(&'a Job<E>);

impl<E: Clone + Display + Send + 'static> Drop for Panics<'_, E> {
    fn drop(&mut self) {
        self.0.end(Err(TaskError::Failed(Failure::Abandoned)));
    }
}

fn tell<E>(observer: &Resolver<(), TaskError<E>>, result: Result<(), TaskError<E>>)
where
    E: Display + Send + 'static,
{
    let _ = observer.fire(result.map_err(Into::into)); // an error: it was cancelled
}

//! One call of a loop, from its alarm to its end.

use std::{
    fmt::Display,
    mem,
    sync::{Arc, MutexGuard},
    task::{Wake, Waker},
    time::Instant,
};

use ropewalk_clock::{Alarm, Clock};
use ropewalk_deferred::{Answered, Failure, Outcome};

use super::{Function, LoopingCall, Shared, State, when_over};

/// Where a loop is.
pub(super) enum Beat {
    /// Not scheduled, not called.
    Idle,
    /// The next call is due at this time.
    Waiting(Instant, Alarm),
    /// A call is under way.
    Calling,
}

impl Beat {
    /// The alarm, where there is one: it is not waited for any more.
    pub(super) fn interrupt(&mut self) -> Option<Alarm> {
        match mem::replace(self, Self::Idle) {
            Self::Waiting(_, alarm) => Some(alarm),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl<C: Clock, E: Display + Send + 'static> Shared<C, E> {
    /// Has the next call made at the next time of the grid.
    pub(super) fn schedule(self: &Arc<Self>, state: &mut State<C, E>, now: Instant) {
        let at = state.grid.next(now);
        let alarm = self.clock.wake_at(at, Waker::from(Arc::clone(self)));
        state.beat = Beat::Waiting(at, alarm);
    }

    /// Makes a call.
    pub(super) fn call(self: &Arc<Self>, mut state: MutexGuard<'_, State<C, E>>, now: Instant) {
        let before = mem::replace(&mut state.beat, Beat::Calling);
        let count = match state.counting {
            Some(_) => state.grid.count(now),
            None => 1,
        };
        if count == 0 {
            drop(state);
            drop(before);
            return self.ended(Ok(()));
        }
        let mut call = Call { shared: self, function: state.function.take(), answer: None };
        drop(state);
        drop(before);
        call.answer = call.function.as_mut().map(|function| function(count));
    }

    /// The call has ended: has the next one made, or says how the loop ended.
    fn ended(self: &Arc<Self>, outcome: Outcome<(), E>) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.beat = Beat::Idle;
        if outcome.is_ok() && state.running {
            return self.schedule(&mut state, now);
        }
        state.running = false;
        let stopped = state.stopped.take();
        drop(state);
        if let Some(stopped) = stopped {
            // An error: it was cancelled.
            let _ = stopped.fire(outcome.map(|()| LoopingCall { shared: Arc::clone(self) }));
        }
    }
}

impl<C: Clock, E: Display + Send + 'static> Wake for Shared<C, E> {
    fn wake(self: Arc<Self>) {
        let now = self.clock.now();
        let state = self.lock();
        if let Beat::Waiting(at, _) = &state.beat
            && *at <= now
        {
            self.call(state, now);
        } // else it was stopped or reset meanwhile
    }
}

/// A call whose function runs. When it is dropped, by a panic too, the function is put back and the
/// answer looked at.
struct Call<'a, C: Clock, E: Display + Send + 'static> {
    shared: &'a Arc<Shared<C, E>>,
    function: Option<Function<E>>,
    answer: Option<Answered<(), E>>,
}

impl<C: Clock, E: Display + Send + 'static> Drop for Call<'_, C, E> {
    fn drop(&mut self) {
        self.shared.lock().function = self.function.take();
        match self.answer.take() {
            Some(Answered::Now(outcome)) => self.shared.ended(outcome),
            Some(Answered::Later(deferred)) => {
                let shared = Arc::clone(self.shared);
                when_over(deferred, move |outcome| shared.ended(outcome));
            }
            None => self.shared.ended(Err(Failure::Abandoned)),
        }
    }
}

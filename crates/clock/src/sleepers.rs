//! Who waits for which time: the part that both clocks share.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

/// The waits of one clock, by time and then by order of asking.
///
/// The lock is held for one look-up or change, never while a waker is called or dropped: either may
/// run anything.
pub(crate) struct Sleepers {
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) now: Instant,
    waits: BTreeMap<(Instant, u64), Waker>,
    next: u64,
}

impl Sleepers {
    pub(crate) fn new(now: Instant) -> Self {
        Self { state: Mutex::new(State { now, waits: BTreeMap::new(), next: 0 }) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock, so a poisoned one is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the time, then wakes whatever is due, in order of due time; also what becomes due
    /// meanwhile.
    pub(crate) fn wake(&self, now: Instant) {
        let mut state = self.lock();
        state.now = state.now.max(now);
        loop {
            let now = state.now;
            let due = match state.waits.first_entry() {
                Some(first) if first.key().0 <= now => first.remove(),
                _ => return,
            };
            drop(state);
            due.wake();
            state = self.lock();
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.lock().first()
    }
}

impl State {
    /// When the waits are due, the earliest first.
    pub(crate) fn pending(&self) -> Vec<Instant> {
        self.waits.keys().map(|(at, _)| *at).collect()
    }

    pub(crate) fn first(&self) -> Option<Instant> {
        self.waits.first_key_value().map(|((at, _), _)| *at)
    }
}

/// What a clock without a reactor does to hear of new waits.
pub(crate) trait Source: Send + Sync {
    fn sleepers(&self) -> &Sleepers;
    /// The time, seen while the waits are locked.
    fn now(&self, state: &State) -> Instant;
    /// A wait was added that is earlier than all others.
    fn earlier(&self) {}
}

/// Completes at a point in time; made by [`Clock::sleep_until`](crate::Clock::sleep_until).
///
/// Dropping it forgets the wait.
pub struct Sleep {
    source: Arc<dyn Source>,
    at: Instant,
    key: Option<u64>,
}

impl Sleep {
    pub(crate) fn new(source: Arc<dyn Source>, at: Instant) -> Self {
        Self { source, at, key: None }
    }

    /// A wait that is in the queue already, also when its time has come.
    pub(crate) fn queued(source: Arc<dyn Source>, at: Instant, waker: Waker) -> Self {
        let mut sleep = Self::new(source, at);
        let state = Arc::clone(&sleep.source);
        let state = state.sleepers().lock();
        sleep.enter(state, waker);
        sleep
    }

    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    fn enter(&mut self, mut state: MutexGuard<'_, State>, waker: Waker) {
        let key = self.key.unwrap_or(state.next);
        if self.key.is_none() {
            state.next += 1;
            self.key = Some(key);
        }
        let earlier = state.first().is_none_or(|first| self.at < first);
        let before = state.waits.insert((self.at, key), waker);
        drop(state);
        drop(before);
        if earlier {
            self.source.earlier();
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let source = Arc::clone(&self.source);
        let mut state = source.sleepers().lock();
        if self.at <= source.now(&state) {
            let waker = self.key.take().and_then(|key| state.waits.remove(&(self.at, key)));
            drop(state);
            drop(waker);
            return Poll::Ready(());
        }
        self.enter(state, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = self.source.sleepers().lock().waits.remove(&(self.at, key));
            drop(waker);
        }
    }
}

impl std::fmt::Debug for Sleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sleep").field("at", &self.at).finish_non_exhaustive()
    }
}

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
/// The lock is held for one look-up or change, never while a waker is called.
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

    /// Sets the time, then wakes whatever is due, in order of due time.
    pub(crate) fn wake(&self, now: Instant) {
        loop {
            let mut state = self.lock();
            state.now = state.now.max(now);
            let due = match state.waits.first_entry() {
                Some(first) if first.key().0 <= now => first.remove(),
                _ => return,
            };
            drop(state);
            due.wake();
        }
    }

    pub(crate) fn all(&self) -> Vec<Instant> {
        self.lock().waits.keys().map(|(at, _)| *at).collect()
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.lock().first()
    }
}

impl State {
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
    /// Waits for the clock even if it is due when it is first polled.
    patient: bool,
}

impl Sleep {
    pub(crate) fn new(source: Arc<dyn Source>, at: Instant) -> Self {
        Self { source, at, key: None, patient: false }
    }

    pub(crate) fn patient(source: Arc<dyn Source>, at: Instant) -> Self {
        Self { source, at, key: None, patient: true }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let source = Arc::clone(&self.source);
        let mut state = source.sleepers().lock();
        if self.at <= source.now(&state) && !(self.patient && self.key.is_none()) {
            if let Some(key) = self.key.take() {
                state.waits.remove(&(self.at, key));
            }
            return Poll::Ready(());
        }
        let key = self.key.unwrap_or(state.next);
        if self.key.is_none() {
            state.next += 1;
            self.key = Some(key);
        }
        let earlier = state.first().is_none_or(|first| self.at < first);
        state.waits.insert((self.at, key), context.waker().clone());
        drop(state);
        if earlier {
            source.earlier();
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.source.sleepers().lock().waits.remove(&(self.at, key));
        }
    }
}

impl std::fmt::Debug for Sleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sleep").field("at", &self.at).finish_non_exhaustive()
    }
}

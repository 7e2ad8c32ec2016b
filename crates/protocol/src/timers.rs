//! Delayed calls: what `call_later` gives, on every reactor.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::wheel::{TimerKey, Wheel};

type Call = Box<dyn FnOnce() + Send>;

/// The delayed calls of one reactor thread; drivers hold it and run what is [`due`](Self::due).
///
/// ```
/// use std::{sync::mpsc, time::{Duration, Instant}};
/// use ropewalk_protocol::Timers;
///
/// let start = Instant::now();
/// let timers = Timers::new(Instant::now, || ());
/// let (told, hears) = mpsc::channel();
/// timers.call_at(start, move || told.send("called").unwrap());
/// let call = timers.due(start + Duration::from_secs(1)).unwrap();
/// call();
/// assert_eq!(hears.recv(), Ok("called"));
/// ```
#[derive(Clone)]
pub struct Timers {
    inner: Arc<Inner>,
}

/// The lock is held to change one entry, never while a call runs.
struct Inner {
    state: Mutex<State>,
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    wake: Box<dyn Fn() + Send + Sync>,
}

struct State {
    wheel: Wheel<Call>,
    /// What the driver sleeps for, if it sleeps.
    sleeping: Option<Option<Instant>>,
}

impl Timers {
    /// No calls yet. `now` reads the reactor's clock; `wake` makes its thread ask
    /// [`next`](Self::next) again.
    pub fn new(
        now: impl Fn() -> Instant + Send + Sync + 'static,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let wheel = Wheel::new(now());
        let state = Mutex::new(State { wheel, sleeping: None });
        Self { inner: Arc::new(Inner { state, now: Box::new(now), wake: Box::new(wake) }) }
    }

    /// Calls `call` after `delay`.
    pub fn call_later(&self, delay: Duration, call: impl FnOnce() + Send + 'static) -> DelayedCall {
        self.call_at((self.inner.now)() + delay, call)
    }

    /// Calls `call` at `at`.
    pub fn call_at(&self, at: Instant, call: impl FnOnce() + Send + 'static) -> DelayedCall {
        let key = self.inner.change(at, |wheel| wheel.insert(at, Box::new(call)));
        DelayedCall { inner: Arc::clone(&self.inner), key }
    }

    /// The next call that is due at `now`, for the driver to make.
    pub fn due(&self, now: Instant) -> Option<Box<dyn FnOnce() + Send>> {
        let mut state = self.inner.lock();
        state.sleeping = None;
        state.wheel.pop(now)
    }

    /// When to ask again. Until [`due`](Self::due) is called, an earlier call wakes the driver.
    pub fn next(&self) -> Option<Instant> {
        let mut state = self.inner.lock();
        let next = state.wheel.next();
        state.sleeping = Some(next);
        next
    }

    /// How many calls are pending.
    pub fn len(&self) -> usize {
        self.inner.lock().wheel.len()
    }

    /// Whether no call is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of a caller runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, at: Instant, f: impl FnOnce(&mut Wheel<Call>) -> T) -> T {
        let mut state = self.lock();
        let result = f(&mut state.wheel);
        let wake = match state.sleeping {
            Some(until) => until.is_none_or(|until| at < until),
            None => false,
        };
        if wake {
            state.sleeping = None;
        }
        drop(state);
        if wake {
            (self.wake)();
        }
        result
    }
}

impl std::fmt::Debug for Timers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timers").field("pending", &self.len()).finish()
    }
}

/// A call that will be made later, unless it is cancelled. Dropping this changes nothing.
#[derive(Clone)]
pub struct DelayedCall {
    inner: Arc<Inner>,
    key: TimerKey,
}

/// The call was made or cancelled before.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the call has already been made or cancelled")]
pub struct NotPending;

impl DelayedCall {
    /// Makes the call not happen.
    ///
    /// # Errors
    /// [`NotPending`] when it has happened or was cancelled before.
    pub fn cancel(&self) -> Result<(), NotPending> {
        let call = self.inner.lock().wheel.remove(self.key);
        call.map(drop).ok_or(NotPending) // dropped outside the lock
    }

    /// Makes it happen `delay` from now.
    ///
    /// # Errors
    /// [`NotPending`] when it has happened or was cancelled.
    pub fn reset(&self, delay: Duration) -> Result<(), NotPending> {
        self.set((self.inner.now)() + delay)
    }

    /// Makes it happen `delay` later than it would have.
    ///
    /// # Errors
    /// [`NotPending`] when it has happened or was cancelled.
    pub fn delay(&self, delay: Duration) -> Result<(), NotPending> {
        let at = self.time().ok_or(NotPending)?;
        self.set(at + delay)
    }

    /// When it will happen, if it still will.
    #[must_use]
    pub fn time(&self) -> Option<Instant> {
        self.inner.lock().wheel.time(self.key)
    }

    /// Whether it will still happen.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.time().is_some()
    }

    fn set(&self, at: Instant) -> Result<(), NotPending> {
        if self.inner.change(at, |wheel| wheel.set(self.key, at)) {
            Ok(())
        } else {
            Err(NotPending)
        }
    }
}

impl std::fmt::Debug for DelayedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DelayedCall").field("time", &self.time()).finish_non_exhaustive()
    }
}

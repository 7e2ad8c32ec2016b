//! One at a time.

use std::fmt::Display;

use crate::NotHeld;

use super::{
    answer::Answer,
    deferred::Deferred,
    kind::Bound,
    permits::{Guard, Permits},
};

/// A lock that is waited for by a Deferred. Clones are the same lock.
///
/// Who waits is served in order; cancelling one's Deferred takes one out of the queue, or does
/// nothing once one has been served.
///
/// ```
/// use ropewalk_deferred::{Deferred, DeferredLock, no_result, success_result_of};
///
/// let lock = DeferredLock::new();
/// success_result_of(lock.acquire::<String>());
/// let second = no_result(lock.run(|| Deferred::<_, String>::succeed("mine")));
/// lock.release()?;
/// assert_eq!(success_result_of(second), "mine");
/// assert!(!lock.is_locked());
/// # Ok::<(), ropewalk_deferred::NotHeld>(())
/// ```
#[derive(Clone)]
pub struct DeferredLock {
    permits: Permits,
}

impl DeferredLock {
    /// One that is free.
    #[must_use]
    pub fn new() -> Self {
        Self { permits: Permits::new(1) }
    }

    /// Fires once the lock is held, until [`release`](Self::release).
    #[track_caller]
    pub fn acquire<E: Display + Bound + 'static>(&self) -> Deferred<(), E> {
        self.permits.acquire(|_| ())
    }

    /// The same, with a guard that releases it when it is dropped.
    #[track_caller]
    pub fn guard<E: Display + Bound + 'static>(&self) -> Deferred<Guard, E> {
        self.permits.acquire(Permits::guard)
    }

    /// Lets the next one have it.
    ///
    /// # Errors
    /// Nobody holds it.
    pub fn release(&self) -> Result<(), NotHeld> {
        self.permits.release()
    }

    /// Calls `f` once the lock is held, and releases it when what `f` returned has a result, before
    /// that is passed on. Where somebody else released it meanwhile, the result is
    /// [`Failure::NotHeld`](crate::Failure::NotHeld).
    #[track_caller]
    pub fn run<T, E, A>(&self, f: impl FnOnce() -> A + Bound + 'static) -> Deferred<T, E>
    where
        T: Bound + 'static,
        E: Display + Bound + 'static,
        A: Answer<E, Value = T>,
    {
        self.permits.run(f)
    }

    /// Whether somebody holds it.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.permits.left() == 0
    }
}

impl Default for DeferredLock {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for DeferredLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeferredLock").field("locked", &self.is_locked()).finish_non_exhaustive()
    }
}

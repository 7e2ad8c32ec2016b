//! So many at a time.

use std::fmt::Display;

use crate::{NoTokens, NotHeld};

use super::{
    answer::Answer,
    deferred::Deferred,
    kind::Bound,
    permits::{Guard, Permits},
};

/// A number of tokens that are waited for by Deferreds. Clones have the same tokens.
///
/// As with a [`DeferredLock`](super::DeferredLock), who waits is served in order, and cancelling
/// one's Deferred takes one out of the queue.
///
/// ```
/// use ropewalk_deferred::{DeferredSemaphore, no_result, success_result_of};
///
/// let seats = DeferredSemaphore::new(2)?;
/// success_result_of(seats.acquire::<String>());
/// success_result_of(seats.acquire::<String>());
/// let third = no_result(seats.acquire::<String>());
/// seats.release().expect("two are held");
/// success_result_of(third);
/// # Ok::<(), ropewalk_deferred::NoTokens>(())
/// ```
#[derive(Clone)]
pub struct DeferredSemaphore {
    permits: Permits,
}

impl DeferredSemaphore {
    /// One of so many tokens, all free.
    ///
    /// # Errors
    /// There are none.
    pub fn new(tokens: usize) -> Result<Self, NoTokens> {
        if tokens == 0 {
            return Err(NoTokens);
        }
        Ok(Self { permits: Permits::new(tokens) })
    }

    /// Fires once a token is held, until [`release`](Self::release).
    #[track_caller]
    pub fn acquire<E: Display + Bound + 'static>(&self) -> Deferred<(), E> {
        self.permits.acquire(|_| ())
    }

    /// The same, with a guard that gives it back when it is dropped.
    #[track_caller]
    pub fn guard<E: Display + Bound + 'static>(&self) -> Deferred<Guard, E> {
        self.permits.acquire(Permits::guard)
    }

    /// Gives a token back; the next one has it.
    ///
    /// # Errors
    /// None is held.
    pub fn release(&self) -> Result<(), NotHeld> {
        self.permits.release()
    }

    /// Calls `f` once a token is held, and gives it back when what `f` returned has a result, before
    /// that is passed on. Where no token is held by then, the result is
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

    /// How many tokens are free.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.permits.left()
    }

    /// How many there are.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.permits.most()
    }
}

impl std::fmt::Debug for DeferredSemaphore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeferredSemaphore")
            .field("tokens", &self.tokens())
            .field("limit", &self.limit())
            .finish_non_exhaustive()
    }
}

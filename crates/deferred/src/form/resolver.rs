//! The firing end of a Deferred.

use std::{fmt::Display, marker::PhantomData, panic::Location};

use crate::{AlreadyFired, Failure, Outcome};

use super::{
    cancel,
    core::CoreRef,
    drive,
    handle::Handle,
    kind::{Bound, Ref},
};

/// Fires a [`Deferred`](super::Deferred), once.
///
/// Clones fire the same one. When the last of them is dropped and it was not fired, its functions
/// are let go of without being called; whoever awaits it gets [`Failure::Abandoned`].
///
/// ```
/// use ropewalk_deferred::{AlreadyFired, Deferred};
///
/// let (deferred, resolver) = Deferred::<u32, String>::pending();
/// assert_eq!(resolver.succeed(1), Ok(()));
/// assert_eq!(resolver.fail("late".to_owned()), Err(AlreadyFired));
/// # drop(deferred);
/// ```
pub struct Resolver<T, E> {
    core: CoreRef,
    /// Whether this one counts: a canceller is lent one that does not.
    counts: bool,
    types: PhantomData<fn(T, E)>,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Resolver<T, E> {
    pub(super) fn new(core: CoreRef) -> Self {
        Self { core, counts: true, types: PhantomData }
    }

    pub(super) fn lent(core: &CoreRef) -> Self {
        Self { core: Ref::clone(core), counts: false, types: PhantomData }
    }

    /// Fires it with a value; functions that are attached are called before this returns.
    ///
    /// # Errors
    /// It was fired before. One firing after a cancellation is ignored, where there was no
    /// canceller that could have kept it from coming.
    #[track_caller]
    #[inline]
    pub fn succeed(&self, value: T) -> Result<(), AlreadyFired> {
        drive::fire(&self.core, &mut Some(Outcome::<T, E>::Ok(value)), Location::caller())
    }

    /// Fires it with an error of the program's, likewise.
    ///
    /// # Errors
    /// As [`succeed`](Self::succeed).
    #[track_caller]
    pub fn fail(&self, error: E) -> Result<(), AlreadyFired> {
        self.fire(Err(Failure::Failed(error)))
    }

    /// Fires it with either, likewise.
    ///
    /// # Errors
    /// As [`succeed`](Self::succeed).
    #[track_caller]
    #[inline]
    pub fn fire(&self, outcome: Outcome<T, E>) -> Result<(), AlreadyFired> {
        drive::fire(&self.core, &mut Some(outcome), Location::caller())
    }

    /// Fires it, or gives the value back.
    #[track_caller]
    pub(super) fn offer(&self, value: T) -> Result<(), T> {
        let mut outcome: Option<Outcome<T, E>> = Some(Ok(value));
        match drive::fire(&self.core, &mut outcome, Location::caller()) {
            Ok(()) => Ok(()),
            Err(AlreadyFired) => outcome.and_then(Result::ok).map_or(Ok(()), Err),
        }
    }

    /// Whether firing would be too late.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        self.core.over.get()
    }

    /// A handle to the Deferred that this fires.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(Ref::clone(&self.core))
    }
}

impl<T, E> Clone for Resolver<T, E> {
    fn clone(&self) -> Self {
        if self.counts {
            self.core.run.with(|run| run.resolvers += 1);
        }
        Self { core: Ref::clone(&self.core), counts: self.counts, types: PhantomData }
    }
}

impl<T, E> Drop for Resolver<T, E> {
    fn drop(&mut self) {
        if !self.counts || self.core.over.get() {
            return;
        }
        let orphaned = self.core.run.with(|run| {
            run.resolvers -= 1;
            run.is_orphaned() && !run.cancelling
        });
        if orphaned {
            cancel::orphan(&self.core);
        }
    }
}

impl<T, E> std::fmt::Debug for Resolver<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fired = self.core.run.with(|run| run.fired);
        f.debug_struct("Resolver").field("fired", &fired).finish_non_exhaustive()
    }
}

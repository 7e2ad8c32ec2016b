//! What can be done to a Deferred from outside, whatever its type.

use std::hash::{Hash, Hasher};

use crate::Outcome;

use super::{
    cancel,
    core::{CoreRef, Fired, WeakCore},
    drive,
    kind::Ref,
};

/// Cancels, pauses and looks at a [`Deferred`](super::Deferred), also when that has been given
/// away.
///
/// Clones are handles to the same one; two are equal when they are. A handle keeps a failure that
/// nobody handled from being reported, as the Deferred itself does.
///
/// ```
/// use ropewalk_deferred::{Deferred, Failure, State, success_result_of};
///
/// let (deferred, _resolver) = Deferred::<u32, String>::pending();
/// let handle = deferred.handle();
/// let caught = deferred.add_errback(|failure| match failure {
///     Failure::Cancelled => Ok(0),
///     other => Err(other),
/// });
/// assert_eq!(handle.state(), State::Unfired);
/// handle.cancel();
/// assert_eq!(success_result_of(caught), 0);
/// ```
pub struct Handle {
    core: CoreRef,
}

/// How far a Deferred is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum State {
    /// It was not fired.
    Unfired,
    /// It was fired, and waits for another Deferred that one of its functions returned.
    Waiting,
    /// Its functions are being called.
    Running,
    /// It has a result, which is held back by a pause.
    Paused,
    /// It has a result.
    Fired,
    /// It was not fired, and nobody is left who could.
    Abandoned,
}

impl Handle {
    pub(super) fn new(core: CoreRef) -> Self {
        Self { core }
    }

    /// Cancels it.
    ///
    /// One that was not fired has its canceller called, and is fired with
    /// [`Failure::Cancelled`](crate::Failure::Cancelled) if that did not fire it. One that waits
    /// for another has that cancelled. Any other is left alone.
    pub fn cancel(&self) {
        cancel::cancel(&self.core);
    }

    /// Calls no more of its functions until [`unpause`](Self::unpause). Pauses add up.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, State, success_result_of};
    ///
    /// let deferred = Deferred::<u32, String>::succeed(1);
    /// let handle = deferred.handle();
    /// handle.pause();
    /// let deferred = deferred.add_callback(|value| Ok(value + 1));
    /// assert_eq!(handle.state(), State::Paused);
    /// handle.unpause();
    /// assert_eq!(success_result_of(deferred), 2);
    /// ```
    pub fn pause(&self) {
        drive::pause(&self.core);
    }

    /// Takes one pause back; false where there was none.
    pub fn unpause(&self) -> bool {
        drive::unpause(&self.core)
    }

    /// Lets go of everything that is attached and was not called: functions, the canceller, and
    /// who waits for the result, who gets [`Failure::Abandoned`](crate::Failure::Abandoned). That
    /// breaks a cycle of references.
    ///
    /// ```
    /// use ropewalk_deferred::Deferred;
    ///
    /// let (deferred, resolver) = Deferred::<u32, String>::pending();
    /// let handle = deferred.handle();
    /// let own = resolver.clone();
    /// drop(deferred.add_callback(move |_| Ok(own.has_fired()))); // holds what would fire it
    /// drop(resolver);
    /// handle.abandon();
    /// ```
    pub fn abandon(&self) {
        cancel::abandon(&self.core);
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> State {
        self.core.run.with(|run| match (run.fired, run.waits_for()) {
            (Fired::No, _) => State::Unfired,
            (Fired::Never, _) => State::Abandoned,
            (Fired::Yes, Some(_)) => State::Waiting,
            (Fired::Yes, None) if run.running => State::Running,
            (Fired::Yes, None) if run.is_paused() => State::Paused,
            (Fired::Yes, None) => State::Fired,
        })
    }

    /// The Deferred it waits for, where it does.
    #[must_use]
    pub fn waits_for(&self) -> Option<Self> {
        let inner = self.core.run.with(|run| run.waits_for().cloned());
        inner.and_then(|inner| inner.upgrade()).map(Self::new)
    }

    /// A copy of the result so far, if it has one of these types. There is none while it is not
    /// fired, while it waits, and once the result was taken: by whoever awaited it, or by another
    /// Deferred that waited for it. The copy is made while the Deferred is locked: making it must not
    /// use the Deferred.
    ///
    /// ```
    /// use ropewalk_deferred::Deferred;
    ///
    /// let deferred = Deferred::<u32, String>::succeed(1);
    /// let handle = deferred.handle();
    /// assert_eq!(handle.result::<u32, String>(), Some(Ok(1)));
    /// assert_eq!(handle.result::<bool, String>(), None);
    /// ```
    #[must_use]
    pub fn result<T: Clone + 'static, E: Clone + 'static>(&self) -> Option<Outcome<T, E>> {
        self.core.run.with(|run| {
            self.core.peek(run, |result| result.downcast_ref::<Option<Outcome<T, E>>>()?.clone())
        })
    }

    /// A handle that does not keep it.
    #[must_use]
    pub fn downgrade(&self) -> WeakHandle {
        WeakHandle { core: Ref::downgrade(&self.core) }
    }

    /// Who it is, as a report of an unhandled failure has it: no other has the same number at the
    /// same time.
    #[must_use]
    pub fn id(&self) -> usize {
        self.core.address()
    }
}

/// A [`Handle`] that does not keep the Deferred.
///
/// ```
/// use ropewalk_deferred::Deferred;
///
/// let (deferred, resolver) = Deferred::<u32, String>::pending();
/// let weak = deferred.handle().downgrade();
/// assert_eq!(weak.upgrade(), Some(deferred.handle()));
/// drop((deferred, resolver));
/// assert_eq!(weak.upgrade(), None);
/// ```
#[derive(Clone)]
pub struct WeakHandle {
    core: WeakCore,
}

impl WeakHandle {
    /// The handle, while the Deferred is there.
    #[must_use]
    pub fn upgrade(&self) -> Option<Handle> {
        self.core.upgrade().map(Handle::new)
    }

    pub(crate) fn is_there(&self) -> bool {
        self.core.upgrade().is_some()
    }

    /// Cancels it, if it is still there.
    pub(crate) fn cancel(&self) {
        if let Some(core) = self.core.upgrade() {
            cancel::cancel(&core);
        }
    }
}

impl std::fmt::Debug for WeakHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WeakHandle").field(&self.upgrade()).finish()
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(Ref::clone(&self.core))
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Handle {}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("state", &self.state()).finish_non_exhaustive()
    }
}

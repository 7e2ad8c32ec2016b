//! The Deferred itself.

use std::{fmt::Display, marker::PhantomData, panic::Location};

use crate::{Failure, Outcome};

use super::{
    answer::{Answer, Answered},
    cancel,
    core::{Canceller, Core, CoreRef, Fired, Run},
    drive,
    handle::{Handle, WeakHandle},
    kind::{self, Bound, Ref},
    resolver::Resolver,
    step::Link,
};

/// A result that may come later, and a chain of functions that are called with it.
///
/// Each function gets what the one before it came to, and may turn a value into a failure or a
/// failure into a value, change their types, or return another Deferred that is waited for.
/// Functions attached to one that has its result already are called at once. A Deferred is a future
/// too: `.await` gives its result.
///
/// A failure that nobody handles is reported when it is dropped, as an error event of `tracing`
/// with where the Deferred was made.
///
/// ```
/// use ropewalk_deferred::{Deferred, Failure, success_result_of};
///
/// let (number, resolver) = Deferred::<&str, std::num::ParseIntError>::pending();
/// let doubled = number
///     .add_callback(|text| Ok(text.parse::<i32>()?))
///     .add_callback(|number| Ok(number * 2))
///     .add_errback(|_| Ok(-1));
/// resolver.succeed("21")?;
/// assert_eq!(success_result_of(doubled), 42);
/// # Ok::<(), ropewalk_deferred::AlreadyFired>(())
/// ```
///
/// Functions hold what they capture until they are called. A function that captures the resolver of
/// its own Deferred, or a handle to it, makes a cycle of references: it is never let go of unless it
/// is fired, or [abandoned](Handle::abandon).
#[must_use = "a failure that nobody handles is reported when this is dropped"]
pub struct Deferred<T, E> {
    pub(super) core: CoreRef,
    types: PhantomData<fn() -> (T, E)>,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Deferred<T, E> {
    /// One that was not fired, and what fires it.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// let (deferred, resolver) = Deferred::<u32, String>::pending();
    /// resolver.succeed(1)?;
    /// assert_eq!(success_result_of(deferred), 1);
    /// # Ok::<(), ropewalk_deferred::AlreadyFired>(())
    /// ```
    #[track_caller]
    pub fn pending() -> (Self, Resolver<T, E>) {
        Self::unfired(None)
    }

    /// The same with a function that is called when it is cancelled. That may fire it; if it does
    /// not, it is fired with [`Failure::Cancelled`].
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// let (deferred, _resolver) =
    ///     Deferred::<&str, String>::cancellable(|resolver| drop(resolver.succeed("as far as I got")));
    /// deferred.cancel();
    /// assert_eq!(success_result_of(deferred), "as far as I got");
    /// ```
    #[track_caller]
    pub fn cancellable(
        canceller: impl FnOnce(&Resolver<T, E>) + Bound + 'static,
    ) -> (Self, Resolver<T, E>) {
        Self::unfired(Some(Box::new(move |core: &CoreRef| canceller(&Resolver::lent(core)))))
    }

    /// One that has a value.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// assert_eq!(success_result_of(Deferred::<_, String>::succeed(1)), 1);
    /// ```
    #[track_caller]
    pub fn succeed(value: T) -> Self {
        Self::fired(Ok(value))
    }

    /// One that has failed.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, Failure, failure_result_of};
    ///
    /// assert_eq!(failure_result_of(Deferred::<(), _>::fail("no")), Failure::Failed("no"));
    /// ```
    #[track_caller]
    pub fn fail(error: E) -> Self {
        Self::fired(Err(Failure::Failed(error)))
    }

    /// One that has this result.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, Failure, failure_result_of};
    ///
    /// let late = Deferred::<(), String>::fired(Err(Failure::TimedOut));
    /// assert_eq!(failure_result_of(late), Failure::TimedOut);
    /// ```
    #[track_caller]
    pub fn fired(outcome: Outcome<T, E>) -> Self {
        Self::made(Fired::Yes, None, Some(outcome))
    }

    #[track_caller]
    pub(super) fn unfired(canceller: Option<Canceller>) -> (Self, Resolver<T, E>) {
        let deferred = Self::made(Fired::No, canceller, None);
        let resolver = Resolver::new(Ref::clone(&deferred.core));
        (deferred, resolver)
    }

    /// One that nobody will ever fire, unless by cancelling it.
    #[track_caller]
    pub(super) fn never(canceller: Option<Canceller>) -> Self {
        Self::made(Fired::No, canceller, None)
    }

    #[track_caller]
    fn made(fired: Fired, canceller: Option<Canceller>, source: Option<Outcome<T, E>>) -> Self {
        let made_at = Location::caller();
        let core = kind::shared(|| Core::new(made_at, fired, canceller, source));
        Self { core, types: PhantomData }
    }

    /// Attaches a function for the value; a failure passes by.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// let user = Deferred::<u32, String>::succeed(7)
    ///     .add_callback(|id| Ok(format!("user {id}"))) // another type
    ///     .add_callback(|name| Deferred::succeed(name + "!")); // waited for
    /// assert_eq!(success_result_of(user), "user 7!");
    /// ```
    pub fn add_callback<A: Answer<E>>(
        self,
        f: impl FnOnce(T) -> A + Bound + 'static,
    ) -> Deferred<A::Value, E>
    where
        A::Value: Bound + 'static,
    {
        self.attach(move |input| match input.take_if(|outcome| outcome.is_ok()) {
            Some(Ok(value)) => Some(f(value).answered()),
            _ => failure_of(input).map(|failure| Answered::Now(Err(failure))),
        })
    }

    /// Attaches a function for a failure; a value passes by.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, Failure, success_result_of};
    ///
    /// let port = Deferred::<u16, _>::fail("not configured").add_errback(|failure| match failure {
    ///     Failure::Failed("not configured") => Ok(6667),
    ///     other => Err(other),
    /// });
    /// assert_eq!(success_result_of(port), 6667);
    /// ```
    pub fn add_errback<A: Answer<E, Value = T>>(
        self,
        f: impl FnOnce(Failure<E>) -> A + Bound + 'static,
    ) -> Self {
        self.attach(move |input| match input.take_if(|outcome| outcome.is_ok()) {
            Some(Ok(value)) => Some(Answered::Now(Ok(value))),
            _ => failure_of(input).map(|failure| f(failure).answered()),
        })
    }

    /// Attaches a function for the value and one for a failure, side by side: the second does not
    /// see what the first one fails with.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// let text = Deferred::<u32, String>::succeed(3).add_callbacks(
    ///     |value| Ok(format!("got {value}")),
    ///     |failure| Ok(format!("failed: {failure}")),
    /// );
    /// assert_eq!(success_result_of(text), "got 3");
    /// ```
    pub fn add_callbacks<A: Answer<E>, B: Answer<E, Value = A::Value>>(
        self,
        callback: impl FnOnce(T) -> A + Bound + 'static,
        errback: impl FnOnce(Failure<E>) -> B + Bound + 'static,
    ) -> Deferred<A::Value, E>
    where
        A::Value: Bound + 'static,
    {
        self.attach(move |input| match input.take_if(|outcome| outcome.is_ok()) {
            Some(Ok(value)) => Some(callback(value).answered()),
            _ => failure_of(input).map(|failure| errback(failure).answered()),
        })
    }

    /// Attaches a function for either. It may change the type of the error too.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, Failure, failure_result_of};
    ///
    /// let failed: Deferred<(), i32> = Deferred::<(), _>::fail("five".to_owned())
    ///     .add_both(|outcome| outcome.map_err(|_| Failure::Failed(5)));
    /// assert_eq!(failure_result_of(failed), Failure::Failed(5));
    /// ```
    pub fn add_both<E2, A: Answer<E2>>(
        self,
        f: impl FnOnce(Outcome<T, E>) -> A + Bound + 'static,
    ) -> Deferred<A::Value, E2>
    where
        A::Value: Bound + 'static,
        E2: Display + Bound + 'static,
    {
        self.attach(move |input| input.take().map(|outcome| f(outcome).answered()))
    }

    /// Fires `other` with the result, and goes on without one. Where `other` was fired before, it
    /// goes on with [`Failure::AlreadyFired`].
    ///
    /// Cancelling the other one does not cancel this one. The other one's functions run inside this
    /// one's: for chains of any length, return the other one from a function instead.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// let (other, resolver) = Deferred::<u32, String>::pending();
    /// success_result_of(Deferred::succeed(1).chain(resolver));
    /// assert_eq!(success_result_of(other), 1);
    /// ```
    pub fn chain(self, other: Resolver<T, E>) -> Deferred<(), E> {
        self.add_both(move |outcome| match other.fire(outcome) {
            Ok(()) => Ok(()),
            Err(_) => Err(Failure::AlreadyFired),
        })
    }

    /// Cancels it; see [`Handle::cancel`].
    pub fn cancel(&self) {
        cancel::cancel(&self.core);
    }

    /// What can be done to it from outside, also when it was given away.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(Ref::clone(&self.core))
    }

    pub(super) fn weak(&self) -> WeakHandle {
        self.handle().downgrade()
    }

    /// Once it is fired, a cancellation does nothing, even while it waits for another.
    pub(super) fn ignore_cancel_once_fired(&self) {
        self.core.run.with(|run| run.ignores_cancel = true);
    }

    /// The result, if it is there: it is taken. Otherwise the Deferred comes back.
    ///
    /// ```
    /// use ropewalk_deferred::Deferred;
    ///
    /// let (deferred, resolver) = Deferred::<u32, String>::pending();
    /// let deferred = deferred.try_take().unwrap_err();
    /// resolver.succeed(1)?;
    /// assert_eq!(deferred.try_take().unwrap(), Ok(1));
    /// # Ok::<(), ropewalk_deferred::AlreadyFired>(())
    /// ```
    ///
    /// # Errors
    /// Itself, where it has no result.
    pub fn try_take(self) -> Result<Outcome<T, E>, Self> {
        self.take_now().map_err(|core| Self { core, types: PhantomData })
    }

    /// Attaches a function that takes its argument out of where it is. Moving a value that is known
    /// to be one is cheaper than moving what may be either: a tenth of all the time.
    #[inline]
    pub(super) fn attach<U, E2>(
        self,
        f: impl FnOnce(&mut Option<Outcome<T, E>>) -> Option<Answered<U, E2>> + Bound + 'static,
    ) -> Deferred<U, E2>
    where
        U: Bound + 'static,
        E2: Display + Bound + 'static,
    {
        drive::attach(&self.core, Link::new(f));
        Deferred { core: self.core, types: PhantomData }
    }

    #[inline]
    pub(super) fn take_now(self) -> Result<Outcome<T, E>, CoreRef> {
        let taken = self.core.run.with(|run| match run.is_settled() {
            true => self.take_from(run),
            false => None,
        });
        taken.ok_or(self.core)
    }

    #[inline]
    pub(super) fn take_from(&self, run: &mut Run) -> Option<Outcome<T, E>> {
        self.core.result(run, |result| result.downcast_mut::<Option<Outcome<T, E>>>()?.take())
    }
}

fn failure_of<T, E>(input: &mut Option<Outcome<T, E>>) -> Option<Failure<E>> {
    input.take().and_then(Result::err)
}

impl<T, E> std::fmt::Debug for Deferred<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = Handle::new(Ref::clone(&self.core)).state();
        f.debug_struct("Deferred").field("state", &state).finish_non_exhaustive()
    }
}

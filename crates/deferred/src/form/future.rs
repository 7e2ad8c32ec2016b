//! From futures, and functions, to Deferreds.

use std::{
    fmt::Display,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crate::{Failure, Outcome};

use super::{
    answer::{Answer, Answered},
    core::{Canceller, Cancelling, CoreRef},
    deferred::Deferred,
    kind::{self, Bound, BoxFuture, Kept, Lock, Ref, WeakRef},
    resolver::Resolver,
    spawn::Spawn,
    wait,
};

impl<T: Bound + 'static, E: Display + Bound + 'static> Deferred<T, E> {
    /// One that will have what a future comes to, which `spawner` runs.
    ///
    /// Cancelling it cancels the Deferred that the future awaits just then; what the future makes of
    /// that is the result. Where it awaits anything else, the future is dropped, and the result is
    /// [`Failure::Cancelled`]. If the spawner drops the future before its end, there will be no
    /// result.
    ///
    /// ```
    /// use ropewalk_deferred::{Deferred, Inline, success_result_of};
    ///
    /// let (price, resolver) = Deferred::<u32, String>::pending();
    /// let total = Deferred::<u32, String>::from_future(&Inline, async { Ok(price.await? * 3) });
    /// resolver.succeed(5)?;
    /// assert_eq!(success_result_of(total), 15);
    /// # Ok::<(), ropewalk_deferred::AlreadyFired>(())
    /// ```
    #[track_caller]
    pub fn from_future<F>(spawner: &impl Spawn, future: F) -> Self
    where
        F: Future<Output = Outcome<T, E>> + Bound + 'static,
    {
        let work = Ref::new(Work {
            state: Lock::new(State {
                future: Some(Box::pin(future)),
                awaits: Vec::new(),
                resolver: None,
                waker: None,
                polled: false,
                cancelled: false,
            }),
        });
        let (deferred, resolver) = Self::unfired(Some(work.canceller()));
        work.state.with(|state| state.resolver = Some(resolver));
        spawner.spawn(Box::pin(Drive { work }));
        deferred
    }
}

/// The result of `f`, now or later: `f` may return a result or a Deferred. A panic is not caught.
///
/// ```
/// use ropewalk_deferred::{Deferred, maybe_deferred, success_result_of};
///
/// fn look_up(cache: Option<u32>) -> Deferred<u32, String> {
///     maybe_deferred(|| cache.ok_or_else(|| "not in the cache".to_owned().into()))
/// }
/// assert_eq!(success_result_of(look_up(Some(1))), 1);
/// # assert!(look_up(None).try_take().unwrap().is_err());
/// ```
#[track_caller]
pub fn maybe_deferred<E, A: Answer<E>>(f: impl FnOnce() -> A) -> Deferred<A::Value, E>
where
    A::Value: Bound + 'static,
    E: Display + Bound + 'static,
{
    match f().answered() {
        Answered::Now(outcome) => Deferred::fired(outcome),
        Answered::Later(deferred) => deferred,
    }
}

/// What whoever polls the future shares with whoever cancels it.
struct Work<T, E> {
    /// Held for a change of these fields; the future is taken out to be polled.
    state: Lock<State<T, E>>,
}

struct State<T, E> {
    future: Option<BoxFuture<Outcome<T, E>>>,
    /// What the future had to wait for when it was polled last.
    awaits: Vec<Kept>,
    resolver: Option<Resolver<T, E>>,
    waker: Option<Waker>,
    /// It is being polled.
    polled: bool,
    /// It was cancelled while it was being polled.
    cancelled: bool,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Work<T, E> {
    fn canceller(self: &Ref<Self>) -> Canceller {
        Box::new(Stop(Ref::downgrade(self)))
    }

    /// Cancels what the future awaits; or drops the future, where that is nothing we know.
    fn cancel(&self) {
        let (awaits, dropped) = self.state.with(|state| {
            let awaits: Vec<Kept> =
                state.awaits.iter().filter(|it| it.is_there()).cloned().collect();
            let dropped = awaits
                .is_empty()
                .then(|| (state.future.take(), state.resolver.take(), state.waker.take()));
            (awaits, dropped)
        });
        awaits.iter().for_each(Kept::cancel);
        if let Some((future, resolver, waker)) = dropped {
            drop(future);
            if let Some(resolver) = resolver {
                let _ = resolver.fire(Err(Failure::Cancelled)); // it may have come to an end just now
            }
            if let Some(waker) = waker {
                waker.wake(); // nothing is left to be polled
            }
        }
    }

    fn goes_on(&self) -> bool {
        self.state.with(|state| state.polled || state.awaits.iter().any(Kept::is_there))
    }
}

/// Cancels.
struct Stop<T, E>(WeakRef<Work<T, E>>);

impl<T: Bound + 'static, E: Display + Bound + 'static> Cancelling for Stop<T, E> {
    fn cancel(self: Box<Self>, core: &CoreRef) -> Option<Canceller> {
        let work = self.0.upgrade()?;
        if !work.goes_on() {
            work.cancel();
            return None;
        }
        let (rest, resolver) = Deferred::<T, E>::unfired(Some(work.canceller()));
        wait::forward(core, &rest.core, || {
            let (polled, before) = work.state.with(|state| {
                state.cancelled = state.polled;
                (state.polled, state.resolver.replace(resolver))
            });
            drop(before);
            if !polled {
                work.cancel();
            }
        });
        None
    }
}

/// What the spawner gets.
struct Drive<T, E> {
    work: Ref<Work<T, E>>,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Future for Drive<T, E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = Some(cx.waker().clone());
        let (future, _before) = self.work.state.with(|state| {
            let future = state.future.take();
            state.polled = future.is_some();
            (future, std::mem::replace(&mut state.waker, waker))
        });
        let Some(mut future) = future else { return Poll::Ready(()) };
        let (polled, awaits) = kind::noting(|| future.as_mut().poll(cx));
        match polled {
            Poll::Ready(outcome) => {
                drop(future);
                let resolver = self.work.state.with(|state| {
                    state.polled = false;
                    state.resolver.take()
                });
                if let Some(resolver) = resolver {
                    let _ = resolver.fire(outcome); // it was cancelled at the same time
                }
                Poll::Ready(())
            }
            Poll::Pending => {
                let cancelled = self.work.state.with(|state| {
                    (state.polled, state.awaits, state.future) = (false, awaits, Some(future));
                    std::mem::take(&mut state.cancelled)
                });
                if cancelled {
                    self.work.cancel();
                }
                Poll::Pending
            }
        }
    }
}

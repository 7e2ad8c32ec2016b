//! A Deferred as a future.

use std::{
    fmt::Display,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crate::{Failure, Outcome};

use super::{
    core::{Fired, Taker},
    deferred::Deferred,
    kind::{self, Bound},
};

/// Gives the result. Dropping it lets go of the result, or of the wait for it; it is not cancelled.
impl<T: Bound + 'static, E: Display + Bound + 'static> Future for Deferred<T, E> {
    type Output = Outcome<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let seen = match self.look(cx, None) {
            Seen::Unknown => self.look(cx, Some(cx.waker().clone())),
            seen => seen,
        };
        match seen {
            Seen::Result(outcome) => Poll::Ready(outcome),
            Seen::Unknown | Seen::Known(_) => {
                kind::note(|| self.weak());
                Poll::Pending
            }
        }
    }
}

/// What a look at it found.
enum Seen<T, E> {
    Result(Outcome<T, E>),
    /// No result; the waker is known. With what was known before, to be dropped outside the lock.
    Known(#[allow(dead_code, reason = "it is only to be dropped")] Taker),
    /// No result, and the waker is not known.
    Unknown,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Deferred<T, E> {
    fn look(&self, cx: &Context<'_>, waker: Option<Waker>) -> Seen<T, E> {
        self.core.run.with(|run| {
            let deserted = run.rare.as_ref().is_some_and(|rare| rare.deserted);
            if run.fired == Fired::Never || deserted {
                return Seen::Result(Err(Failure::Abandoned));
            }
            if run.is_settled() {
                let result = self.take_from(run);
                return Seen::Result(result.unwrap_or(Err(Failure::Abandoned)));
            }
            match (&mut run.rare().taker, waker) {
                (Taker::Waker(known), _) if known.will_wake(cx.waker()) => {
                    Seen::Known(Taker::Nobody)
                }
                (taker, Some(waker)) => Seen::Known(mem::replace(taker, Taker::Waker(waker))),
                (_, None) => Seen::Unknown,
            }
        })
    }
}

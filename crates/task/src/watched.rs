//! Functions that are called in any case, at the latest when they are dropped.

use std::{future::Future, marker::PhantomData, pin::Pin};

use ropewalk_deferred::{Failure, Outcome};

/// Work that somebody else runs: what a reactor's or executor's `spawn` takes.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Called once: with an outcome, or with [`Failure::Abandoned`] when it is dropped.
pub(crate) struct Last<T, E, F: FnOnce(Outcome<T, E>)> {
    then: Option<F>,
    types: PhantomData<fn(T, E)>,
}

impl<T, E, F: FnOnce(Outcome<T, E>)> Last<T, E, F> {
    pub(crate) fn new(then: F) -> Self {
        Self { then: Some(then), types: PhantomData }
    }

    pub(crate) fn call(mut self, outcome: Outcome<T, E>) {
        if let Some(then) = self.then.take() {
            then(outcome);
        }
    }
}

impl<T, E, F: FnOnce(Outcome<T, E>)> Drop for Last<T, E, F> {
    fn drop(&mut self) {
        if let Some(then) = self.then.take() {
            then(Err(Failure::Abandoned));
        }
    }
}

/// `work`, and then `then` with what came of it, also when it is dropped or panics.
pub(crate) fn watched<T, E, W, F>(work: W, then: F) -> impl Future<Output = ()> + Send
where
    W: Future<Output = Outcome<T, E>> + Send,
    F: FnOnce(Outcome<T, E>) + Send,
{
    let last = Last::new(then); // here, so that it is there also before the first poll
    async move { last.call(work.await) }
}

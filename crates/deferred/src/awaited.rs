//! What futures wait for while they are polled, so that a cancellation can go there.

use std::{cell::RefCell, mem};

use crate::{local, threads};

/// A Deferred that a future awaits.
#[derive(Clone)]
pub(crate) enum Awaited {
    Shared(threads::WeakHandle),
    Local(local::WeakHandle),
}

impl Awaited {
    pub(crate) fn cancel(&self) {
        match self {
            Self::Shared(handle) => handle.cancel(),
            Self::Local(handle) => handle.cancel(),
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::Shared(handle) => handle.is_there(),
            Self::Local(handle) => handle.is_there(),
        }
    }
}

thread_local! {
    /// What was found to be awaited so far, while somebody wants to know.
    static NOTES: RefCell<Option<Vec<Awaited>>> = const { RefCell::new(None) };
}

/// A future that is being polled has to wait for this.
pub(crate) fn note(awaited: impl FnOnce() -> Awaited) {
    // Where the thread is at its end, nobody will ask.
    let _ = NOTES.try_with(|notes| {
        if let Some(notes) = &mut *notes.borrow_mut() {
            notes.push(awaited());
        }
    });
}

/// Polls, and gives everything that was noted meanwhile.
pub(crate) fn noting<R>(poll: impl FnOnce() -> R) -> (R, Vec<Awaited>) {
    let mut before = Before(exchange(Some(Vec::new())));
    let polled = poll();
    let notes = exchange(before.0.take());
    mem::forget(before);
    (polled, notes.unwrap_or_default())
}

fn exchange(notes: Option<Vec<Awaited>>) -> Option<Vec<Awaited>> {
    NOTES.try_with(|known| known.replace(notes)).unwrap_or_default()
}

/// Puts the notes of whoever polled outside this back, also after a panic.
struct Before(Option<Vec<Awaited>>);

impl Drop for Before {
    fn drop(&mut self) {
        exchange(self.0.take());
    }
}

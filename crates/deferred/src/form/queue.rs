//! Values on one side, who waits for them on the other.

use std::{collections::VecDeque, fmt::Display};

use crate::{QueueOverflow, QueueUnderflow};

use super::{
    core::CoreRef,
    deferred::Deferred,
    kind::{Bound, Lock, Ref, WeakRef},
    resolver::Resolver,
};

/// A queue of values that are waited for by Deferreds. Clones are the same queue.
///
/// ```
/// use ropewalk_deferred::{DeferredQueue, success_result_of};
///
/// let queue = DeferredQueue::<_, String>::new(1, 1);
/// let first = queue.get()?;
/// assert!(queue.get().is_err());
/// queue.put("one")?;
/// queue.put("two")?;
/// assert_eq!(queue.put("three").unwrap_err().value, "three");
/// assert_eq!(success_result_of(first), "one");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeferredQueue<T, E> {
    inner: Ref<Inner<T, E>>,
}

struct Inner<T, E> {
    size: usize,
    backlog: usize,
    /// Held to put or take one; whoever gets a value is told outside.
    state: Lock<State<T, E>>,
}

struct State<T, E> {
    values: VecDeque<T>,
    /// Who waits, in the order of their numbers.
    waiting: VecDeque<(u64, Resolver<T, E>)>,
    next: u64,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> DeferredQueue<T, E> {
    /// One that holds at most `size` values, and at most `backlog` wait for it.
    #[must_use]
    pub fn new(size: usize, backlog: usize) -> Self {
        let state = State { values: VecDeque::new(), waiting: VecDeque::new(), next: 0 };
        Self { inner: Ref::new(Inner { size, backlog, state: Lock::new(state) }) }
    }

    /// One of any size, for which any number may wait.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(usize::MAX, usize::MAX)
    }

    /// Gives a value to whoever has waited longest, or keeps it.
    ///
    /// # Errors
    /// Nobody waits and there is no room: the value comes back.
    pub fn put(&self, value: T) -> Result<(), QueueOverflow<T>> {
        let mut value = value;
        loop {
            let (back, waiter) = self.inner.state.with(|state| match state.waiting.pop_front() {
                Some((_, waiter)) => (Some(value), Some(waiter)),
                None if state.values.len() < self.inner.size => {
                    state.values.push_back(value);
                    (None, None)
                }
                None => (Some(value), None),
            });
            value = match (back, waiter) {
                (None, _) => return Ok(()),
                (Some(value), None) => {
                    return Err(QueueOverflow { value, limit: self.inner.size });
                }
                (Some(value), Some(waiter)) => match waiter.offer(value) {
                    Ok(()) => return Ok(()),
                    Err(value) => value, // it was cancelled just now: the next one
                },
            };
        }
    }

    /// The oldest value, now or once there is one. Cancelling the Deferred takes it out of the
    /// queue of those that wait.
    ///
    /// # Errors
    /// It is empty, and as many wait as may.
    #[track_caller]
    pub fn get(&self) -> Result<Deferred<T, E>, QueueUnderflow> {
        let weak = Ref::downgrade(&self.inner);
        let (value, number) = self.inner.state.with(|state| {
            let value = state.values.pop_front();
            if value.is_none() {
                if state.waiting.len() >= self.inner.backlog {
                    return Err(QueueUnderflow { limit: self.inner.backlog });
                }
                state.next += 1;
            }
            Ok((value, state.next))
        })?;
        if let Some(value) = value {
            return Ok(Deferred::succeed(value));
        }
        let canceller = move |_: &CoreRef| forget(&weak, number);
        let (deferred, resolver) = Deferred::unfired(Some(Box::new(canceller)));
        let at_once = self.inner.state.with(|state| match state.values.pop_front() {
            None => {
                let place = state.waiting.partition_point(|(other, _)| *other < number);
                state.waiting.insert(place, (number, resolver));
                None
            }
            Some(value) => Some((value, resolver)), // put meanwhile
        });
        if let Some((value, resolver)) = at_once {
            let _ = resolver.succeed(value); // nobody has had it to cancel it
        }
        Ok(deferred)
    }

    /// How many values it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.state.with(|state| state.values.len())
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes a waiter out, whose Deferred was cancelled.
fn forget<T, E>(queue: &WeakRef<Inner<T, E>>, number: u64) {
    let Some(inner) = queue.upgrade() else { return };
    let _waiter = inner.state.with(|state| {
        let place = state.waiting.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        state.waiting.remove(place)
    });
}

impl<T, E> Clone for DeferredQueue<T, E> {
    fn clone(&self) -> Self {
        Self { inner: Ref::clone(&self.inner) }
    }
}

impl<T, E> std::fmt::Debug for DeferredQueue<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (values, waiting) =
            self.inner.state.with(|state| (state.values.len(), state.waiting.len()));
        f.debug_struct("DeferredQueue")
            .field("values", &values)
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

//! So many at a time, and the others in a queue: what lock and semaphore are made of.

use std::{collections::VecDeque, fmt::Display};

use crate::{Failure, NotHeld, Outcome};

use super::{
    answer::Answer,
    core::CoreRef,
    deferred::Deferred,
    future::maybe_deferred,
    kind::{Bound, Lock, Ref, WeakRef},
};

/// Clones are the same.
pub(super) struct Permits {
    inner: Ref<Inner>,
}

struct Inner {
    most: usize,
    /// Held to take or give a permit; whoever gets one is told outside.
    state: Lock<State>,
}

struct State {
    left: usize,
    /// Who waits, in the order of their numbers.
    waiting: VecDeque<(u64, Box<dyn Turn>)>,
    next: u64,
}

/// Whoever waits for a permit.
trait Turn: Bound {
    /// Takes it; false where nobody waits any more.
    fn come(self: Box<Self>, permits: &Permits) -> bool;
}

impl<F: FnOnce(&Permits) -> bool + Bound> Turn for F {
    fn come(self: Box<Self>, permits: &Permits) -> bool {
        self(permits)
    }
}

impl Permits {
    pub(super) fn new(most: usize) -> Self {
        let state = State { left: most, waiting: VecDeque::new(), next: 0 };
        Self { inner: Ref::new(Inner { most, state: Lock::new(state) }) }
    }

    /// What comes of a permit, once there is one: `take` makes a value of it.
    #[track_caller]
    pub(super) fn acquire<T, E>(
        &self,
        take: impl FnOnce(&Self) -> T + Bound + 'static,
    ) -> Deferred<T, E>
    where
        T: Bound + 'static,
        E: Display + Bound + 'static,
    {
        let free = self.inner.state.with(|state| {
            let free = state.left > 0;
            if free {
                state.left -= 1;
            } else {
                state.next += 1;
            }
            (free, state.next)
        });
        let number = match free {
            (true, _) => return Deferred::succeed(take(self)),
            (false, number) => number,
        };
        let weak = Ref::downgrade(&self.inner);
        let canceller = move |_: &CoreRef| forget(&weak, number);
        let (deferred, resolver) = Deferred::unfired(Some(Box::new(canceller)));
        let turn = Box::new(move |permits: &Self| {
            !resolver.has_fired() && resolver.offer(take(permits)).is_ok()
        });
        self.wait(number, turn);
        deferred
    }

    fn wait(&self, number: u64, turn: Box<dyn Turn>) {
        let mut turn = Some(turn);
        let at_once = self.inner.state.with(|state| {
            if state.left > 0 {
                state.left -= 1; // one came back meanwhile
                return turn.take();
            }
            let place = state.waiting.partition_point(|(other, _)| *other < number);
            if let Some(turn) = turn.take() {
                state.waiting.insert(place, (number, turn));
            }
            None
        });
        if at_once.is_some_and(|turn| !turn.come(self)) {
            let _ = self.release(); // it is held, by nobody
        }
    }

    /// Gives a permit back.
    pub(super) fn release(&self) -> Result<(), NotHeld> {
        loop {
            let next = self.inner.state.with(|state| {
                if state.left == self.inner.most {
                    return Err(NotHeld);
                }
                let next = state.waiting.pop_front();
                if next.is_none() {
                    state.left += 1;
                }
                Ok(next)
            })?;
            // Where its turn came and it was cancelled just now, it is the next one's.
            if next.is_none_or(|(_, turn)| turn.come(self)) {
                return Ok(());
            }
        }
    }

    pub(super) fn run<T, E, A>(&self, f: impl FnOnce() -> A + Bound + 'static) -> Deferred<T, E>
    where
        T: Bound + 'static,
        E: Display + Bound + 'static,
        A: Answer<E, Value = T>,
    {
        self.acquire(Self::guard).add_callback(|mut guard: Guard| {
            maybe_deferred(f).add_both(move |outcome: Outcome<T, E>| {
                let permits = guard.permits.take();
                match permits.map(|permits| permits.release()) {
                    Some(Err(NotHeld)) => Err(Failure::NotHeld),
                    _ => outcome,
                }
            })
        })
    }

    /// How many are to be had.
    pub(super) fn left(&self) -> usize {
        self.inner.state.with(|state| state.left)
    }

    pub(super) fn most(&self) -> usize {
        self.inner.most
    }

    pub(super) fn guard(&self) -> Guard {
        Guard { permits: Some(self.clone()) }
    }
}

/// Takes a waiter out, whose Deferred was cancelled.
fn forget(permits: &WeakRef<Inner>, number: u64) {
    let Some(inner) = permits.upgrade() else { return };
    let _waiter = inner.state.with(|state| {
        let place = state.waiting.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        state.waiting.remove(place)
    });
}

impl Clone for Permits {
    fn clone(&self) -> Self {
        Self { inner: Ref::clone(&self.inner) }
    }
}

/// A lock or a part of a semaphore that is held; dropping it gives that back.
///
/// ```
/// use ropewalk_deferred::{DeferredLock, success_result_of};
///
/// let lock = DeferredLock::new();
/// let guard = success_result_of(lock.guard::<String>());
/// assert!(lock.is_locked());
/// drop(guard);
/// assert!(!lock.is_locked());
/// ```
pub struct Guard {
    permits: Option<Permits>,
}

impl Guard {
    /// Gives it back.
    ///
    /// # Errors
    /// It was given back already, by a `release` of the lock or semaphore itself.
    pub fn release(mut self) -> Result<(), NotHeld> {
        self.permits.take().map_or(Ok(()), |permits| permits.release())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(permits) = self.permits.take() {
            let _ = permits.release(); // given back already: no harm
        }
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

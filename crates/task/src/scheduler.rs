//! Functions that wait for their turn.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ropewalk_clock::{Clock, SystemClock};
use thiserror::Error;

use crate::{Fifo, Policy, Tag};

/// Runs functions one after the other, in the order of a [`Policy`].
///
/// Somebody has to do it: whoever calls [`run_one`](Self::run_one), on any thread, or on several.
/// No more wait than a limit says. Clones are handles to the same scheduler.
///
/// ```
/// use std::sync::mpsc;
/// use ropewalk_task::{RoundRobin, Scheduler, Tag};
///
/// let scheduler = Scheduler::new(RoundRobin::default(), 1000);
/// let (says, hears) = mpsc::channel();
/// for (group, line) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1")] {
///     let says = says.clone();
///     scheduler.push(Tag { group, ..Tag::default() }, move || says.send(line).unwrap())?;
/// }
/// while scheduler.run_one() {}
/// assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["a1", "b1", "a2", "a3"]);
/// # Ok::<(), ropewalk_task::Full>(())
/// ```
pub struct Scheduler<P = Fifo<Call>, C = SystemClock> {
    shared: Arc<Shared<P, C>>,
}

/// What a [`Scheduler`] holds: a function that is called once.
pub type Call = Box<dyn FnOnce() + Send>;

/// As much waits as may: nothing was added.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{limit} wait already, which is the limit")]
pub struct Full {
    /// How many may wait.
    pub limit: usize,
}

/// The lock is held to put one function in or take one out.
struct Shared<P, C> {
    clock: C,
    limit: usize,
    waiting: Mutex<P>,
}

impl<P: Policy<Call>> Scheduler<P> {
    /// At most `limit` functions wait.
    #[must_use]
    pub fn new(policy: P, limit: usize) -> Self {
        Self::on(SystemClock, policy, limit)
    }
}

impl<P: Policy<Call>, C: Clock> Scheduler<P, C> {
    /// The same by another clock, for policies that look at the time.
    #[must_use]
    pub fn on(clock: C, policy: P, limit: usize) -> Self {
        Self { shared: Arc::new(Shared { clock, limit, waiting: Mutex::new(policy) }) }
    }

    /// Adds a function.
    ///
    /// # Errors
    /// As many wait as may. The function is dropped.
    pub fn push(&self, tag: Tag, call: impl FnOnce() + Send + 'static) -> Result<(), Full> {
        let call: Call = Box::new(call);
        let now = self.shared.clock.now();
        let mut waiting = self.lock();
        if waiting.len() >= self.shared.limit {
            drop(waiting);
            return Err(Full { limit: self.shared.limit });
        }
        waiting.push(now, tag, call);
        Ok(())
    }

    /// Calls the function whose turn it is; false when none waits.
    pub fn run_one(&self) -> bool {
        let now = self.shared.clock.now();
        let call = self.lock().pop(now);
        let some = call.is_some();
        if let Some(call) = call {
            call();
        }
        some
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, P> {
        // A policy that panics has lost something, and goes on with the rest.
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P, C> Clone for Scheduler<P, C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P: Policy<Call>, C: Clock> fmt::Debug for Scheduler<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler").field("waiting", &self.len()).finish_non_exhaustive()
    }
}

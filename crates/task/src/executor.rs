//! Futures that wait for their turn.

use std::{
    collections::VecDeque,
    fmt,
    future::{Future, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Poll, Waker},
};

use async_task::{Builder, Runnable, Task};
use futures_lite::{FutureExt, future::yield_now};
use ropewalk_clock::{Clock, SystemClock};

use crate::{Full, Policy, Tag};

/// Runs futures so that, of those that can go on, a [`Policy`] says which does.
///
/// It is used as the crate `async-executor`'s, or together with it: [`run`](Self::run) is a future
/// like any other, which an executor's thread may run beside its own. No more futures are there at
/// once than a limit says. A future that panics passes that on to whoever awaits its task.
///
/// Clones are handles to the same executor. When the last of them and every `run` is dropped, so are
/// the futures that could go on; those that wait for something are when that wakes them.
///
/// ```
/// use async_executor::Executor;
/// use futures_lite::future::block_on;
/// use ropewalk_task::{PolicyExecutor, Priority, Tag};
///
/// let ordered = PolicyExecutor::new(Priority::default(), 1000);
/// let task = ordered.spawn(Tag { level: 1, ..Tag::default() }, async { 6 * 7 })?;
/// let threads = Executor::new();
/// block_on(threads.run(async {
///     let serves = threads.spawn(ordered.run(std::future::pending::<()>()));
///     assert_eq!(task.await, 42);
///     serves.cancel().await;
/// }));
/// # Ok::<(), ropewalk_task::Full>(())
/// ```
pub struct PolicyExecutor<P, C = SystemClock> {
    shared: Arc<Shared<P, C>>,
}

/// The lock is held to put one future in or take one out, never while one is polled or woken.
struct Shared<P, C> {
    clock: C,
    limit: usize,
    state: Mutex<State<P>>,
}

struct State<P> {
    ready: P,
    /// Futures that were spawned and have not ended.
    alive: usize,
    /// Those who wait for something to be ready, by number.
    idle: VecDeque<(u64, Waker)>,
    next: u64,
}

impl<P: Policy<Runnable> + Send + 'static> PolicyExecutor<P> {
    /// At most `limit` futures are there at once.
    #[must_use]
    pub fn new(policy: P, limit: usize) -> Self {
        Self::on(SystemClock, policy, limit)
    }
}

impl<P: Policy<Runnable> + Send + 'static, C: Clock> PolicyExecutor<P, C> {
    /// The same by another clock, for policies that look at the time.
    #[must_use]
    pub fn on(clock: C, policy: P, limit: usize) -> Self {
        let state = State { ready: policy, alive: 0, idle: VecDeque::new(), next: 0 };
        Self { shared: Arc::new(Shared { clock, limit, state: Mutex::new(state) }) }
    }

    /// Adds a future. Each time it can go on, it waits for its turn by its tag. Dropping the task
    /// drops the future; `detach` lets it go on without.
    ///
    /// # Errors
    /// As many are there as may be. The future is dropped.
    pub fn spawn<F>(&self, tag: Tag, future: F) -> Result<Task<F::Output>, Full>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let alive = self.count()?;
        let future = async move {
            let output = future.await;
            drop(alive);
            output
        };
        let shared = Arc::downgrade(&self.shared);
        let schedule = move |runnable| match Weak::upgrade(&shared) {
            Some(shared) => shared.ready(tag, runnable),
            None => drop(runnable), // nobody will run it, so it is over
        };
        let builder = Builder::new().propagate_panic(true);
        let (runnable, task) = builder.spawn(|()| future, schedule);
        runnable.schedule();
        Ok(task)
    }

    /// Polls the future whose turn it is; false when none can go on.
    pub fn try_tick(&self) -> bool {
        let runnable = self.shared.next();
        let some = runnable.is_some();
        if let Some(runnable) = runnable {
            runnable.run();
        }
        some
    }

    /// The same, and waits until one can go on.
    pub async fn tick(&self) {
        self.shared.wait().await.run();
    }

    /// Polls one after the other until `future` is over; after every 200 it lets others have their
    /// turn. Several may run at the same time, on several threads.
    pub fn run<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<P, C, F> {
        let shared = Arc::clone(&self.shared);
        let serve = async move {
            loop {
                for _ in 0..TURN {
                    shared.wait().await.run();
                }
                yield_now().await;
            }
        };
        future.or(serve)
    }

    /// How many futures there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().alive
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn count(&self) -> Result<Alive<P, C>, Full> {
        let mut state = self.shared.lock();
        if state.alive >= self.shared.limit {
            return Err(Full { limit: self.shared.limit });
        }
        state.alive += 1;
        Ok(Alive(Arc::downgrade(&self.shared)))
    }
}

impl<P, C> Shared<P, C> {
    fn lock(&self) -> MutexGuard<'_, State<P>> {
        // A policy that panics has lost something, and goes on with the rest.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Policy<Runnable>, C: Clock> Shared<P, C> {
    fn ready(&self, tag: Tag, runnable: Runnable) {
        let now = self.clock.now();
        let mut state = self.lock();
        state.ready.push(now, tag, runnable);
        let idle = state.idle.pop_front();
        drop(state);
        if let Some((_, waker)) = idle {
            waker.wake();
        }
    }

    fn next(&self) -> Option<Runnable> {
        let now = self.clock.now();
        self.lock().ready.pop(now)
    }

    /// Waits until one can go on, and takes it out.
    async fn wait(&self) -> Runnable {
        let mut idle = Idle { shared: self, number: None };
        poll_fn(|cx| {
            let now = self.clock.now();
            let mut state = self.lock();
            if let Some(runnable) = state.ready.pop(now) {
                return Poll::Ready(runnable);
            }
            idle.enter(&mut state, cx.waker());
            Poll::Pending
        })
        .await
    }
}

/// Somebody who waits: leaves the queue when dropped, and passes on a wake-up that came too late.
struct Idle<'a, P: Policy<Runnable>, C> {
    shared: &'a Shared<P, C>,
    number: Option<u64>,
}

impl<P: Policy<Runnable>, C> Idle<'_, P, C> {
    fn enter(&mut self, state: &mut State<P>, waker: &Waker) {
        if let Some(place) = state.idle.iter_mut().find(|(number, _)| Some(*number) == self.number)
        {
            place.1.clone_from(waker);
            return;
        }
        self.number = Some(state.next);
        state.idle.push_back((state.next, waker.clone()));
        state.next += 1;
    }
}

impl<P: Policy<Runnable>, C> Drop for Idle<'_, P, C> {
    fn drop(&mut self) {
        let Some(own) = self.number else { return };
        let mut state = self.shared.lock();
        let before = state.idle.len();
        state.idle.retain(|(number, _)| *number != own);
        let was_woken = state.idle.len() == before;
        let other = match was_woken && !state.ready.is_empty() {
            true => state.idle.pop_front(),
            false => None,
        };
        drop(state);
        if let Some((_, waker)) = other {
            waker.wake();
        }
    }
}

/// A future that was spawned; it is counted until this is dropped.
struct Alive<P, C>(Weak<Shared<P, C>>);

impl<P, C> Drop for Alive<P, C> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.lock().alive -= 1;
        }
    }
}

impl<P, C> Clone for PolicyExecutor<P, C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P, C> fmt::Debug for PolicyExecutor<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alive = self.shared.lock().alive;
        f.debug_struct("PolicyExecutor").field("futures", &alive).finish_non_exhaustive()
    }
}

/// As many as async-executor polls in a row.
const TURN: usize = 200;

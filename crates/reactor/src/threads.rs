//! A bounded pool of threads for work that blocks.

use std::{
    collections::VecDeque,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use futures_channel::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// How long a thread without work stays.
const IDLE: Duration = Duration::from_secs(10);

/// A pool of at most so many threads. They are started when there is work and end when there has
/// been none for ten seconds.
///
/// ```
/// use ropewalk_reactor::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let answer = pool.run(|| 6 * 7);
/// assert_eq!(futures_lite::future::block_on(answer), Some(42));
/// ```
#[derive(Clone)]
pub struct ThreadPool {
    inner: Arc<Inner>,
}

/// The lock is held to add or take a job.
struct Inner {
    state: Mutex<State>,
    work: Condvar,
    most: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

impl ThreadPool {
    /// A pool of at most `most` threads (at least one).
    #[must_use]
    pub fn new(most: usize) -> Self {
        let (state, work) = (Mutex::default(), Condvar::new());
        Self { inner: Arc::new(Inner { state, work, most: most.max(1) }) }
    }

    /// Calls `call` on one of the threads and gives its result; `None` when it panicked. Dropping
    /// the future does not stop the call.
    pub fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (tell, hear) = oneshot::channel();
        self.push(Box::new(move || {
            // Nobody may be waiting any more; then the result is dropped.
            let _ = tell.send(call());
        }));
        async move { hear.await.ok() }
    }

    fn push(&self, job: Job) {
        let mut state = self.inner.lock();
        state.jobs.push_back(job);
        let start = state.idle < state.jobs.len() && state.threads < self.inner.most;
        if start {
            state.threads += 1;
        }
        drop(state);
        if start {
            let inner = Arc::clone(&self.inner);
            let started =
                thread::Builder::new().name("ropewalk-worker".into()).spawn(move || inner.serve());
            if let Err(error) = started {
                self.inner.lock().threads -= 1;
                tracing::error!(%error, "cannot start a thread; the others take its work");
            }
        }
        self.inner.work.notify_one();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Jobs run outside the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        while let Some(job) = self.next() {
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!("a call in a thread panicked");
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state.idle += 1;
            let (next, waited) =
                self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }
}

impl std::fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadPool").field("most", &self.inner.most).finish_non_exhaustive()
    }
}

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

/// A pool of threads: never more than a maximum, and a minimum that always stands by. Further ones
/// are started when there is work and end when there has been none for ten seconds. There may be
/// several pools, so that one kind of work does not wait for another.
///
/// When the last clone of this is dropped, its threads do what is waiting, and end.
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
    _closes: Arc<Closes>,
}

/// What all clones of a pool share, and its threads do not.
struct Closes(Arc<Inner>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.work.notify_all();
    }
}

/// The lock is held to add or take a job.
struct Inner {
    state: Mutex<State>,
    work: Condvar,
    least: usize,
    most: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl ThreadPool {
    /// A pool of at most `most` threads (at least one).
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self::between(0, most)
    }

    /// A pool of at least `least` threads, which start now and wait for work, and at most `most` (at
    /// least one, and no fewer than `least`).
    ///
    /// ```
    /// use ropewalk_reactor::ThreadPool;
    ///
    /// let (files, passwords) = (ThreadPool::between(1, 8), ThreadPool::between(0, 2));
    /// assert_eq!(files.threads(), 1);
    /// assert_eq!(passwords.threads(), 0);
    /// ```
    #[must_use]
    pub fn between(least: usize, most: usize) -> Self {
        let (state, work) = (Mutex::default(), Condvar::new());
        let inner = Arc::new(Inner { state, work, least, most: most.max(least).max(1) });
        let pool = Self { _closes: Arc::new(Closes(Arc::clone(&inner))), inner };
        for _ in 0..least {
            pool.inner.lock().threads += 1;
            pool.start_one();
        }
        pool
    }

    /// Threads that it has now.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.inner.lock().threads
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
            self.start_one();
        }
        self.inner.work.notify_one();
    }

    /// Starts a thread that is counted already.
    fn start_one(&self) {
        let inner = Arc::clone(&self.inner);
        let started =
            thread::Builder::new().name("ropewalk-worker".into()).spawn(move || inner.serve());
        if let Err(error) = started {
            self.inner.lock().threads -= 1;
            tracing::error!(%error, "cannot start a thread; the others take its work");
        }
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
            if state.closed {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            let (next, waited) =
                self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() && state.threads > self.least {
                state.threads -= 1;
                return None;
            }
        }
    }
}

impl std::fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadPool")
            .field("least", &self.inner.least)
            .field("most", &self.inner.most)
            .finish_non_exhaustive()
    }
}

//! Starting and stopping, the same for both reactors: state, triggers, and how long things may take.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use futures_channel::oneshot;
use ropewalk_clock::{Alarm, Clock};
use ropewalk_protocol::{Phase, Timers};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How a reactor is made.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_reactor::Settings;
///
/// let settings = Settings { threads: 2, ..Settings::default() };
/// assert_eq!(settings.shutdown, Duration::from_secs(10));
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that serve connections; at least one.
    pub threads: usize,
    /// Threads at most for work that blocks.
    pub workers: usize,
    /// Threads for it that stand by also when there is none.
    pub idle_workers: usize,
    /// How long a shutdown may take in each of its steps: the triggers before it, what connections
    /// have still to send, the triggers after it.
    pub shutdown: Duration,
    /// Whether SIGINT and SIGTERM stop the reactor.
    pub signals: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threads: 1,
            workers: 16,
            idle_workers: 0,
            shutdown: Duration::from_secs(10),
            signals: true,
        }
    }
}

const NEW: u8 = 0;
const RUNNING: u8 = 1;
const STOPPING: u8 = 2;
/// Connections are being closed, or are: no new ones.
const CLOSED: u8 = 3;
const OVER: u8 = 4;

/// Where a reactor is between its start and its end, and what is to happen at each.
#[derive(Default)]
pub(crate) struct Lifecycle {
    state: AtomicU8,
    /// It was to stop before it had begun.
    stopped_early: AtomicBool,
    /// Held to add a job or take all of a phase.
    triggers: Mutex<Vec<(Phase, Job)>>,
}

impl Lifecycle {
    /// Begins; false when it has begun before.
    pub(crate) fn begin(&self) -> bool {
        self.turn(NEW, RUNNING)
    }

    /// Begins to stop; false when that is under way already, or nothing runs. Before the start it is
    /// noted for then.
    pub(crate) fn begin_to_stop(&self) -> bool {
        self.stopped_early.store(true, Ordering::SeqCst);
        self.turn(RUNNING, STOPPING)
    }

    /// Whether it was told to stop before it began.
    pub(crate) fn is_to_stop(&self) -> bool {
        self.stopped_early.load(Ordering::SeqCst)
    }

    /// No new connections from now on.
    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) >= CLOSED
    }

    pub(crate) fn end(&self) {
        self.state.store(OVER, Ordering::Release);
    }

    pub(crate) fn is_running(&self) -> bool {
        (RUNNING..OVER).contains(&self.state.load(Ordering::Acquire))
    }

    pub(crate) fn add(&self, phase: Phase, job: Job) {
        self.lock().push((phase, job));
    }

    /// The jobs of a phase, in the order in which they were added.
    pub(crate) fn take(&self, phase: Phase) -> Vec<Job> {
        self.lock().extract_if(.., |(at, _)| *at == phase).map(|(_, job)| job).collect()
    }

    fn turn(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Phase, Job)>> {
        // Jobs are only moved under the lock.
        self.triggers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for all of `jobs`, but no longer than `limit`.
pub(crate) async fn all(jobs: Vec<Job>, clock: impl Clock, limit: Duration) {
    let count = jobs.len();
    let jobs = async {
        for job in jobs {
            job.await;
        }
        true
    };
    let late = async {
        clock.sleep_until(clock.now() + limit).await;
        false
    };
    if count > 0 && !futures_lite::future::or(jobs, late).await {
        tracing::warn!(?limit, "shutdown triggers took too long and were given up");
    }
}

/// The clock of a reactor: the machine's, with waits among the reactor's delayed calls.
#[derive(Clone, Debug)]
pub struct ReactorClock {
    pub(crate) timers: Timers,
}

impl Clock for ReactorClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static {
        let timers = self.timers.clone();
        async move {
            let (tell, hear) = oneshot::channel();
            let call = timers.call_at(at, move || {
                let _ = tell.send(()); // nobody waits any more
            });
            let cancel = CancelOnDrop(call);
            let _ = hear.await; // an error: the reactor is gone, and time with it
            drop(cancel);
        }
    }

    fn wake_at(&self, at: Instant, waker: Waker) -> Alarm {
        Alarm::new(CancelOnDrop(self.timers.call_at(at, move || waker.wake())))
    }
}

struct CancelOnDrop(ropewalk_protocol::DelayedCall);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let _ = self.0.cancel(); // an error: it has been called
    }
}

/// Calls code that is not ours; a panic is logged and goes no further.
pub(crate) fn guard(what: &str, call: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        tracing::error!("{what} panicked");
    }
}

/// A future whose panic is logged and goes no further.
#[cfg(feature = "async-io")]
pub(crate) struct Guarded<F> {
    what: &'static str,
    future: Pin<Box<F>>,
}

#[cfg(feature = "async-io")]
impl<F> Guarded<F> {
    pub(crate) fn new(what: &'static str, future: F) -> Self {
        Self { what, future: Box::pin(future) }
    }
}

#[cfg(feature = "async-io")]
impl<F: Future<Output = ()>> Future for Guarded<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let future = self.future.as_mut();
        catch_unwind(AssertUnwindSafe(|| future.poll(cx))).unwrap_or_else(|_| {
            tracing::error!("{} panicked", self.what);
            Poll::Ready(())
        })
    }
}

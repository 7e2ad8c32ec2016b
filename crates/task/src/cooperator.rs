//! Many iterators that share one loop.

use std::{
    fmt::{self, Display},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_deferred::{Answer, Deferred, Failure};

use crate::{
    DelayedCall, Slice, Task, TaskError,
    cooperator::{
        job::Job,
        rota::{Rota, Spot},
        steps::{Held, Stepped, Steps},
    },
    later::call_later,
};

mod job;
mod rota;
pub(crate) mod slice;
mod steps;
pub(crate) mod task;

/// Runs many iterators a step at a time, round robin, in slices of time between which everything
/// else has its turn.
///
/// A step is one item of the iterator. What the item is says how it goes on: `Ok` for the next step,
/// `Err` for a failure, which ends the task, and a [`Deferred`] for something that the task waits
/// for. Clones are handles to the same cooperator.
///
/// ```
/// use std::{sync::{Arc, Mutex}, time::Duration};
/// use ropewalk_clock::ManualClock;
/// use ropewalk_deferred::{Failure, success_result_of};
/// use ropewalk_task::{Cooperator, Slice};
///
/// let (clock, log) = (ManualClock::new(), Arc::new(Mutex::new(String::new())));
/// let cooperator = Cooperator::<String>::new(&clock, Slice::steps(2), Duration::ZERO);
/// let work = |letter: char| {
///     let log = log.clone();
///     (0..3).map(move |_| {
///         log.lock().unwrap().push(letter);
///         Ok::<_, Failure<String>>(())
///     })
/// };
/// let (a, b) = (cooperator.cooperate(work('a')), cooperator.cooperate(work('b')));
/// clock.pump([Duration::ZERO; 10]);
/// assert_eq!(*log.lock().unwrap(), "ababab");
/// success_result_of(a.when_done());
/// success_result_of(b.when_done());
/// ```
pub struct Cooperator<E> {
    shared: Arc<Shared<E>>,
}

/// The lock is held to change the state, never while a step is made or a Deferred fired.
struct Shared<E> {
    state: Mutex<State<E>>,
    /// Has [`tick`](Shared::tick) called later.
    later: Later<E>,
    slice: Mutex<Slice>,
}

type Later<E> = Box<dyn Fn(Arc<Shared<E>>) -> DelayedCall + Send + Sync>;

struct State<E> {
    rota: Rota<Arc<Job<E>>>,
    scheduled: Option<DelayedCall>,
    running: Running,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Running {
    /// It was not started yet.
    NotYet,
    Yes,
    Stopped,
}

impl<E: Clone + Display + Send + 'static> Cooperator<E> {
    /// One that runs: whenever there are tasks, it makes steps for as long as `slice` lets it, and
    /// again after `delay`.
    pub fn new<C: Clock>(clock: &C, slice: Slice, delay: Duration) -> Self {
        let cooperator = Self::stopped(clock, slice, delay);
        cooperator.start();
        cooperator
    }

    /// The same, not started yet: tasks are taken, and wait for [`start`](Self::start).
    pub fn stopped<C: Clock>(clock: &C, slice: Slice, delay: Duration) -> Self {
        let state = State { rota: Rota::default(), scheduled: None, running: Running::NotYet };
        let clock = clock.clone();
        let later: Later<E> = Box::new(move |shared: Arc<Shared<E>>| {
            call_later(&clock, delay, move || shared.tick())
        });
        let (state, slice) = (Mutex::new(state), Mutex::new(slice));
        Self { shared: Arc::new(Shared { state, later, slice }) }
    }

    /// Adds a task. It is stepped in turn with the others, whether or not the handle is kept.
    ///
    /// On a cooperator that was stopped it has failed with [`TaskError::SchedulerStopped`] when this
    /// returns.
    pub fn cooperate<I>(&self, iterator: I) -> Task<E>
    where
        I: Iterator<Item: Answer<E, Value: Send + 'static>> + Send + 'static,
    {
        self.add(Box::new(Steps::new(iterator)))
    }

    /// Adds a task; the Deferred gives the iterator back when it is exhausted.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ropewalk_clock::ManualClock;
    /// use ropewalk_deferred::{Failure, success_result_of};
    /// use ropewalk_task::{Cooperator, Slice};
    ///
    /// let clock = ManualClock::new();
    /// let cooperator = Cooperator::<String>::new(&clock, Slice::default(), Duration::ZERO);
    /// let squares = (1..=3).map(|n: u32| Ok::<_, Failure<String>>(n * n));
    /// let done = cooperator.coiterate(squares);
    /// clock.advance(Duration::ZERO);
    /// assert_eq!(success_result_of(done).next().is_none(), true);
    /// ```
    pub fn coiterate<I>(&self, iterator: I) -> Deferred<I, TaskError<E>>
    where
        I: Iterator<Item: Answer<E, Value: Send + 'static>> + Send + 'static,
    {
        let held = Arc::new(Mutex::new(Some(iterator)));
        let task = self.add(Box::new(Steps::new(Held(Arc::clone(&held)))));
        task.when_done().add_callback(move |()| {
            // It is there: only this takes it, once.
            let iterator = held.lock().unwrap_or_else(PoisonError::into_inner).take();
            iterator.ok_or(Failure::Abandoned)
        })
    }

    /// Starts, also again after a stop.
    pub fn start(&self) {
        let mut state = self.shared.lock();
        state.running = Running::Yes;
        self.shared.schedule(&mut state);
    }

    /// Stops. All tasks fail with [`TaskError::SchedulerStopped`], as do those that are added, or
    /// resumed, from now on.
    pub fn stop(&self) {
        let mut state = self.shared.lock();
        state.running = Running::Stopped;
        let jobs = state.rota.clear();
        let scheduled = state.scheduled.take();
        drop(state);
        cancel(scheduled);
        for job in jobs {
            job.end(Err(TaskError::SchedulerStopped));
        }
    }

    /// Whether it was started and not stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.lock().running == Running::Yes
    }

    fn add(&self, steps: Box<dyn Stepped<E>>) -> Task<E> {
        let job = Arc::new(Job::new(Arc::clone(&self.shared), steps));
        self.shared.enter(&job);
        Task::new(job)
    }
}

impl<E> Clone for Cooperator<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<E> fmt::Debug for Cooperator<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("Cooperator")
            .field("running", &state.running)
            .field("tasks", &state.rota.len())
            .finish_non_exhaustive()
    }
}

impl<E> Shared<E> {
    fn lock(&self) -> MutexGuard<'_, State<E>> {
        // Nothing of a caller runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Clone + Display + Send + 'static> Shared<E> {
    /// Puts a task at the end of the list.
    fn enter(self: &Arc<Self>, job: &Arc<Job<E>>) {
        let mut state = self.lock();
        if state.running == Running::Stopped {
            drop(state);
            return job.end(Err(TaskError::SchedulerStopped));
        }
        job.take_place(|| state.rota.push(Arc::clone(job)));
        self.schedule(&mut state);
    }

    /// Takes a task off the list; with the last one goes the tick.
    fn leave(&self, spot: Spot) {
        let mut state = self.lock();
        let Some(job) = state.rota.remove(spot) else { return };
        let scheduled = if state.rota.is_empty() { state.scheduled.take() } else { None };
        drop(state);
        drop(job);
        cancel(scheduled);
    }

    /// Makes steps for one slice.
    fn tick(self: &Arc<Self>) {
        self.lock().scheduled = None;
        let _again = Again(self);
        let mut slice = self.slice.lock().unwrap_or_else(PoisonError::into_inner).begin();
        loop {
            let Some(job) = self.lock().rota.take() else { break };
            job.step();
            if slice.is_over() {
                break;
            }
        }
    }

    fn schedule(self: &Arc<Self>, state: &mut State<E>) {
        if state.running == Running::Yes && state.scheduled.is_none() && !state.rota.is_empty() {
            state.scheduled = Some((self.later)(Arc::clone(self)));
        }
    }
}

/// Has the next tick scheduled at the end of one, also when a step panics.
struct Again<'a, E: Clone + Display + Send + 'static>(&'a Arc<Shared<E>>);

impl<E: Clone + Display + Send + 'static> Drop for Again<'_, E> {
    fn drop(&mut self) {
        self.0.schedule(&mut self.0.lock());
    }
}

fn cancel(scheduled: Option<DelayedCall>) {
    if let Some(call) = scheduled {
        let _ = call.cancel(); // an error: it is being called, and will find nothing to do
    }
}

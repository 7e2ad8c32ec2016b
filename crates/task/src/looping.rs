//! The same call again and again.

use std::{
    convert::Infallible,
    fmt::{self, Display},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_deferred::{Answer, Answered, Deferred, Outcome, Resolver};
use thiserror::Error;

use crate::{
    Work,
    looping::{beat::Beat, grid::Grid},
    watched::watched,
};

mod beat;
mod grid;

/// Calls a function every so often, on a grid of times that does not drift.
///
/// The calls are due at the start plus whole multiples of the interval. One that takes longer, or
/// whose Deferred fires later, skips the times that have passed. An interval of zero calls again as
/// soon as the clock can. When the function fails, or its Deferred does, the loop ends.
///
/// Functions may return a result or a Deferred; [`with_futures`](Self::with_futures) is for those
/// that return futures. Clones are handles to the same loop. It goes on when they are dropped.
///
/// ```
/// use std::{sync::{Arc, atomic::{AtomicU32, Ordering}}, time::Duration};
/// use ropewalk_clock::ManualClock;
/// use ropewalk_deferred::success_result_of;
/// use ropewalk_task::{First, LoopingCall};
///
/// let (clock, calls) = (ManualClock::new(), Arc::new(AtomicU32::new(0)));
/// let counts = calls.clone();
/// let heartbeat = LoopingCall::<_, String>::new(&clock, move || {
///     counts.fetch_add(1, Ordering::Relaxed);
///     Ok(())
/// });
/// let stopped = heartbeat.start(Duration::from_secs(1), First::Now)?;
/// clock.pump([Duration::from_millis(500); 4]);
/// assert_eq!(calls.load(Ordering::Relaxed), 3);
/// heartbeat.stop()?;
/// success_result_of(stopped);
/// # Ok::<(), ropewalk_task::LoopError>(())
/// ```
pub struct LoopingCall<C: Clock, E> {
    shared: Arc<Shared<C, E>>,
}

/// When a loop makes its first call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum First {
    /// At once, before [`LoopingCall::start`] returns.
    Now,
    /// After one interval.
    Later,
}

/// What a loop that counts counts when it is stopped and started again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counting {
    /// Only the intervals while it runs.
    WhileRunning,
    /// All intervals since the last call, those while it was stopped included.
    SinceLastCall,
}

/// A loop is not in the state that was asked for.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum LoopError {
    /// It was to be started.
    #[error("the looping call runs already")]
    Running,
    /// It was to be started again while the last call before its stop has not ended.
    #[error("the looping call was stopped, and its last call has not ended")]
    Calling,
    /// It was to be stopped or reset.
    #[error("the looping call does not run")]
    NotRunning,
}

type Function<E> = Box<dyn FnMut(u64) -> Answered<(), E> + Send>;

/// The lock is held to change the state, never while the function is called or a Deferred fired.
struct Shared<C: Clock, E> {
    clock: C,
    state: Mutex<State<C, E>>,
}

struct State<C: Clock, E> {
    /// Taken while it is called.
    function: Option<Function<E>>,
    counting: Option<Counting>,
    grid: Grid,
    beat: Beat,
    running: bool,
    stopped: Option<Resolver<LoopingCall<C, E>, E>>,
}

impl<C: Clock, E: Display + Send + 'static> LoopingCall<C, E> {
    /// Will call `f`.
    pub fn new<A: Answer<E>>(clock: &C, mut f: impl FnMut() -> A + Send + 'static) -> Self
    where
        A::Value: Send + 'static,
    {
        Self::made(clock, None, Box::new(move |_| plain(f())))
    }

    /// Will call `f` with the number of intervals that have begun since the call before: normally
    /// 1, more when calls were skipped, never 0. With an interval of zero it is always 1.
    ///
    /// ```
    /// use std::{sync::mpsc, time::Duration};
    /// use ropewalk_clock::ManualClock;
    /// use ropewalk_task::{Counting, First, LoopingCall};
    ///
    /// let (clock, (says, hears)) = (ManualClock::new(), mpsc::channel());
    /// let frames = LoopingCall::<_, String>::with_count(&clock, Counting::WhileRunning, move |n| {
    ///     says.send(n).unwrap();
    ///     Ok(())
    /// });
    /// let _stopped = frames.start(Duration::from_secs(1), First::Later)?;
    /// clock.pump([Duration::from_secs(1), Duration::from_secs(3)]);
    /// assert_eq!(hears.try_iter().collect::<Vec<_>>(), [1, 3]);
    /// # Ok::<(), ropewalk_task::LoopError>(())
    /// ```
    pub fn with_count<A: Answer<E>>(
        clock: &C,
        counting: Counting,
        mut f: impl FnMut(u64) -> A + Send + 'static,
    ) -> Self
    where
        A::Value: Send + 'static,
    {
        Self::made(clock, Some(counting), Box::new(move |count| plain(f(count))))
    }

    /// Will call `f`, and give the future that it returns to `spawn`, which runs it.
    ///
    /// A future that is dropped before its end, because its executor is, ends the loop with
    /// [`Failure::Abandoned`](ropewalk_deferred::Failure::Abandoned).
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use async_executor::Executor;
    /// use ropewalk_clock::ManualClock;
    /// use ropewalk_task::{First, LoopingCall};
    ///
    /// let (clock, executor) = (ManualClock::new(), Arc::new(Executor::new()));
    /// let runs = executor.clone();
    /// let polling = LoopingCall::<_, String>::with_futures(
    ///     &clock,
    ///     move |work| runs.spawn(work).detach(),
    ///     || async { Ok(()) },
    /// );
    /// let _stopped = polling.start(Duration::from_secs(1), First::Now)?;
    /// assert!(executor.try_tick(), "there is a call's future to run");
    /// # Ok::<(), ropewalk_task::LoopError>(())
    /// ```
    pub fn with_futures<W>(
        clock: &C,
        spawn: impl Fn(Work) + Send + 'static,
        mut f: impl FnMut() -> W + Send + 'static,
    ) -> Self
    where
        W: Future<Output = Outcome<(), E>> + Send + 'static,
    {
        let call = move |_| {
            let (deferred, resolver) = Deferred::pending();
            let work = watched(f(), move |outcome| {
                let _ = resolver.fire(outcome); // an error: it was cancelled
            });
            spawn(Box::pin(work));
            Answered::Later(deferred)
        };
        Self::made(clock, None, Box::new(call))
    }

    fn made(clock: &C, counting: Option<Counting>, function: Function<E>) -> Self {
        let state = State {
            function: Some(function),
            counting,
            grid: Grid::new(clock.now()),
            beat: Beat::Idle,
            running: false,
            stopped: None,
        };
        Self { shared: Arc::new(Shared { clock: clock.clone(), state: Mutex::new(state) }) }
    }

    /// Starts. The Deferred fires with the loop when it is stopped and its last call has ended, or
    /// with the failure that ended it.
    ///
    /// # Errors
    /// It runs, or the last call before its stop has not ended.
    #[track_caller]
    pub fn start(&self, interval: Duration, first: First) -> Result<Deferred<Self, E>, LoopError> {
        let now = self.shared.clock.now();
        let (deferred, resolver) = Deferred::pending();
        let mut state = self.shared.lock();
        if state.running {
            return Err(LoopError::Running);
        }
        if matches!(state.beat, Beat::Calling) {
            return Err(LoopError::Calling);
        }
        state.running = true;
        state.stopped = Some(resolver);
        let keeps = state.counting == Some(Counting::SinceLastCall);
        state.grid.start(now, interval, first, keeps);
        match first {
            First::Now => self.shared.call(state, now),
            First::Later => self.shared.schedule(&mut state, now),
        }
        Ok(deferred)
    }

    /// Makes no further call. Between two calls this fires the Deferred of
    /// [`start`](Self::start); during one, the end of the call will.
    ///
    /// # Errors
    /// It does not run.
    pub fn stop(&self) -> Result<(), LoopError> {
        let mut state = self.shared.lock();
        if !state.running {
            return Err(LoopError::NotRunning);
        }
        state.running = false;
        let alarm = state.beat.interrupt();
        let stopped = alarm.as_ref().and_then(|_| state.stopped.take());
        drop(state);
        drop(alarm);
        if let Some(stopped) = stopped {
            let _ = stopped.succeed(self.clone()); // an error: it was cancelled
        }
        Ok(())
    }

    /// Begins the grid anew: the next call is one interval from now. During a call it changes
    /// nothing.
    ///
    /// # Errors
    /// It does not run.
    pub fn reset(&self) -> Result<(), LoopError> {
        let now = self.shared.clock.now();
        let mut state = self.shared.lock();
        if !state.running {
            return Err(LoopError::NotRunning);
        }
        let alarm = state.beat.interrupt();
        if alarm.is_some() {
            state.grid.reset(now);
            self.shared.schedule(&mut state, now);
        }
        drop(state);
        drop(alarm);
        Ok(())
    }

    /// Whether it was started and has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.lock().running
    }

    /// The interval it was last started with, zero before.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.shared.lock().grid.interval()
    }

    /// Whether a call is under way: its function runs, or what it returned has not fired.
    #[must_use]
    pub fn is_calling(&self) -> bool {
        matches!(self.shared.lock().beat, Beat::Calling)
    }
}

impl<C: Clock, E> Clone for LoopingCall<C, E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C: Clock, E> fmt::Debug for LoopingCall<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("LoopingCall")
            .field("running", &state.running)
            .field("interval", &state.grid.interval())
            .finish_non_exhaustive()
    }
}

impl<C: Clock, E> Shared<C, E> {
    fn lock(&self) -> MutexGuard<'_, State<C, E>> {
        // Nothing of a caller runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer whose value does not matter.
pub(crate) fn plain<E, A>(answer: A) -> Answered<(), E>
where
    E: Display + Send + 'static,
    A: Answer<E>,
    A::Value: Send + 'static,
{
    match answer.answered() {
        Answered::Now(outcome) => Answered::Now(outcome.map(drop)),
        Answered::Later(deferred) => Answered::Later(deferred.add_callback(|_| Ok(()))),
    }
}

/// Has `then` called with what comes of a Deferred, also when that is given up.
pub(crate) fn when_over<E: Display + Send + 'static>(
    deferred: Deferred<(), E>,
    then: impl FnOnce(Outcome<(), E>) + Send + 'static,
) {
    let last = crate::watched::Last::new(then);
    drop(deferred.add_both(move |outcome| {
        last.call(outcome);
        Ok::<_, ropewalk_deferred::Failure<Infallible>>(())
    }));
}

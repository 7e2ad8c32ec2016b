//! One call, later.

use std::{
    fmt::{self, Display},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Wake, Waker},
    time::{Duration, Instant},
};

use ropewalk_clock::{Alarm, Clock};
use ropewalk_deferred::{Answer, Deferred, Failure, Resolver};
use thiserror::Error;

/// Calls `call` after `delay`, wherever the clock makes its calls.
///
/// What is due at the same time is called in the order in which it was scheduled.
///
/// ```
/// use std::{sync::mpsc, time::Duration};
/// use ropewalk_clock::ManualClock;
/// use ropewalk_task::call_later;
///
/// let (clock, (says, hears)) = (ManualClock::new(), mpsc::channel());
/// let call = call_later(&clock, Duration::from_secs(2), move || says.send("now").unwrap());
/// clock.advance(Duration::from_secs(1));
/// call.delay(Duration::from_secs(1))?;
/// clock.advance(Duration::from_secs(1));
/// assert!(hears.try_recv().is_err(), "a second is left");
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(hears.try_recv(), Ok("now"));
/// # Ok::<(), ropewalk_task::NotPending>(())
/// ```
pub fn call_later<C: Clock>(
    clock: &C,
    delay: Duration,
    call: impl FnOnce() + Send + 'static,
) -> DelayedCall {
    let at = after(clock.now(), delay);
    let state = State { at, alarm: None, call: Some(call), over: None };
    let shared = Arc::new(Shared { clock: clock.clone(), state: Mutex::new(state) });
    shared.arm(&mut shared.lock());
    DelayedCall { shared }
}

/// Calls `f` after `delay`; the Deferred has what it comes to. Cancelling that before makes the
/// call not happen.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::ManualClock;
/// use ropewalk_deferred::success_result_of;
/// use ropewalk_task::defer_later;
///
/// let clock = ManualClock::new();
/// let answer = defer_later::<_, String, _>(&clock, Duration::from_secs(1), || Ok(42));
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(success_result_of(answer), 42);
/// ```
#[track_caller]
pub fn defer_later<C, E, A>(
    clock: &C,
    delay: Duration,
    f: impl FnOnce() -> A + Send + 'static,
) -> Deferred<A::Value, E>
where
    C: Clock,
    E: Display + Send + 'static,
    A: Answer<E>,
    A::Value: Send + 'static,
{
    let later = Arc::new(Later { resolver: Mutex::new(None), call: OnceLock::new() });
    let cancels = Arc::clone(&later);
    let (deferred, resolver) = Deferred::<(), E>::cancellable(move |fires| {
        // Kept until it has fired, for without a resolver the Deferred would be given up.
        let resolver = cancels.take();
        if let Some(call) = cancels.call.get() {
            let _ = call.cancel(); // an error: it is being called
        }
        let _ = fires.fire(Err(Failure::Cancelled)); // an error: the call has fired it
        drop(resolver);
    });
    *later.resolver.lock().unwrap_or_else(PoisonError::into_inner) = Some(resolver);
    let calls = Arc::clone(&later);
    let call = call_later(clock, delay, move || {
        if let Some(resolver) = calls.take() {
            let _ = resolver.succeed(()); // an error: it was cancelled meanwhile
        }
    });
    let _ = later.call.set(call); // it is empty: nobody else sets it
    deferred.add_callback(move |()| f())
}

/// What the call of [`defer_later`] and its canceller share.
struct Later<E> {
    /// Locked to take it out.
    resolver: Mutex<Option<Resolver<(), E>>>,
    call: OnceLock<DelayedCall>,
}

impl<E> Later<E> {
    fn take(&self) -> Option<Resolver<(), E>> {
        self.resolver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A call that will be made, unless it is cancelled. Dropping this changes nothing.
///
/// Clones are handles to the same call.
#[derive(Clone)]
pub struct DelayedCall {
    shared: Arc<dyn Pending>,
}

/// The call will not be made any more, or was made.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum NotPending {
    /// It was made before.
    #[error("the call has already been made")]
    AlreadyCalled,
    /// It was cancelled before.
    #[error("the call has already been cancelled")]
    AlreadyCancelled,
}

impl DelayedCall {
    /// Makes the call not happen.
    ///
    /// # Errors
    /// It has happened, or was cancelled before.
    pub fn cancel(&self) -> Result<(), NotPending> {
        self.shared.cancel()
    }

    /// Makes it happen `delay` from now.
    ///
    /// # Errors
    /// It has happened, or was cancelled.
    pub fn reset(&self, delay: Duration) -> Result<(), NotPending> {
        Arc::clone(&self.shared).set(Due::FromNow(delay))
    }

    /// Makes it happen `delay` later than it would have.
    ///
    /// # Errors
    /// It has happened, or was cancelled.
    pub fn delay(&self, delay: Duration) -> Result<(), NotPending> {
        Arc::clone(&self.shared).set(Due::Later(delay))
    }

    /// When it will happen, or would have, or has.
    #[must_use]
    pub fn time(&self) -> Instant {
        self.shared.time()
    }

    /// Whether it will still happen.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.shared.is_active()
    }
}

impl fmt::Debug for DelayedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayedCall")
            .field("time", &self.time())
            .field("active", &self.is_active())
            .finish()
    }
}

enum Due {
    FromNow(Duration),
    Later(Duration),
}

/// A delayed call with its clock and function left aside.
trait Pending: Send + Sync {
    fn cancel(&self) -> Result<(), NotPending>;
    fn set(self: Arc<Self>, due: Due) -> Result<(), NotPending>;
    fn time(&self) -> Instant;
    fn is_active(&self) -> bool;
}

/// The lock is held to change the state and to set the alarm, never during the call.
struct Shared<C, F> {
    clock: C,
    state: Mutex<State<F>>,
}

struct State<F> {
    at: Instant,
    alarm: Option<Alarm>,
    call: Option<F>,
    over: Option<NotPending>,
}

impl<C: Clock, F: FnOnce() + Send + 'static> Shared<C, F> {
    fn lock(&self) -> MutexGuard<'_, State<F>> {
        // Nothing of a caller runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arm(self: &Arc<Self>, state: &mut State<F>) {
        state.alarm = Some(self.clock.wake_at(state.at, Waker::from(Arc::clone(self))));
    }
}

impl<C: Clock, F: FnOnce() + Send + 'static> Wake for Shared<C, F> {
    fn wake(self: Arc<Self>) {
        let now = self.clock.now();
        let mut state = self.lock();
        if now < state.at {
            return; // it was put off meanwhile
        }
        let (call, alarm) = (state.call.take(), state.alarm.take());
        state.over.get_or_insert(NotPending::AlreadyCalled);
        drop(state);
        drop(alarm);
        if let Some(call) = call {
            call();
        }
    }
}

impl<C: Clock, F: FnOnce() + Send + 'static> Pending for Shared<C, F> {
    fn cancel(&self) -> Result<(), NotPending> {
        let mut state = self.lock();
        if let Some(over) = state.over {
            return Err(over);
        }
        state.over = Some(NotPending::AlreadyCancelled);
        let dropped = (state.call.take(), state.alarm.take());
        drop(state);
        drop(dropped);
        Ok(())
    }

    fn set(self: Arc<Self>, due: Due) -> Result<(), NotPending> {
        let now = self.clock.now();
        let mut state = self.lock();
        if let Some(over) = state.over {
            return Err(over);
        }
        state.at = match due {
            Due::FromNow(delay) => after(now, delay),
            Due::Later(delay) => after(state.at, delay),
        };
        let before = state.alarm.take();
        self.arm(&mut state);
        drop(state);
        drop(before);
        Ok(())
    }

    fn time(&self) -> Instant {
        self.lock().at
    }

    fn is_active(&self) -> bool {
        self.lock().over.is_none()
    }
}

/// `delay` after `at`; what no clock could ever show is a century away.
pub(crate) fn after(at: Instant, delay: Duration) -> Instant {
    at.checked_add(delay).unwrap_or_else(|| at + CENTURY)
}

const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

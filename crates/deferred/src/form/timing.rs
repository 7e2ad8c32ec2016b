//! Calls that come later, on whatever clock.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use super::kind::{Bound, BoxFuture, Call, Lock, Ref};

/// Tells the time, waits for a point in it, and runs what waits.
///
/// In the form for threads every clock is one, and what waits is polled where the clock wakes it. In
/// the form for one thread it is a clock with a [`Spawn`](super::Spawn): `(clock, spawner)`.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::ManualClock;
/// use ropewalk_deferred::local::{Deferred, Inline};
///
/// let clock = ManualClock::new();
/// let (deferred, _resolver) = Deferred::<u32, String>::pending();
/// let deferred = deferred.add_timeout(&(clock.clone(), Inline), Duration::from_secs(1));
/// clock.advance(Duration::from_secs(1));
/// assert!(deferred.try_take().unwrap().is_err());
/// ```
pub trait Timing {
    /// The time.
    fn now(&self) -> Instant;

    /// Completes at `at`: if that is now, when the clock moves next.
    fn alarm(&self, at: Instant) -> BoxFuture<()>;

    /// Runs a future.
    fn spawn(&self, future: BoxFuture<()>);
}

/// A call to come. Dropping it takes it back.
pub(super) struct Timer {
    shared: Ref<Lock<Shared>>,
}

struct Shared {
    /// Taken out to be polled.
    alarm: Option<BoxFuture<()>>,
    waker: Option<Waker>,
    over: bool,
}

impl Timer {
    /// Calls `call` once `after` has passed. A time beyond what the clock can tell never comes.
    pub(super) fn start(
        timing: &impl Timing,
        after: Duration,
        call: impl FnOnce() + Bound + 'static,
    ) -> Option<Self> {
        let alarm = Some(timing.alarm(timing.now().checked_add(after)?));
        let shared = Ref::new(Lock::new(Shared { alarm, waker: None, over: false }));
        let call: Call = Box::new(call);
        timing.spawn(Box::pin(Waits { shared: Ref::clone(&shared), call: Some(call) }));
        Some(Self { shared })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let (alarm, waker) = self.shared.with(|shared| {
            shared.over = true;
            (shared.alarm.take(), shared.waker.take())
        });
        drop(alarm);
        if let Some(waker) = waker {
            waker.wake(); // so that the future is let go of
        }
    }
}

struct Waits {
    shared: Ref<Lock<Shared>>,
    call: Option<Call>,
}

impl Future for Waits {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = Some(cx.waker().clone());
        let (alarm, _before) = self.shared.with(|shared| match shared.over {
            true => (None, None),
            false => (shared.alarm.take(), std::mem::replace(&mut shared.waker, waker)),
        });
        let Some(mut alarm) = alarm else { return Poll::Ready(()) };
        if alarm.as_mut().poll(cx).is_ready() {
            let _waker = self.shared.with(|shared| shared.waker.take());
            if let Some(call) = self.call.take() {
                call();
            }
            return Poll::Ready(());
        }
        let dropped = self.shared.with(|shared| match shared.over {
            true => Some(alarm),
            false => {
                shared.alarm = Some(alarm);
                None
            }
        });
        match dropped {
            Some(_) => Poll::Ready(()),
            None => Poll::Pending,
        }
    }
}

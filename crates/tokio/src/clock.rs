//! Tokio's clock.

use std::{future::Future, task::Waker, time::Instant};

use ropewalk_clock::{Alarm, Clock};
use tokio::task::AbortHandle;

/// Tokio's clock, which its tests may pause. Its sleeps are awaited, and its alarms set,
/// inside a runtime.
///
/// ```
/// use ropewalk_clock::Clock;
/// use ropewalk_tokio::TokioClock;
///
/// assert!(TokioClock.now() <= TokioClock.now());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    #[expect(clippy::manual_async_fn, reason = "the trait asks for Send and 'static")]
    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static {
        // Made when it is first polled, which is inside a runtime.
        async move { tokio::time::sleep_until(at.into()).await }
    }

    fn wake_at(&self, at: Instant, waker: Waker) -> Alarm {
        let wait = async move {
            tokio::time::sleep_until(at.into()).await;
            waker.wake();
        };
        Alarm::new(AbortOnDrop(tokio::spawn(wait).abort_handle()))
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

//! Tokio's clock.

use std::{future::Future, time::Instant};

use ropewalk_clock::Clock;

/// Tokio's clock, which its tests may pause. Its sleeps are awaited inside a runtime.
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
}

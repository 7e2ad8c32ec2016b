//! The one thing that code may ask about time.

use std::{future::Future, time::Instant};

/// Tells the time, and waits for a point in it.
///
/// Clones are handles to the same clock.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::Clock;
///
/// async fn patiently<C: Clock>(clock: &C) {
///     clock.sleep_until(clock.now() + Duration::from_secs(1)).await;
/// }
/// ```
pub trait Clock: Clone + Send + Sync + 'static {
    /// The time on this clock.
    fn now(&self) -> Instant;

    /// Completes when the clock has reached `at`; at once when it already has.
    ///
    /// Dropping the future forgets the wait.
    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static;

    /// The same, but where `at` has been reached already it completes when the clock moves next,
    /// not when it is first asked. That is what calls with a delay of nothing want. Clocks that
    /// cannot tell the difference complete at once.
    ///
    /// Dropping the future forgets the wait.
    fn alarm(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static {
        self.sleep_until(at)
    }
}

//! What code may ask about time.

use std::{future::Future, task::Waker, time::Instant};

use crate::Alarm;

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

    /// Wakes `waker` when the clock has reached `at`: for those who would rather be called than
    /// awaited, and who set their alarm anew again and again.
    ///
    /// It is woken where the clock's other calls are made, and never before this returns, even when
    /// `at` has passed. Dropping the alarm forgets it.
    ///
    /// ```
    /// use std::{sync::{Arc, Mutex}, task::{Wake, Waker}, time::Duration};
    /// use ropewalk_clock::{Clock, ManualClock};
    ///
    /// #[derive(Default)]
    /// struct Bell(Mutex<u32>);
    /// impl Wake for Bell {
    ///     fn wake(self: Arc<Self>) {
    ///         *self.0.lock().unwrap() += 1;
    ///     }
    /// }
    ///
    /// let (clock, bell) = (ManualClock::new(), Arc::new(Bell::default()));
    /// let alarm = clock.wake_at(clock.now() + Duration::from_secs(1), Waker::from(bell.clone()));
    /// clock.advance(Duration::from_secs(2));
    /// assert_eq!(*bell.0.lock().unwrap(), 1);
    /// # drop(alarm);
    /// ```
    fn wake_at(&self, at: Instant, waker: Waker) -> Alarm;
}

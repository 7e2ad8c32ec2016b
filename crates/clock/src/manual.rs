//! A clock for tests: it stands still until it is moved.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Clock, Sleep,
    sleepers::{Sleepers, Source, State},
};

/// A clock that moves only by [`advance`](Self::advance).
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// let later = clock.now() + Duration::from_millis(5);
/// clock.advance(Duration::from_millis(5));
/// assert_eq!(clock.now(), later);
/// ```
#[derive(Clone)]
pub struct ManualClock {
    hands: Arc<Hands>,
}

struct Hands {
    sleepers: Sleepers,
}

impl ManualClock {
    /// A clock that stands at some arbitrary time.
    #[must_use]
    pub fn new() -> Self {
        Self { hands: Arc::new(Hands { sleepers: Sleepers::new(Instant::now()) }) }
    }

    /// Moves the clock and wakes whatever has become due, in order of due time.
    pub fn advance(&self, by: Duration) {
        let now = self.hands.sleepers.lock().now + by;
        self.hands.sleepers.wake(now);
    }

    /// Moves the clock to `at`, as [`advance`](Self::advance) does; never backwards.
    pub fn advance_to(&self, at: Instant) {
        self.hands.sleepers.wake(at);
    }

    /// When each of the waits is due, the earliest first.
    ///
    /// ```
    /// use std::{pin::pin, task::{Context, Waker}, time::Duration};
    /// use ropewalk_clock::{Clock, ManualClock};
    ///
    /// let clock = ManualClock::new();
    /// let later = clock.now() + Duration::from_secs(1);
    /// let mut sleep = pin!(clock.sleep_until(later));
    /// assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert_eq!(clock.due(), [later]);
    /// ```
    #[must_use]
    pub fn due(&self) -> Vec<Instant> {
        self.hands.sleepers.all()
    }

    /// When the earliest wait is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.hands.sleepers.next()
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.hands.sleepers.lock().now
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static {
        Sleep::new(Arc::clone(&self.hands) as Arc<dyn Source>, at)
    }

    fn alarm(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static {
        Sleep::patient(Arc::clone(&self.hands) as Arc<dyn Source>, at)
    }
}

impl Source for Hands {
    fn sleepers(&self) -> &Sleepers {
        &self.sleepers
    }

    fn now(&self, state: &State) -> Instant {
        state.now
    }
}

impl std::fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManualClock")
            .field("now", &self.hands.sleepers.lock().now)
            .finish_non_exhaustive()
    }
}

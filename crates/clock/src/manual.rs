//! A clock for tests: it stands still until it is moved.

use std::{
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use crate::{
    Alarm, Clock, Sleep,
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

    /// Moves the clock, then wakes whatever is due, in order of due time: also what becomes due
    /// meanwhile. Waits for the same time are over in the order in which they began.
    pub fn advance(&self, by: Duration) {
        let now = self.hands.sleepers.lock().now + by;
        self.hands.sleepers.wake(now);
    }

    /// Moves the clock to `at`, as [`advance`](Self::advance) does; never backwards.
    pub fn advance_to(&self, at: Instant) {
        self.hands.sleepers.wake(at);
    }

    /// Moves the clock several times in a row.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ropewalk_clock::{Clock, ManualClock};
    ///
    /// let clock = ManualClock::new();
    /// let start = clock.now();
    /// clock.pump([Duration::from_secs(1); 10]);
    /// assert_eq!(clock.now() - start, Duration::from_secs(10));
    /// ```
    pub fn pump(&self, steps: impl IntoIterator<Item = Duration>) {
        for step in steps {
            self.advance(step);
        }
    }

    /// Lets time pass without waking anybody, as when a function takes long. Who is due by then is
    /// woken by the next [`advance`](Self::advance), or by the one under way.
    pub fn pass(&self, time: Duration) {
        self.hands.sleepers.lock().now += time;
    }

    /// When the waits are due, the earliest first.
    #[must_use]
    pub fn pending(&self) -> Vec<Instant> {
        self.hands.sleepers.lock().pending()
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

    fn wake_at(&self, at: Instant, waker: Waker) -> Alarm {
        Alarm::sleep(Sleep::queued(Arc::clone(&self.hands) as Arc<dyn Source>, at, waker))
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

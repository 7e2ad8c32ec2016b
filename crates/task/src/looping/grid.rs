//! The times at which a loop is due, and how many of them have passed.

use std::time::{Duration, Instant};

use super::First;
use crate::later::after;

/// Multiples of an interval from a start on.
pub(super) struct Grid {
    start: Instant,
    interval: Duration,
    first: First,
    /// The last call that was counted.
    last: Option<Instant>,
}

impl Grid {
    pub(super) fn new(now: Instant) -> Self {
        Self { start: now, interval: Duration::ZERO, first: First::Later, last: None }
    }

    pub(super) fn start(&mut self, now: Instant, interval: Duration, first: First, keep: bool) {
        let last = self.last.filter(|_| keep);
        *self = Self { start: now, interval, first, last };
    }

    pub(super) fn reset(&mut self, now: Instant) {
        self.start = now;
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The first time of the grid that is later than `now`; with no interval it is now.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let interval = self.interval.as_nanos();
        if interval == 0 {
            return now;
        }
        let gone = now.saturating_duration_since(self.start).as_nanos() % interval;
        // What is left is not more than the interval, which was made of seconds and nanoseconds.
        let left = interval - gone;
        let (seconds, nanoseconds) = (left / NANOS, left % NANOS);
        after(now, Duration::new(seconds as u64, nanoseconds as u32))
    }

    /// Intervals that have begun since the last counted call, which is from now on this one; with
    /// none nothing is counted.
    pub(super) fn count(&mut self, now: Instant) -> u64 {
        if self.interval.is_zero() {
            self.last = Some(now);
            return 1;
        }
        let before = match (self.last, self.first) {
            (Some(last), _) => self.whole(last),
            // As if it had been called one interval before the start.
            (None, First::Now) => -1,
            (None, First::Later) => 0,
        };
        let count = self.whole(now).saturating_sub(before);
        if count > 0 {
            self.last = Some(now);
        }
        u64::try_from(count).unwrap_or(0)
    }

    /// Whole intervals from the start to `at`: below zero, rounded towards it, when that was before.
    fn whole(&self, at: Instant) -> i64 {
        let interval = self.interval.as_nanos();
        let whole = |time: Duration| i64::try_from(time.as_nanos() / interval).unwrap_or(i64::MAX);
        match at.checked_duration_since(self.start) {
            Some(after) => whole(after),
            None => -whole(self.start.saturating_duration_since(at)),
        }
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::{First, Grid};
    use std::time::{Duration, Instant};

    #[test]
    fn times_stay_on_the_grid_for_a_million_tenths_of_a_second() {
        let start = Instant::now();
        let mut grid = Grid::new(start);
        let tenth = Duration::from_millis(100);
        grid.start(start, tenth, First::Later, false);
        let (mut now, mut counted) = (start, 0);
        for _ in 0..1_000_000 {
            now = grid.next(now);
            counted += grid.count(now);
        }
        assert_eq!(now - start, tenth * 1_000_000);
        assert_eq!(counted, 1_000_000);
    }

    #[test]
    fn an_interval_longer_than_any_clock_lasts_is_a_century() {
        let start = Instant::now();
        let mut grid = Grid::new(start);
        grid.start(start, Duration::MAX, First::Now, false);
        assert!(grid.next(start) > start);
        assert_eq!(grid.count(start), 1);
    }
}

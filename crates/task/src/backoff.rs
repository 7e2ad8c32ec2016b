//! How long to wait before the next try of something that failed.

use std::time::Duration;

/// Exponential back-off with jitter: how long to wait after one failure, and how that grows.
///
/// Jitter keeps those that failed together from trying again together.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_task::Backoff;
///
/// let policy = Backoff { longest: Duration::from_secs(10), ..Backoff::default() };
/// let wait = policy.delay(3, 0.5); // after the fourth failure, in the middle of the jitter
/// assert_eq!(wait, Duration::from_secs(8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// After the first failure.
    pub initial: Duration,
    /// At most, jitter included.
    pub longest: Duration,
    /// By how much each delay is longer than the one before; at least 1.
    pub factor: f64,
    /// The share of a delay by which it may be shorter or longer, from 0 (never) to 1.
    pub jitter: f64,
}

impl Default for Backoff {
    /// From a second to a minute, doubling, a quarter shorter or longer.
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            factor: 2.0,
            jitter: 0.25,
        }
    }
}

impl Backoff {
    /// The same delay each time, without jitter.
    #[must_use]
    pub fn constant(delay: Duration) -> Self {
        Self { initial: delay, longest: delay, factor: 1.0, jitter: 0.0 }
    }

    /// The delay when `before` tries have failed before the last one. `random`, from 0 to 1, says
    /// where in the jitter's range it lies.
    #[must_use]
    pub fn delay(&self, before: u32, random: f64) -> Duration {
        let exponent = i32::try_from(before).unwrap_or(i32::MAX);
        let longest = self.longest.as_secs_f64();
        let grown = self.initial.as_secs_f64() * self.factor.max(1.0).powi(exponent);
        let spread = 1.0 + self.jitter.clamp(0.0, 1.0) * (2.0 * random.clamp(0.0, 1.0) - 1.0);
        let seconds = (grown.min(longest) * spread).min(longest);
        // What is not a number (an infinite factor, say) is as long as it may be.
        Duration::try_from_secs_f64(seconds).unwrap_or(self.longest)
    }
}

/// The delays of one thing that is tried again and again.
///
/// ```
/// use ropewalk_task::{Backoff, Delays};
///
/// let mut delays = Delays::new(Backoff::default());
/// let first = delays.next_delay();
/// assert!(first.as_secs_f64() >= 0.75 && first.as_secs_f64() <= 1.25);
/// assert_eq!(delays.failures(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Delays {
    policy: Backoff,
    failures: u32,
    random: fastrand::Rng,
}

impl Delays {
    /// Nothing has failed yet.
    #[must_use]
    pub fn new(policy: Backoff) -> Self {
        Self { policy, failures: 0, random: fastrand::Rng::new() }
    }

    /// The same with a jitter that is the same for each seed, for tests.
    #[must_use]
    pub fn seeded(policy: Backoff, seed: u64) -> Self {
        Self { policy, failures: 0, random: fastrand::Rng::with_seed(seed) }
    }

    /// It has failed: how long to wait before the next try.
    pub fn next_delay(&mut self) -> Duration {
        let delay = self.policy.delay(self.failures, self.random.f64());
        self.failures = self.failures.saturating_add(1);
        delay
    }

    /// It has worked: the next failure is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures since the start, or since the last reset.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

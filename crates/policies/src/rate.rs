//! How much in how long.

use std::time::Duration;

/// How much may pass in how long, and how much of it at once.
///
/// What is counted is the user's: bytes, connections, commands.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_policies::Rate;
///
/// let bytes = Rate::per_second(100_000).burst(250_000);
/// let connections = Rate::new(5, Duration::from_secs(60));
/// # let _ = (bytes, connections);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    count: u64,
    nanoseconds: u64,
    burst: u64,
}

impl Rate {
    /// `count` in `time`, and all of it at once. A count of 0 is taken as 1, and a time is at least
    /// a nanosecond and at most 584 years.
    #[must_use]
    pub fn new(count: u64, time: Duration) -> Self {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        let count = count.max(1);
        Self { count, nanoseconds, burst: count }
    }

    /// `count` a second, and a second's worth at once.
    #[must_use]
    pub fn per_second(count: u64) -> Self {
        Self::new(count, Duration::from_secs(1))
    }

    /// The same with another amount that may pass at once; 0 is taken as 1.
    #[must_use]
    pub fn burst(self, burst: u64) -> Self {
        Self { burst: burst.max(1), ..self }
    }

    /// What a bucket holds when it is full.
    pub(crate) fn full(self) -> u64 {
        self.burst
    }

    /// A 64th of a second's worth, but no less than 256 where the burst allows: what one of several
    /// users may have before it is the next one's turn.
    pub(crate) fn share(self) -> u64 {
        self.earned(Duration::from_secs(1) / 64).max(256).min(self.burst)
    }

    /// Whole tokens that have come in within `time`.
    pub(crate) fn earned(self, time: Duration) -> u64 {
        let earned = time.as_nanos() * u128::from(self.count) / u128::from(self.nanoseconds);
        u64::try_from(earned).unwrap_or(u64::MAX)
    }

    /// The least time within which `tokens` have come in.
    pub(crate) fn time_for(self, tokens: u64) -> Duration {
        let time =
            (u128::from(tokens) * u128::from(self.nanoseconds)).div_ceil(u128::from(self.count));
        Duration::from_nanos(u64::try_from(time).unwrap_or(u64::MAX))
    }
}

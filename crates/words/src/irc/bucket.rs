//! How fast a client may send: a bucket of tokens, kept as the one time at which it is full.

use std::time::{Duration, Instant};

use super::Flood;

/// A bucket that fills by itself.
#[derive(Debug)]
pub(super) struct Bucket {
    full: Instant,
}

impl Bucket {
    pub(super) fn new(now: Instant) -> Self {
        Self { full: now }
    }

    /// Takes one token.
    pub(super) fn spend(&mut self, flood: &Flood, now: Instant) {
        self.full = self.full.max(now) + period(flood);
    }

    /// When there is a token again, if there is none at `now`.
    pub(super) fn empty_until(&self, flood: &Flood, now: Instant) -> Option<Instant> {
        let allowed = period(flood) * flood.burst.max(1).saturating_sub(1);
        let until = self.full.checked_sub(allowed)?;
        (until > now).then_some(until)
    }
}

/// How long one token takes to come.
fn period(flood: &Flood) -> Duration {
    Duration::from_secs(1).checked_div(flood.rate).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let flood = Flood { burst: 3, rate: 2, pending: 0 };
        let start = Instant::now() + Duration::from_secs(1000);
        let mut bucket = Bucket::new(start);
        for _ in 0..3 {
            assert_eq!(bucket.empty_until(&flood, start), None);
            bucket.spend(&flood, start);
        }
        let next = start + Duration::from_millis(500);
        assert_eq!(bucket.empty_until(&flood, start), Some(next));
        assert_eq!(bucket.empty_until(&flood, next), None);
        bucket.spend(&flood, next);
        assert_eq!(bucket.empty_until(&flood, next), Some(next + Duration::from_millis(500)));
    }

    #[test]
    fn without_a_rate_everything_passes() {
        let flood = Flood { burst: 0, rate: 0, pending: 0 };
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        (0..100).for_each(|_| bucket.spend(&flood, now));
        assert_eq!(bucket.empty_until(&flood, now), None);
    }
}

//! One user of a bucket, who waits for its turn.

use std::time::{Duration, Instant};

use crate::{Bucket, bucket::Promise};

/// Draws on a bucket, in turn with all others that draw on it or on its relatives.
#[derive(Debug)]
pub(crate) struct Draw {
    bucket: Bucket,
    promise: Option<Promise>,
    /// When to ask again.
    wake: Option<Instant>,
}

impl Draw {
    pub(crate) fn new(bucket: Bucket) -> Self {
        Self { bucket, promise: None, wake: None }
    }

    /// What may pass now, up to `want`. When that is less, [`wake`](Self::wake) says when to ask
    /// again.
    pub(crate) fn grant(&mut self, now: Instant, want: u64) -> u64 {
        let mut granted = 0;
        self.wake = None;
        while granted < want {
            let bucket = &self.bucket;
            let mut promise =
                self.promise.take().unwrap_or_else(|| bucket.stand_in_line(now, want - granted));
            if promise.at > now {
                self.wait(promise, promise.at);
                break;
            }
            // Others may be late and take in a moment what was promised over some time.
            let taken = bucket.spend(now, promise.count.min(want - granted));
            granted += taken;
            promise.count -= taken;
            if taken == 0 {
                let at = bucket.ready_at(now, promise.count.min(want - granted));
                self.wait(promise, at.max(now + A_MOMENT));
                break;
            }
            self.promise = (promise.count > 0).then_some(promise);
        }
        granted
    }

    /// When to ask again.
    pub(crate) fn wake(&self) -> Option<Instant> {
        self.wake
    }

    /// Whether that time has come; then it is forgotten until more is asked for.
    pub(crate) fn wakes(&mut self, now: Instant) -> bool {
        self.wake.take_if(|at| *at <= now).is_some()
    }

    fn wait(&mut self, promise: Promise, at: Instant) {
        self.promise = Some(promise);
        self.wake = Some(at);
    }
}

impl Drop for Draw {
    fn drop(&mut self) {
        if let Some(promise) = self.promise {
            self.bucket.leave_line(promise.count);
        }
    }
}

/// Where others took in between what was just there.
const A_MOMENT: Duration = Duration::from_millis(1);

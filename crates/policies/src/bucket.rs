//! Token buckets that share what a parent has.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::Rate;

/// A token bucket. Clones are the same bucket; any number of threads use it without a lock.
///
/// A [`child`](Self::child) takes from its parents too: a connection from its listener, and that
/// from the server. Nothing passes that one of them does not have.
///
/// Within any time a bucket gives no more than its burst and what comes in meanwhile, to the whole
/// token. It reads no clock. Threads may disagree about the time: a late one only gets less.
///
/// ```
/// use std::time::{Duration, Instant};
/// use ropewalk_policies::{Bucket, Rate};
///
/// let start = Instant::now();
/// let server = Bucket::new(Rate::per_second(1000));
/// let one = server.child(Rate::per_second(800));
/// let other = server.child(Rate::per_second(800));
/// assert_eq!(one.take(start, 5000), 800);
/// assert_eq!(other.take(start, 5000), 200, "that is all that the server has left");
/// assert_eq!(other.take(start + Duration::from_millis(100), 5000), 100);
/// ```
#[derive(Clone)]
pub struct Bucket {
    inner: Arc<Inner>,
}

/// Times are counted in tokens that came in since the first use, so that nothing is rounded twice.
struct Inner {
    rate: Rate,
    start: OnceLock<Instant>,
    /// Tokens taken, or lost because the bucket was full.
    spent: AtomicU64,
    /// The same, with what was promised to those who wait in line.
    promised: AtomicU64,
    parent: Option<Bucket>,
}

/// What a bucket promised to someone who waits in line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise {
    pub(crate) count: u64,
    /// When the line has come so far.
    pub(crate) at: Instant,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self::of(rate, None)
    }

    /// A full bucket that takes from this one too.
    #[must_use]
    pub fn child(&self, rate: Rate) -> Self {
        Self::of(rate, Some(self.clone()))
    }

    fn of(rate: Rate, parent: Option<Self>) -> Self {
        let (spent, promised) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { rate, start: OnceLock::new(), spent, promised, parent }) }
    }

    /// Takes as much as there is at `now`, `most` at most; it may be nothing.
    ///
    /// For what can be refused. Those who wait, like a [`Throttle`](crate::Throttle), stand in
    /// line, and this does not see the line.
    pub fn take(&self, now: Instant, most: u64) -> u64 {
        let taken = self.spend(now, most);
        for level in self.levels() {
            level.promise(level.earned(now), taken);
        }
        taken
    }

    /// What [`take`](Self::take) would give.
    #[must_use]
    pub fn available(&self, now: Instant) -> u64 {
        self.levels().map(|level| level.left(&level.spent, now)).min().unwrap_or(0)
    }

    /// When `count` could be taken, if nobody takes anything before. More than a burst never can;
    /// it counts as one.
    #[must_use]
    pub fn ready_at(&self, now: Instant, count: u64) -> Instant {
        let at = self.levels().map(|level| {
            let spent = level.spent.load(Ordering::Relaxed).max(level.earned(now));
            level.time_of(spent.saturating_add(count.min(level.rate.full())), now)
        });
        at.max().unwrap_or(now)
    }

    /// Takes without regard to the line.
    pub(crate) fn spend(&self, now: Instant, most: u64) -> u64 {
        let most = most.min(self.available(now));
        if most == 0 { 0 } else { self.spend_up(now, most) }
    }

    /// Takes here and then above. What is not given above is put back, unless someone else has
    /// taken meanwhile: then it is lost, since the bucket may have been full in between.
    fn spend_up(&self, now: Instant, most: u64) -> u64 {
        let inner = &*self.inner;
        let earned = inner.earned(now);
        let mut before = inner.spent.load(Ordering::Relaxed);
        let (taken, after) = loop {
            let from = before.max(earned);
            let left = earned.saturating_add(inner.rate.full()).saturating_sub(from);
            let (taken, after) = (most.min(left), from.saturating_add(most.min(left)));
            if taken == 0 {
                return 0;
            }
            let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
            match inner.spent.compare_exchange_weak(before, after, success, failure) {
                Ok(_) => break (taken, after),
                Err(other) => before = other,
            }
        };
        let given = inner.parent.as_ref().map_or(taken, |parent| parent.spend_up(now, taken));
        if given < taken {
            let back = after - (taken - given);
            let order = Ordering::Relaxed;
            let _ = inner.spent.compare_exchange(after, back, order, order);
        }
        given
    }

    /// A place in line for up to `most`: all that nobody waits for, or a fair share later.
    pub(crate) fn stand_in_line(&self, now: Instant, most: u64) -> Promise {
        let free = self.levels().map(|level| level.left(&level.promised, now)).min().unwrap_or(0);
        let share = self.levels().map(|level| level.rate.share()).min().unwrap_or(1);
        let count = most.min(free.max(share));
        let at = self.levels().map(|level| {
            let promised = level.promise(level.earned(now), count);
            level.time_of(promised, now)
        });
        Promise { count, at: at.max().unwrap_or(now) }
    }

    /// Gives up what was promised and is not wanted any more; those behind move up the next time
    /// they stand in line.
    pub(crate) fn leave_line(&self, count: u64) {
        for level in self.levels() {
            let order = Ordering::Relaxed;
            let less = |promised: u64| Some(promised.saturating_sub(count));
            let _ = level.promised.fetch_update(order, order, less);
        }
    }

    fn levels(&self) -> impl Iterator<Item = &Inner> {
        std::iter::successors(Some(self), |bucket| bucket.inner.parent.as_ref())
            .map(|bucket| &*bucket.inner)
    }
}

/// The counters stand alone: no other memory is read by what they say, so relaxed order is enough.
impl Inner {
    /// Whole tokens that have come in.
    fn earned(&self, now: Instant) -> u64 {
        let start = *self.start.get_or_init(|| now);
        self.rate.earned(now.saturating_duration_since(start))
    }

    fn left(&self, counter: &AtomicU64, now: Instant) -> u64 {
        let earned = self.earned(now);
        let from = counter.load(Ordering::Relaxed).max(earned);
        earned.saturating_add(self.rate.full()).saturating_sub(from)
    }

    /// Adds `count` to what is promised, and tells up to where that goes.
    fn promise(&self, earned: u64, count: u64) -> u64 {
        let add = |promised: u64| promised.max(earned).saturating_add(count);
        let order = Ordering::Relaxed;
        let before = self.promised.fetch_update(order, order, |promised| Some(add(promised)));
        before.map_or(0, add) // it is never an error: the closure gives Some
    }

    /// When so much has come in that `spent` tokens can have been taken.
    fn time_of(&self, spent: u64, now: Instant) -> Instant {
        let start = *self.start.get_or_init(|| now);
        let missing = spent.saturating_sub(self.rate.full());
        if missing <= self.rate.earned(now.saturating_duration_since(start)) {
            return now;
        }
        // A time that cannot be written down is as good as never.
        start.checked_add(self.rate.time_for(missing)).unwrap_or(now + A_YEAR)
    }
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket")
            .field("rate", &self.inner.rate)
            .field("parent", &self.inner.parent)
            .finish_non_exhaustive()
    }
}

const A_YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);

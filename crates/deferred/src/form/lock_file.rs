//! Waiting for a lock that is a file.

use std::{
    fmt::Display,
    io,
    time::{Duration, Instant},
};

use crate::{Failure, FilesystemLock};

use super::{
    core::CoreRef,
    deferred::Deferred,
    kind::{Bound, Lock, Ref},
    resolver::Resolver,
    timing::{Timer, Timing},
};

/// Locks a [`FilesystemLock`], now or when it is free: that is tried once a second.
///
/// With a `timeout` it gives up after that, with [`Failure::TimedOut`]. Cancelling it gives up at
/// once.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::ManualClock;
/// use ropewalk_deferred::{Deferred, FilesystemLock, defer_until_locked, no_result};
///
/// let path = std::env::temp_dir().join(format!("ropewalk-{}-wait.lock", std::process::id()));
/// let (clock, theirs, ours) =
///     (ManualClock::new(), FilesystemLock::new(&path), FilesystemLock::new(&path));
/// theirs.lock()?;
/// let locked: Deferred<(), std::io::Error> = defer_until_locked(&ours, &clock, None);
/// let locked = no_result(locked);
/// theirs.unlock()?;
/// clock.advance(Duration::from_secs(1));
/// assert!(ours.is_locked());
/// # drop(locked);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn defer_until_locked<E, C>(
    lock: &FilesystemLock,
    timing: &C,
    timeout: Option<Duration>,
) -> Deferred<(), E>
where
    E: From<io::Error> + Display + Bound + 'static,
    C: Timing + Clone + Bound + 'static,
{
    let timer: Ref<Lock<Option<Timer>>> = Ref::new(Lock::new(None));
    let stops = Ref::downgrade(&timer);
    let canceller = move |_: &CoreRef| {
        let stopped = stops.upgrade().and_then(|timer| timer.with(Option::take));
        drop(stopped);
    };
    let (deferred, resolver) = Deferred::unfired(Some(Box::new(canceller)));
    let deadline = timeout.and_then(|after| timing.now().checked_add(after));
    Attempts { lock: lock.clone(), timing: timing.clone(), resolver, deadline, timer }.attempt();
    deferred
}

struct Attempts<E, C> {
    lock: FilesystemLock,
    timing: C,
    resolver: Resolver<(), E>,
    deadline: Option<Instant>,
    /// The next attempt.
    timer: Ref<Lock<Option<Timer>>>,
}

impl<E, C> Attempts<E, C>
where
    E: From<io::Error> + Display + Bound + 'static,
    C: Timing + Clone + Bound + 'static,
{
    fn attempt(self) {
        if self.resolver.has_fired() {
            return;
        }
        let outcome = match self.lock.lock() {
            Ok(true) => Ok(()),
            Err(error) => Err(Failure::Failed(error.into())),
            Ok(false) => match self.left() {
                Some(left) => return self.later(left),
                None => Err(Failure::TimedOut),
            },
        };
        let locked = outcome.is_ok();
        if self.resolver.fire(outcome).is_err() && locked {
            let _ = self.lock.unlock(); // it was cancelled at the same time
        }
    }

    /// How long until the next attempt; `None` where the time is out.
    fn left(&self) -> Option<Duration> {
        let left = match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(self.timing.now()),
            None => INTERVAL,
        };
        (!left.is_zero()).then(|| left.min(INTERVAL))
    }

    fn later(self, after: Duration) {
        let (timing, place) = (self.timing.clone(), Ref::clone(&self.timer));
        let timer = Timer::start(&timing, after, move || self.attempt());
        drop(place.with(|place| std::mem::replace(place, timer)));
    }
}

/// Between two attempts.
const INTERVAL: Duration = Duration::from_secs(1);

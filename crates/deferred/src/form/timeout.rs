//! Giving up after a while.

use std::{fmt::Display, time::Duration};

use crate::{Failure, Outcome};

use super::{
    answer::{Answer, Answered},
    deferred::Deferred,
    kind::{Bound, Flag, Ref},
    timing::{Timer, Timing},
};

impl<T: Bound + 'static, E: Display + Bound + 'static> Deferred<T, E> {
    /// Cancels it if it has no result after a while, and makes the cancellation a
    /// [`Failure::TimedOut`].
    ///
    /// What counts is the place: functions attached before see the cancellation and may make
    /// something else of it; a result that gets here in time stops the clock, and so does a
    /// cancellation by others.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ropewalk_clock::ManualClock;
    /// use ropewalk_deferred::{Deferred, Failure, failure_result_of};
    ///
    /// let clock = ManualClock::new();
    /// let (deferred, _resolver) = Deferred::<u32, String>::pending();
    /// let deferred = deferred.add_timeout(&clock, Duration::from_secs(5));
    /// clock.advance(Duration::from_secs(5));
    /// assert_eq!(failure_result_of(deferred), Failure::TimedOut);
    /// ```
    pub fn add_timeout(self, timing: &impl Timing, after: Duration) -> Self {
        self.add_timeout_with(timing, after, |outcome| match outcome {
            Err(Failure::Cancelled) => Err(Failure::TimedOut),
            other => other,
        })
    }

    /// The same, but once the time is out `f` decides what comes of it, whatever the result.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ropewalk_clock::ManualClock;
    /// use ropewalk_deferred::{Deferred, success_result_of};
    ///
    /// let clock = ManualClock::new();
    /// let (deferred, _resolver) = Deferred::<u32, String>::pending();
    /// let deferred = deferred.add_timeout_with(&clock, Duration::from_secs(5), |_| Ok(0));
    /// clock.advance(Duration::from_secs(5));
    /// assert_eq!(success_result_of(deferred), 0);
    /// ```
    pub fn add_timeout_with<A: Answer<E, Value = T>>(
        self,
        timing: &impl Timing,
        after: Duration,
        f: impl FnOnce(Outcome<T, E>) -> A + Bound + 'static,
    ) -> Self {
        let too_late = Ref::new(Flag::new(false));
        let (late, weak) = (Ref::clone(&too_late), self.weak());
        let timer = Timer::start(timing, after, move || {
            late.set(true);
            weak.cancel();
        });
        self.add_both(move |outcome| {
            let late = too_late.get();
            drop(timer);
            if late { f(outcome).answered() } else { Answered::Now(outcome) }
        })
    }
}

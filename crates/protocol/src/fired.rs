//! That a deadline fires once.

use std::time::Instant;

/// The deadline that has fired, and does not fire again until it changes.
#[derive(Default)]
pub(crate) struct Fired(Option<Instant>);

impl Fired {
    /// The deadline, unless it has fired.
    #[inline]
    pub(crate) fn pending(&self, deadline: Option<Instant>) -> Option<Instant> {
        deadline.filter(|at| self.0 != Some(*at))
    }

    /// Whether the deadline is due now, which it is once until it changes.
    #[inline]
    pub(crate) fn is_due(&mut self, deadline: Option<Instant>, now: Instant) -> bool {
        if self.0 == deadline {
            return false;
        }
        self.0 = deadline.filter(|at| *at <= now);
        self.0.is_some()
    }
}

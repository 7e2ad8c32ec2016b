//! A waker that is woken at a point in time.

use std::fmt;

use crate::Sleep;

/// What [`Clock::wake_at`](crate::Clock::wake_at) gives: the wait, which dropping this forgets.
#[must_use = "dropping it forgets the wait"]
pub struct Alarm {
    kind: Kind,
}

enum Kind {
    Sleep(Sleep),
    Other(Box<dyn Send + Sync>),
}

impl Alarm {
    /// For clocks: the alarm is forgotten by dropping `guard`.
    ///
    /// ```
    /// use ropewalk_clock::Alarm;
    ///
    /// struct Guard; // its `Drop` takes the wait out of the clock's queue
    /// let alarm = Alarm::new(Guard);
    /// # drop(alarm);
    /// ```
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self { kind: Kind::Other(Box::new(guard)) }
    }

    pub(crate) fn sleep(sleep: Sleep) -> Self {
        Self { kind: Kind::Sleep(sleep) }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut show = f.debug_struct("Alarm");
        match &self.kind {
            Kind::Sleep(sleep) => show.field("at", &sleep.at()),
            Kind::Other(guard) => show.field("guard", &std::ptr::from_ref(&**guard)),
        };
        show.finish()
    }
}

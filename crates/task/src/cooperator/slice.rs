//! How long a cooperator goes on in one tick.

use std::{fmt, time::Duration};

use ropewalk_clock::{Clock, SystemClock};

/// How much a [`Cooperator`](crate::Cooperator) does before it lets others have their turn.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::SystemClock;
/// use ropewalk_task::Slice;
///
/// let short = Slice::time(&SystemClock, Duration::from_millis(1));
/// let few = Slice::steps(10);
/// # drop((short, few));
/// ```
pub struct Slice {
    begin: Box<dyn FnMut() -> IsOver + Send>,
}

type IsOver = Box<dyn FnMut() -> bool + Send>;

impl Slice {
    /// So many steps; at least one.
    #[must_use]
    pub fn steps(count: usize) -> Self {
        Self::new(move || {
            let mut left = count;
            move || {
                left = left.saturating_sub(1);
                left == 0
            }
        })
    }

    /// Steps until `time` has passed; at least one.
    #[must_use]
    pub fn time<C: Clock>(clock: &C, time: Duration) -> Self {
        let clock = clock.clone();
        Self::new(move || {
            let (clock, start) = (clock.clone(), clock.now());
            move || clock.now().saturating_duration_since(start) >= time
        })
    }

    /// For each tick, `begin` makes a function that is asked after each step whether it was enough.
    #[must_use]
    pub fn new<F>(mut begin: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: FnMut() -> bool + Send + 'static,
    {
        Self { begin: Box::new(move || Box::new(begin())) }
    }

    pub(super) fn begin(&mut self) -> Running {
        Running((self.begin)())
    }
}

/// A hundredth of a second on the system's clock.
impl Default for Slice {
    fn default() -> Self {
        Self::time(&SystemClock, Duration::from_millis(10))
    }
}

impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice").finish_non_exhaustive()
    }
}

/// One slice that has begun.
pub(super) struct Running(IsOver);

impl Running {
    /// A step was made: whether it was the last.
    pub(super) fn is_over(&mut self) -> bool {
        (self.0)()
    }
}

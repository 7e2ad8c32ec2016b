//! Time as a value that is passed in.
//!
//! Nothing in Ropewalk's protocols reads a clock: a driver asks a [`Clock`] once a turn and passes
//! the time down. Programs use [`SystemClock`] or their reactor's clock; tests use
//! [`ManualClock`], which moves only when it is told to.
//!
//! ```
//! use std::time::Duration;
//! use ropewalk_clock::{Clock, ManualClock};
//!
//! let clock = ManualClock::new();
//! let start = clock.now();
//! clock.advance(Duration::from_secs(60));
//! assert_eq!(clock.now() - start, Duration::from_secs(60));
//! ```

mod alarm;
mod clock;
mod manual;
mod sleepers;
mod system;

pub use alarm::Alarm;
pub use clock::Clock;
pub use manual::ManualClock;
pub use sleepers::Sleep;
pub use system::SystemClock;

//! Work over time.
//!
//! [`Backoff`] says how long to wait before the next try of something that failed.
//!
//! ```
//! use std::time::Duration;
//! use ropewalk_task::{Backoff, Delays};
//!
//! let policy = Backoff { jitter: 0.0, ..Backoff::default() };
//! let mut delays = Delays::new(policy);
//! assert_eq!(delays.next_delay(), Duration::from_secs(1));
//! assert_eq!(delays.next_delay(), Duration::from_secs(2));
//! delays.reset();
//! assert_eq!(delays.next_delay(), Duration::from_secs(1));
//! ```

mod backoff;

pub use backoff::{Backoff, Delays};

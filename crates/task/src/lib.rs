//! Work over time.
//!
//! | for | there is |
//! |---|---|
//! | one call, later | [`call_later`], [`defer_later`] |
//! | the same call every so often | [`LoopingCall`] |
//! | much work in small steps, shared fairly | [`Cooperator`] |
//! | many functions or futures, and a say in whose turn it is | [`Scheduler`], [`PolicyExecutor`], with a [`Policy`]: [`Fifo`], [`Priority`], [`RoundRobin`], [`EarliestDeadline`] |
//! | steps that depend on steps | [`Graph`], with a [`Journal`] |
//! | work by the calendar | `Calendar`, with the feature `calendar` |
//! | trying again after a failure | [`Backoff`], [`Delays`] |
//!
//! All of it runs on any [`Clock`](ropewalk_clock::Clock): a reactor's, the system's, or the manual
//! one of tests. Calls are made wherever the clock makes its calls.
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
#[cfg(feature = "calendar")]
mod calendar;
mod cooperator;
mod executor;
mod graph;
mod journal;
mod later;
mod looping;
mod policy;
mod scheduler;
mod watched;

pub use backoff::{Backoff, Delays};
#[cfg(feature = "calendar")]
pub use calendar::{BadSchedule, Calendar, Due, Missed, Schedule};
pub use cooperator::{
    Cooperator,
    slice::Slice,
    task::{NotPaused, Task, TaskError, TaskOver},
};
pub use executor::PolicyExecutor;
pub use graph::{Ended, Event, Graph, GraphError, Plan, Progress, Report, Step, StepError};
pub use journal::Journal;
#[cfg(feature = "journal")]
pub use journal::{BadLine, FileJournal, JournalError, JournalLine};
pub use later::{DelayedCall, NotPending, call_later, defer_later};
pub use looping::{Counting, First, LoopError, LoopingCall};
pub use policy::{EarliestDeadline, Fifo, Policy, Priority, RoundRobin, Tag};
pub use scheduler::{Call, Full, Scheduler};
pub use watched::Work;

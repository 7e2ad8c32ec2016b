//! Work over time, through the public face.

mod backoff;
#[cfg(feature = "calendar")]
mod calendar;
mod cooperating;
mod executor;
mod graph;
#[cfg(feature = "journal")]
mod journal;
mod later;
mod looping;
mod policies;
mod scheduler;

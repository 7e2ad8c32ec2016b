//! Work over time, through the public face.

mod backoff;
mod cooperating;
mod executor;
mod later;
mod looping;
mod policies;
mod scheduler;

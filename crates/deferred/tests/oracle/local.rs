//! The replayer on the form for one thread.

#![allow(clippy::arc_with_non_send_sync, reason = "one source for both forms")]

#[path = "aggregates.rs"]
mod aggregates;
#[path = "functions.rs"]
mod functions;
#[path = "perform.rs"]
mod perform;
#[path = "world.rs"]
mod world;

use ropewalk_deferred::local as form;

pub(crate) use world::run;

/// What timeouts are given.
fn timing(clock: &ropewalk_clock::ManualClock) -> (ropewalk_clock::ManualClock, form::Inline) {
    (clock.clone(), form::Inline)
}

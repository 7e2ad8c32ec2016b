//! The replayer on the form for threads.

#[path = "aggregates.rs"]
mod aggregates;
#[path = "functions.rs"]
mod functions;
#[path = "perform.rs"]
mod perform;
#[path = "world.rs"]
mod world;

use ropewalk_deferred as form;

pub(crate) use world::run;

/// What timeouts are given.
fn timing(clock: &ropewalk_clock::ManualClock) -> ropewalk_clock::ManualClock {
    clock.clone()
}

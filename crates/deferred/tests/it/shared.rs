//! The form for threads.

#[path = "cancelling.rs"]
mod cancelling;
#[path = "chains.rs"]
mod chains;
#[path = "circles.rs"]
mod circles;
#[path = "firing.rs"]
mod firing;
#[path = "futures.rs"]
mod futures;
#[path = "lists.rs"]
mod lists;
#[path = "locks.rs"]
mod locks;
#[path = "long_chains.rs"]
mod long_chains;
#[path = "pausing.rs"]
mod pausing;
#[path = "queues.rs"]
mod queues;
#[path = "races.rs"]
mod races;
#[path = "timeouts.rs"]
mod timeouts;
#[path = "unhandled.rs"]
mod unhandled;
#[path = "waiting.rs"]
mod waiting;

use ropewalk_deferred as form;

type Number = form::Deferred<u32, String>;

/// What timeouts are given.
fn timing(clock: &ropewalk_clock::ManualClock) -> ropewalk_clock::ManualClock {
    clock.clone()
}

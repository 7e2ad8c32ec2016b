//! The crate's behaviour, through its public face.

mod clients;
mod processes;
mod servers;
mod timers;
mod trees;

use std::{
    future::Future,
    sync::{Arc, Mutex},
};

use ropewalk_protocol::Reactor;
use ropewalk_testkit::MemoryReactor;

/// Runs a future on the reactor; what it came to, once it has.
fn outcome<T: Send + 'static>(
    reactor: &MemoryReactor,
    future: impl Future<Output = T> + Send + 'static,
) -> Arc<Mutex<Option<T>>> {
    let outcome = Arc::new(Mutex::new(None));
    let tells = Arc::clone(&outcome);
    reactor.spawn(async move {
        let ended = future.await;
        *tells.lock().unwrap() = Some(ended);
    });
    reactor.run_until_idle();
    outcome
}

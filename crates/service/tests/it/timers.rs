//! Timers, on the manual clock.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_protocol::Reactor;
use ropewalk_service::{Service, Timer};
use ropewalk_testkit::MemoryReactor;

use crate::outcome;

const SECOND: Duration = Duration::from_secs(1);

/// The seconds at which calls began, and a timer of ten seconds whose calls take these.
fn timed(
    reactor: &MemoryReactor,
    take: &'static [u64],
) -> (Arc<Mutex<Vec<u64>>>, impl Service + 'static) {
    let begun = Arc::new(Mutex::new(Vec::new()));
    let (notes, clock) = (Arc::clone(&begun), reactor.clock());
    let start = clock.now();
    let timer = Timer::new(reactor, SECOND * 10, move || {
        let mut notes = notes.lock().unwrap();
        let takes = take.get(notes.len()).copied().unwrap_or(0);
        notes.push((clock.now() - start).as_secs());
        let (clock, takes) = (clock.clone(), Duration::from_secs(takes));
        async move { clock.sleep_until(clock.now() + takes).await }
    });
    (begun, timer)
}

#[test]
fn calls_come_at_once_and_then_on_the_grid_of_the_start() {
    let reactor = MemoryReactor::new();
    reactor.advance(SECOND * 3);
    let (begun, mut timer) = timed(&reactor, &[0, 4, 25]);
    timer.start().unwrap();
    reactor.advance(SECOND * 60);
    assert_eq!(*begun.lock().unwrap(), [0, 10, 20, 50, 60]);
}

#[test]
fn stopping_waits_for_the_call_under_way_and_no_other_follows() {
    let reactor = MemoryReactor::new();
    let (begun, mut timer) = timed(&reactor, &[5]);
    timer.start().unwrap();
    reactor.advance(SECOND);
    let stopped = outcome(&reactor, async move { timer.stop().await });
    reactor.advance(SECOND * 3);
    assert!(stopped.lock().unwrap().is_none());
    reactor.advance(SECOND);
    assert!(stopped.lock().unwrap().is_some());
    reactor.advance(SECOND * 60);
    assert_eq!(*begun.lock().unwrap(), [0]);
}

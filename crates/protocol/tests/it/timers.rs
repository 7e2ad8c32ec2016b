//! Delayed calls.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ropewalk_clock::{Clock, ManualClock};
use ropewalk_protocol::{DelayedCall, NotPending, Timers};

struct Bench {
    clock: ManualClock,
    timers: Timers,
    called: Arc<Mutex<Vec<&'static str>>>,
    wakes: Arc<Mutex<usize>>,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::new();
        let wakes: Arc<Mutex<usize>> = Arc::default();
        let (reads, counts) = (clock.clone(), Arc::clone(&wakes));
        let timers = Timers::new(move || reads.now(), move || *counts.lock().unwrap() += 1);
        Self { clock, timers, called: Arc::default(), wakes }
    }

    fn call(&self, seconds: u64, name: &'static str) -> DelayedCall {
        let called = Arc::clone(&self.called);
        self.timers.call_later(secs(seconds), move || called.lock().unwrap().push(name))
    }

    fn advance(&self, seconds: u64) -> Vec<&'static str> {
        self.clock.advance(secs(seconds));
        while let Some(call) = self.timers.due(self.clock.now()) {
            call();
        }
        std::mem::take(&mut self.called.lock().unwrap())
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn calls_are_made_in_order_of_time_and_then_of_asking() {
    let bench = Bench::new();
    bench.call(3, "c");
    bench.call(1, "a");
    bench.call(3, "d");
    bench.call(2, "b");
    assert_eq!(bench.advance(1), ["a"]);
    assert_eq!(bench.advance(2), ["b", "c", "d"]);
}

#[test]
fn a_call_can_be_cancelled_once() {
    let bench = Bench::new();
    let call = bench.call(1, "never");
    assert!(call.is_active());
    assert_eq!(call.cancel(), Ok(()));
    assert_eq!(call.cancel(), Err(NotPending));
    assert!(bench.advance(5).is_empty());
}

#[test]
fn reset_counts_from_now_and_delay_from_the_time_that_was_set() {
    let bench = Bench::new();
    let (reset, delayed) = (bench.call(2, "reset"), bench.call(2, "delayed"));
    bench.advance(1);
    reset.reset(secs(2)).unwrap();
    delayed.delay(secs(2)).unwrap();
    assert_eq!(bench.advance(1), [""; 0]);
    assert_eq!(bench.advance(1), ["reset"]);
    assert_eq!(bench.advance(1), ["delayed"]);
    assert_eq!(reset.reset(secs(1)), Err(NotPending));
    assert_eq!(delayed.delay(secs(1)), Err(NotPending));
    assert_eq!(delayed.time(), None::<Instant>);
}

#[test]
fn a_sleeping_driver_is_woken_only_for_an_earlier_call() {
    let bench = Bench::new();
    bench.call(5, "first");
    assert_eq!(*bench.wakes.lock().unwrap(), 0, "it does not sleep");
    assert!(bench.timers.next().is_some());
    bench.call(6, "later");
    assert_eq!(*bench.wakes.lock().unwrap(), 0);
    bench.call(1, "earlier");
    assert_eq!(*bench.wakes.lock().unwrap(), 1);
}

//! The clocks, through their public face.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use ropewalk_clock::{Clock, ManualClock, SystemClock};

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_manual_clock_stands_still_until_it_is_moved() {
    let clock = ManualClock::new();
    let start = clock.now();
    assert_eq!(clock.now(), start);
    clock.advance(Duration::from_millis(250));
    assert_eq!(clock.now() - start, Duration::from_millis(250));
    clock.advance_to(start);
    assert_eq!(clock.now() - start, Duration::from_millis(250), "never backwards");
}

#[test]
fn a_sleep_completes_when_the_clock_gets_there() {
    let clock = ManualClock::new();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut context = Context::from_waker(&waker);
    let mut sleep = pin!(clock.sleep_until(clock.now() + Duration::from_secs(2)));
    assert_eq!(sleep.as_mut().poll(&mut context), Poll::Pending);
    clock.advance(Duration::from_secs(1));
    assert_eq!(count.0.load(Ordering::Relaxed), 0);
    assert_eq!(sleep.as_mut().poll(&mut context), Poll::Pending);
    clock.advance(Duration::from_secs(1));
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert_eq!(sleep.as_mut().poll(&mut context), Poll::Ready(()));
    assert_eq!(clock.next_due(), None);
}

#[test]
fn a_dropped_sleep_leaves_nothing_behind() {
    let clock = ManualClock::new();
    let waker = Waker::noop();
    let mut sleep = Box::pin(clock.sleep_until(clock.now() + Duration::from_secs(2)));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    assert!(clock.next_due().is_some());
    drop(sleep);
    assert_eq!(clock.next_due(), None);
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn the_system_clock_wakes_its_sleepers() {
    let clock = SystemClock;
    let at = clock.now() + Duration::from_millis(20);
    let mut sleep = pin!(clock.sleep_until(at));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    while sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        thread::park();
    }
    assert!(clock.now() >= at);
}

#[test]
fn an_alarm_that_is_due_waits_until_the_clock_moves_next() {
    let clock = ManualClock::new();
    let mut context = Context::from_waker(Waker::noop());
    let mut sleep = pin!(clock.sleep_until(clock.now()));
    assert!(sleep.as_mut().poll(&mut context).is_ready());
    let mut alarm = pin!(clock.alarm(clock.now()));
    assert!(alarm.as_mut().poll(&mut context).is_pending());
    assert_eq!(clock.due(), [clock.now()]);
    clock.advance(Duration::ZERO);
    assert!(clock.due().is_empty());
    assert!(alarm.poll(&mut context).is_ready());
}

#[test]
fn a_dropped_alarm_is_forgotten() {
    let clock = ManualClock::new();
    let mut alarm = Box::pin(clock.alarm(clock.now() + Duration::from_secs(1)));
    assert!(alarm.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(clock.due().len(), 1);
    drop(alarm);
    assert!(clock.due().is_empty());
}

//! The clocks, through their public face.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
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

/// Writes its name down when it is woken, and does something.
struct Bell(&'static str, Arc<Mutex<Vec<&'static str>>>, Box<dyn Fn() + Send + Sync>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.1.lock().unwrap().push(self.0);
        (self.2)();
    }
}

#[test]
fn alarms_ring_in_order_of_time_and_then_of_setting() {
    let (clock, rung) = (ManualClock::new(), Arc::default());
    let set = |name, millis, then: Box<dyn Fn() + Send + Sync>| {
        let waker = Waker::from(Arc::new(Bell(name, Arc::clone(&rung), then)));
        clock.wake_at(clock.now() + Duration::from_millis(millis), waker)
    };
    let moved = clock.clone();
    let _alarms = [
        set("third", 20, Box::new(|| ())),
        set("first", 10, Box::new(move || moved.advance(Duration::from_millis(20)))),
        set("second", 10, Box::new(|| ())),
        set("never", 50, Box::new(|| ())),
    ];
    assert_eq!(clock.pending().len(), 4);
    clock.pass(Duration::from_millis(5));
    assert!(rung.lock().unwrap().is_empty(), "time has passed, and nobody was woken");
    clock.pump([Duration::ZERO, Duration::from_millis(5), Duration::from_millis(1)]);
    assert_eq!(*rung.lock().unwrap(), ["first", "second", "third"]);
}

#[test]
fn an_alarm_for_now_rings_when_the_clock_is_advanced_and_a_dropped_one_never() {
    let (clock, rung) = (ManualClock::new(), Arc::default());
    let bell = |name| Waker::from(Arc::new(Bell(name, Arc::clone(&rung), Box::new(|| ()))));
    let (kept, dropped) =
        (clock.wake_at(clock.now(), bell("kept")), clock.wake_at(clock.now(), bell("dropped")));
    drop(dropped);
    assert!(rung.lock().unwrap().is_empty());
    clock.advance(Duration::ZERO);
    assert_eq!(*rung.lock().unwrap(), ["kept"]);
    drop(kept);
}

#[test]
fn whoever_panics_when_woken_does_not_stop_the_systems_clock() {
    let (rung, clock) = (Arc::default(), SystemClock);
    let panics = Bell("panics", Arc::clone(&rung), Box::new(|| panic!("as the test wants it")));
    let thread = thread::current();
    let wakes = Bell("wakes", Arc::clone(&rung), Box::new(move || thread.unpark()));
    let _first = clock.wake_at(clock.now(), Waker::from(Arc::new(panics)));
    let _second = clock.wake_at(clock.now(), Waker::from(Arc::new(wakes)));
    while rung.lock().unwrap_or_else(PoisonError::into_inner).len() < 2 {
        thread::park();
    }
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
    let alarm = clock.wake_at(clock.now(), Waker::noop().clone());
    assert_eq!(clock.pending(), [clock.now()]);
    clock.advance(Duration::ZERO);
    assert!(clock.pending().is_empty());
    drop(alarm);
}

#[test]
fn a_dropped_alarm_is_forgotten() {
    let clock = ManualClock::new();
    let alarm = clock.wake_at(clock.now() + Duration::from_secs(1), Waker::noop().clone());
    assert_eq!(clock.pending().len(), 1);
    drop(alarm);
    assert!(clock.pending().is_empty());
}

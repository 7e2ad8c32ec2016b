//! Calls: later, from other threads, in threads; and futures.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Wake, Waker},
    thread,
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_protocol::{NotPending, Reactor};

use super::{Ground, play};

type Notes = Arc<Mutex<Vec<&'static str>>>;

fn note(notes: &Notes, what: &'static str) -> impl FnOnce() + Send + 'static {
    let notes = Arc::clone(notes);
    move || notes.lock().unwrap_or_else(PoisonError::into_inner).push(what)
}

fn noted(notes: &Notes) -> Vec<&'static str> {
    notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// By time, then by order of asking; cancel, reset and delay do what they say.
pub fn delayed_calls_come_in_order_and_can_be_changed(ground: &impl Ground) {
    let reactor = ground.reactor();
    let notes = Notes::default();
    let millis = Duration::from_millis;
    reactor.call_later(millis(60), note(&notes, "d"));
    reactor.call_later(millis(20), note(&notes, "a"));
    let cancelled = reactor.call_later(millis(20), note(&notes, "cancelled"));
    let reset = reactor.call_later(millis(500), note(&notes, "b"));
    let delayed = reactor.call_later(millis(10), note(&notes, "c"));
    reset.reset(millis(30)).expect("it is pending");
    delayed.delay(millis(40)).expect("it is pending");
    cancelled.cancel().expect("it is pending");
    assert_eq!(cancelled.cancel(), Err(NotPending));
    let seen = Arc::clone(&notes);
    play(&reactor.clone(), async move {
        let clock = reactor.clock();
        let start = clock.now();
        while noted(&seen).len() < 4 {
            clock.sleep_until(clock.now() + millis(1)).await;
        }
        assert!(clock.now() - start < Duration::from_secs(20));
        assert_eq!(reset.cancel(), Err(NotPending));
    });
    assert_eq!(noted(&notes), ["a", "b", "c", "d"]);
}

/// Before it runs, while it runs, from this thread and from others.
pub fn calls_come_from_other_threads(ground: &impl Ground) {
    let reactor = ground.reactor();
    let notes = Notes::default();
    reactor.call_when_running(note(&notes, "before"));
    assert!(noted(&notes).is_empty() && !reactor.is_running());
    let (elsewhere, inside) = (reactor.clone(), Arc::clone(&notes));
    let seen = Arc::clone(&notes);
    play(&reactor.clone(), async move {
        assert!(reactor.is_running());
        let thread = thread::spawn(move || elsewhere.call_when_running(note(&inside, "elsewhere")));
        let clock = reactor.clock();
        while noted(&seen).len() < 2 {
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
        thread.join().expect("it does not panic");
    });
    assert_eq!(noted(&notes), ["before", "elsewhere"]);
}

/// A result comes back; a panic comes back as `None`.
pub fn work_in_a_thread_gives_its_result(ground: &impl Ground) {
    let reactor = ground.reactor();
    play(&reactor.clone(), async move {
        let all: Vec<_> = (0..50).map(|n| reactor.call_in_thread(move || n * 2)).collect();
        for (n, result) in all.into_iter().enumerate() {
            assert_eq!(result.await, Some(n * 2));
        }
        assert_eq!(reactor.call_in_thread(|| -> u8 { panic!("asked to") }).await, None);
        assert_eq!(reactor.call_in_thread(|| "still there").await, Some("still there"));
    });
}

/// Futures run beside each other, and the clock wakes them.
pub fn spawned_futures_run_and_sleep(ground: &impl Ground) {
    let reactor = ground.reactor();
    let notes = Notes::default();
    for (millis, what) in [(30, "late"), (5, "soon")] {
        let (clock, note) = (reactor.clock(), note(&notes, what));
        reactor.spawn(async move {
            clock.sleep_until(clock.now() + Duration::from_millis(millis)).await;
            note();
        });
    }
    let seen = Arc::clone(&notes);
    play(&reactor.clone(), async move {
        let clock = reactor.clock();
        while noted(&seen).len() < 2 {
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
    });
    assert_eq!(noted(&notes), ["soon", "late"]);
}

/// An alarm wakes whoever set it, also for a time that has come, but not within the setting; a
/// dropped one does not.
pub fn alarms_of_the_clock_wake_unless_they_are_dropped(ground: &impl Ground) {
    let reactor = ground.reactor();
    let notes = Notes::default();
    let bell = |what| Waker::from(Arc::new(Bell(Arc::clone(&notes), what)));
    let (late, soon, now) = (bell("late"), bell("soon"), bell("now"));
    let dropped = bell("dropped");
    let seen = Arc::clone(&notes);
    play(&reactor.clone(), async move {
        let clock = reactor.clock();
        let start = clock.now();
        let alarms = [
            clock.wake_at(start + Duration::from_millis(30), late),
            clock.wake_at(start + Duration::from_millis(5), soon),
            clock.wake_at(start, now),
        ];
        drop(clock.wake_at(start, dropped));
        while noted(&seen).len() < 3 {
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
        drop(alarms);
    });
    let mut woken = noted(&notes);
    woken.sort_unstable();
    assert_eq!(woken, ["late", "now", "soon"]);
}

struct Bell(Notes, &'static str);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        note(&self.0, self.1)();
    }
}

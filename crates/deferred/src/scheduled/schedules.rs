//! Threads that fire, cancel, attach and drop at the same time, in many schedules.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use shuttle::{check_random, future::block_on, thread};

use crate::{Errors, Failure, ListOptions, Listed};

use super::{
    deferred::Deferred,
    handle::{Handle, State},
    list::deferred_list,
    lock::DeferredLock,
    queue::DeferredQueue,
    race::race,
};

type Number = Deferred<u32, String>;

/// How many schedules each is run in.
const SCHEDULES: usize = 1_000;

#[test]
fn what_is_attached_while_it_is_fired_is_called_once_and_in_order() {
    check_random(
        || {
            let (deferred, resolver) = Number::pending();
            let fires = thread::spawn(move || resolver.succeed(1).unwrap());
            let mut deferred = deferred;
            for digit in [2, 3, 4] {
                deferred = deferred.add_callback(move |value| Ok(value * 10 + digit));
            }
            fires.join().unwrap();
            assert_eq!(deferred.try_take().unwrap(), Ok(1234));
        },
        SCHEDULES,
    );
}

#[test]
fn of_several_that_fire_one_is_in_time() {
    check_random(
        || {
            let (deferred, resolver) = Number::pending();
            let threads: Vec<_> = (0..3)
                .map(|number| {
                    let resolver = resolver.clone();
                    thread::spawn(move || resolver.succeed(number).is_ok())
                })
                .collect();
            drop(resolver);
            let in_time: Vec<_> = threads.into_iter().map(|it| it.join().unwrap()).collect();
            assert_eq!(in_time.iter().filter(|it| **it).count(), 1);
            let winner = deferred.try_take().unwrap().unwrap();
            assert!(in_time[winner as usize]);
        },
        SCHEDULES,
    );
}

#[test]
fn firing_and_cancelling_have_one_outcome() {
    check_random(
        || {
            let (deferred, resolver) = Number::pending();
            let handle = deferred.handle();
            let cancels = thread::spawn(move || handle.cancel());
            let fires = thread::spawn(move || resolver.succeed(1).unwrap());
            let calls = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&calls);
            let deferred = deferred.add_both(move |outcome| {
                count.fetch_add(1, Ordering::SeqCst);
                outcome
            });
            cancels.join().unwrap();
            fires.join().unwrap();
            let outcome = deferred.try_take().unwrap();
            assert!(matches!(outcome, Ok(1) | Err(Failure::Cancelled)), "{outcome:?}");
            assert_eq!(calls.load(Ordering::SeqCst), 1);
        },
        SCHEDULES,
    );
}

#[test]
fn everything_is_let_go_of_whoever_drops_first() {
    check_random(
        || {
            let kept = Arc::new(());
            let (deferred, resolver) = Number::pending();
            let held = Arc::clone(&kept);
            let deferred = deferred.add_callback(move |value| {
                drop(held);
                Ok(value)
            });
            let other = resolver.clone();
            let threads = [
                thread::spawn(move || drop(deferred)),
                thread::spawn(move || drop(resolver)),
                thread::spawn(move || drop(other)),
            ];
            threads.into_iter().for_each(|it| it.join().unwrap());
            assert_eq!(Arc::strong_count(&kept), 1);
        },
        SCHEDULES,
    );
}

#[test]
fn one_that_waits_gets_the_result_however_late_it_begins() {
    check_random(
        || {
            let (inner, fires) = Number::pending();
            let (outer, starts) = Number::pending();
            let outer = outer.add_callback(move |_| inner).add_callback(|value| Ok(value + 1));
            let handle = outer.handle();
            let threads = [
                thread::spawn(move || fires.succeed(1).unwrap()),
                thread::spawn(move || starts.succeed(0).unwrap()),
                thread::spawn(move || {
                    handle.pause();
                    handle.unpause();
                }),
            ];
            threads.into_iter().for_each(|it| it.join().unwrap());
            assert_eq!(outer.try_take().unwrap(), Ok(2));
        },
        SCHEDULES,
    );
}

#[test]
fn cancelling_one_that_begins_to_wait_loses_nothing() {
    check_random(
        || {
            let (inner, fires) = Number::pending();
            let (outer, starts) = Number::pending();
            let outer = outer.add_callback(move |_| inner);
            let handle = outer.handle();
            let threads = [
                thread::spawn(move || handle.cancel()),
                thread::spawn(move || {
                    let _ = starts.succeed(0);
                }),
                thread::spawn(move || {
                    let _ = fires.succeed(1);
                }),
            ];
            threads.into_iter().for_each(|it| it.join().unwrap());
            let outcome = outer.try_take().unwrap();
            assert!(matches!(outcome, Ok(1) | Err(Failure::Cancelled)), "{outcome:?}");
        },
        SCHEDULES,
    );
}

#[test]
fn a_circle_that_several_threads_close_at_once_fails() {
    check_random(
        || {
            let slots: [Arc<std::sync::Mutex<Option<Number>>>; 3] = Default::default();
            let mut handles: Vec<Handle> = Vec::new();
            let mut threads = Vec::new();
            let mut start = Vec::new();
            for own in 0..3 {
                let (deferred, resolver) = Number::pending();
                handles.push(deferred.handle());
                let other = Arc::clone(&slots[(own + 1) % 3]);
                let deferred =
                    deferred.add_callback(move |_| other.lock().unwrap().take().unwrap());
                *slots[own].lock().unwrap() = Some(deferred);
                start.push(resolver);
            }
            for resolver in start {
                threads.push(thread::spawn(move || resolver.succeed(0).unwrap()));
            }
            threads.into_iter().for_each(|it| it.join().unwrap());
            assert!(handles.iter().all(|it| it.state() == State::Fired), "{handles:?}");
        },
        SCHEDULES,
    );
}

#[test]
fn who_awaits_is_woken() {
    check_random(
        || {
            let (deferred, resolver) = Number::pending();
            let fires = thread::spawn(move || resolver.succeed(7).unwrap());
            assert_eq!(block_on(deferred), Ok(7));
            fires.join().unwrap();
            let (deferred, resolver) = Number::pending();
            let drops = thread::spawn(move || drop(resolver));
            assert_eq!(block_on(deferred), Err(Failure::Abandoned));
            drops.join().unwrap();
        },
        SCHEDULES,
    );
}

#[test]
fn a_list_and_a_race_of_members_that_fire_on_different_threads_fire_once() {
    check_random(
        || {
            let options = ListOptions { errors: Errors::Consumed, ..ListOptions::default() };
            let ((one, first), (two, second)) = (Number::pending(), Number::pending());
            let list = deferred_list([one, two], options);
            let ((three, third), (four, fourth)) = (Number::pending(), Number::pending());
            let first_of = race([three, four]);
            let fires = thread::spawn(move || {
                first.succeed(1).unwrap();
                let _ = third.succeed(3);
            });
            second.succeed(2).unwrap();
            let _ = fourth.succeed(4);
            fires.join().unwrap();
            assert_eq!(list.try_take().unwrap(), Ok(Listed::All(vec![Ok(1), Ok(2)])));
            let winner = first_of.try_take().unwrap();
            assert!(matches!(winner, Ok((0, 3) | (1, 4))), "{winner:?}");
        },
        SCHEDULES,
    );
}

#[test]
fn a_lock_is_never_lost_to_a_waiter_that_is_cancelled() {
    check_random(
        || {
            let lock = DeferredLock::new();
            assert!(lock.acquire::<String>().try_take().is_ok());
            let waits = lock.acquire::<String>();
            let handle = waits.handle();
            let cancels = thread::spawn(move || handle.cancel());
            lock.release().unwrap();
            cancels.join().unwrap();
            match waits.try_take().unwrap() {
                Ok(()) => assert!(lock.is_locked()),
                Err(_) => assert!(!lock.is_locked()),
            }
        },
        SCHEDULES,
    );
}

#[test]
fn a_value_is_never_lost_to_a_waiter_that_is_cancelled() {
    check_random(
        || {
            let queue = DeferredQueue::<u32, String>::unbounded();
            let waits = queue.get().unwrap();
            let (handle, puts) = (waits.handle(), queue.clone());
            let threads = [
                thread::spawn(move || handle.cancel()),
                thread::spawn(move || puts.put(5).unwrap()),
            ];
            let other = queue.get().unwrap();
            threads.into_iter().for_each(|it| it.join().unwrap());
            match waits.try_take().unwrap() {
                Ok(value) => assert_eq!(value, 5),
                Err(_) => assert_eq!(other.try_take().unwrap(), Ok(5)),
            }
            assert!(queue.is_empty());
        },
        SCHEDULES,
    );
}

//! Locks and semaphores.

use ropewalk_deferred::{Failure, NoTokens, NotHeld};

use super::{
    Number,
    form::{
        Deferred, DeferredLock, DeferredSemaphore, failure_result_of, no_result, success_result_of,
    },
};
use crate::log::Log;

type Held = Deferred<(), String>;

#[test]
fn waiters_are_served_in_order() {
    let log = Log::default();
    let lock = DeferredLock::new();
    for name in ["one", "two", "three"] {
        let log = log.clone();
        drop(lock.acquire::<String>().add_callback(move |()| {
            log.add(name);
            Ok(())
        }));
    }
    for served in [&["one"][..], &["two"], &["three"]] {
        assert_eq!(log.take(), served);
        lock.release().unwrap();
    }
    assert!(!lock.is_locked());
    assert_eq!(lock.release(), Err(NotHeld));
}

#[test]
fn cancelling_a_waiter_removes_it_and_cancelling_one_that_was_served_does_nothing() {
    let lock = DeferredLock::new();
    let served = lock.acquire::<String>();
    served.cancel();
    success_result_of(served);
    let waits = lock.acquire::<String>();
    waits.cancel();
    assert_eq!(failure_result_of(waits), Failure::Cancelled);
    lock.release().unwrap();
    assert!(!lock.is_locked(), "the cancelled one does not get it");
}

#[test]
fn a_guard_releases_when_it_is_dropped_even_if_nobody_took_it() {
    let lock = DeferredLock::new();
    let guard = success_result_of(lock.guard::<String>());
    let second = no_result(lock.guard::<String>());
    drop(guard);
    assert!(lock.is_locked());
    drop(second); // it had the guard
    assert!(!lock.is_locked());
    let guard = success_result_of(lock.guard::<String>());
    lock.release().unwrap();
    assert_eq!(guard.release(), Err(NotHeld));
}

#[test]
fn running_something_holds_the_lock_until_its_deferred_has_a_result() {
    let lock = DeferredLock::new();
    let (inner, fires) = Number::pending();
    let (during, after) = (lock.clone(), lock.clone());
    let run = lock
        .run(move || {
            assert!(during.is_locked());
            inner
        })
        .add_callback(move |value| {
            assert!(!after.is_locked(), "it is released before the result is passed on");
            Ok(value)
        });
    assert!(lock.is_locked());
    fires.succeed(3).unwrap();
    assert_eq!(success_result_of(run), 3);
    let failed = lock.run(|| Number::fail("no".into()));
    assert_eq!(failure_result_of(failed), Failure::Failed("no".into()));
    assert!(!lock.is_locked());
}

#[test]
fn what_was_released_by_others_meanwhile_is_a_failure() {
    let lock = DeferredLock::new();
    let other = lock.clone();
    let run: Number = lock.run(move || {
        other.release().unwrap();
        Ok(1)
    });
    assert_eq!(failure_result_of(run), Failure::NotHeld);
}

#[test]
fn who_waits_for_a_lock_that_is_gone_is_let_go_of() {
    let lock = DeferredLock::new();
    success_result_of::<(), String>(lock.acquire());
    let waits: Number = lock.run(|| Ok(1));
    drop(lock);
    assert_eq!(waits.handle().state(), super::form::State::Abandoned);
}

#[test]
fn a_semaphore_has_so_many_tokens() {
    assert_eq!(DeferredSemaphore::new(0).err(), Some(NoTokens));
    let semaphore = DeferredSemaphore::new(2).unwrap();
    success_result_of::<(), String>(semaphore.acquire());
    success_result_of::<(), String>(semaphore.acquire());
    let third: Held = no_result(semaphore.acquire());
    assert_eq!((semaphore.tokens(), semaphore.limit()), (0, 2));
    semaphore.release().unwrap();
    success_result_of(third);
    semaphore.release().unwrap();
    semaphore.release().unwrap();
    assert_eq!(semaphore.release(), Err(NotHeld));
    let guard = success_result_of(semaphore.guard::<String>());
    assert_eq!(semaphore.tokens(), 1);
    drop(guard);
    let run: Number = semaphore.run(|| Ok(4));
    assert_eq!((success_result_of(run), semaphore.tokens()), (4, 2));
}

#[test]
fn cancelling_what_a_semaphore_runs_before_its_turn_does_not_run_it() {
    let semaphore = DeferredSemaphore::new(1).unwrap();
    success_result_of::<(), String>(semaphore.acquire());
    let run: Number = semaphore.run(|| -> Result<u32, _> { panic!("its turn never came") });
    run.cancel();
    assert_eq!(failure_result_of(run), Failure::Cancelled);
    semaphore.release().unwrap();
    assert_eq!(semaphore.tokens(), 1);
}

//! Looping calls, where the recorded runs do not go.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use async_executor::Executor;
use ropewalk_clock::{ManualClock, SystemClock};
use ropewalk_deferred::{Deferred, Failure, failure_result_of, no_result, success_result_of};
use ropewalk_task::{Counting, First, LoopError, LoopingCall};

const SECOND: Duration = Duration::from_secs(1);

type Loop = LoopingCall<ManualClock, String>;

fn counts(clock: &ManualClock, counting: Counting) -> (Loop, Arc<Mutex<Vec<u64>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = Arc::clone(&seen);
    let call = Loop::with_count(clock, counting, move |count| {
        sees.lock().unwrap().push(count);
        Ok(())
    });
    (call, seen)
}

#[test]
fn the_time_while_it_was_stopped_counts_only_where_it_is_asked_for() {
    for (counting, first_after) in [(Counting::WhileRunning, 1), (Counting::SinceLastCall, 11)] {
        let clock = ManualClock::new();
        let (call, seen) = counts(&clock, counting);
        let stopped = call.start(SECOND, First::Now).unwrap();
        call.stop().unwrap();
        success_result_of(stopped);
        clock.advance(SECOND * 10);
        let _stopped = call.start(SECOND, First::Later).unwrap();
        clock.advance(SECOND);
        assert_eq!(*seen.lock().unwrap(), [1, first_after]);
    }
}

#[test]
fn it_is_not_started_again_before_its_last_call_has_ended() {
    let (clock, fires) = (ManualClock::new(), Arc::new(Mutex::new(None)));
    let keeps = Arc::clone(&fires);
    let call = Loop::new(&clock, move || {
        let (deferred, resolver) = Deferred::<(), String>::pending();
        *keeps.lock().unwrap() = Some(resolver);
        deferred
    });
    let stopped = call.start(SECOND, First::Now).unwrap();
    assert_eq!(call.start(SECOND, First::Now).unwrap_err(), LoopError::Running);
    call.stop().unwrap();
    assert_eq!(call.stop(), Err(LoopError::NotRunning));
    assert_eq!(call.reset(), Err(LoopError::NotRunning));
    assert!(call.is_calling());
    assert_eq!(call.start(SECOND, First::Now).unwrap_err(), LoopError::Calling);
    let stopped = no_result(stopped);
    let resolver = fires.lock().unwrap().take().unwrap();
    resolver.succeed(()).unwrap();
    success_result_of(stopped);
    assert!(clock.pending().is_empty());
    let _stopped = call.start(SECOND, First::Later).unwrap();
}

#[test]
fn it_may_be_started_again_from_the_callback_of_its_own_end() {
    let clock = ManualClock::new();
    let (call, seen) = counts(&clock, Counting::WhileRunning);
    let stopped = call.start(SECOND, First::Now).unwrap();
    let again = stopped.add_callback(|call| call.start(SECOND * 2, First::Now).unwrap());
    call.stop().unwrap();
    assert_eq!(call.interval(), SECOND * 2);
    assert_eq!(seen.lock().unwrap().len(), 2);
    call.stop().unwrap();
    success_result_of(again);
}

#[test]
fn a_deferred_that_is_given_up_ends_the_loop() {
    let clock = ManualClock::new();
    let call = Loop::new(&clock, || Deferred::<(), String>::pending().0);
    let stopped = call.start(SECOND, First::Now).unwrap();
    assert!(!call.is_running());
    assert_eq!(failure_result_of(stopped), Failure::Abandoned);
}

#[test]
fn a_function_that_panics_ends_the_loop() {
    let (clock, tries) = (ManualClock::new(), AtomicU32::new(0));
    let call = Loop::new(&clock, move || {
        assert!(tries.fetch_add(1, Ordering::Relaxed) > 0, "as the test wants it");
        Ok(())
    });
    let stopped = call.start(SECOND, First::Later).unwrap();
    catch_unwind(AssertUnwindSafe(|| clock.advance(SECOND))).unwrap_err();
    assert_eq!(failure_result_of(stopped), Failure::Abandoned);
    let _stopped = call.start(SECOND, First::Now).unwrap();
    assert!(call.is_running(), "it can be started again");
}

#[test]
fn futures_run_where_they_are_spawned_and_hold_the_next_call_back() {
    let (clock, executor) = (ManualClock::new(), Arc::new(Executor::new()));
    let (runs, calls) = (Arc::clone(&executor), Arc::new(AtomicU32::new(0)));
    let counts = Arc::clone(&calls);
    let call = Loop::with_futures(
        &clock,
        move |work| runs.spawn(work).detach(),
        move || {
            let number = counts.fetch_add(1, Ordering::Relaxed);
            async move { if number < 2 { Ok(()) } else { Err("enough".to_owned().into()) } }
        },
    );
    let stopped = call.start(SECOND, First::Now).unwrap();
    clock.advance(SECOND * 3);
    assert_eq!(calls.load(Ordering::Relaxed), 1, "the first has not ended");
    while executor.try_tick() {}
    clock.advance(SECOND);
    while executor.try_tick() {}
    clock.advance(SECOND);
    while executor.try_tick() {}
    assert_eq!(failure_result_of(stopped), Failure::Failed("enough".to_owned()));
}

#[test]
fn futures_that_are_dropped_end_the_loop() {
    let clock = ManualClock::new();
    let call = Loop::with_futures(&clock, drop, || async { Ok(()) });
    let stopped = call.start(SECOND, First::Now).unwrap();
    assert_eq!(failure_result_of(stopped), Failure::Abandoned);
}

#[test]
fn it_runs_and_stops_across_threads() {
    let (says, hears) = mpsc::channel();
    let call = LoopingCall::<_, String>::new(&SystemClock, move || {
        says.send(()).unwrap();
        Ok(())
    });
    let stopped = call.start(Duration::from_micros(100), First::Later).unwrap();
    for _ in 0..100 {
        hears.recv().unwrap();
    }
    call.stop().unwrap();
    futures_lite::future::block_on(stopped).unwrap();
    assert!(!call.is_calling());
}

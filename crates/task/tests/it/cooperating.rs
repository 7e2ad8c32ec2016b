//! Cooperators, where the recorded runs do not go.

use std::{
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ropewalk_clock::ManualClock;
use ropewalk_deferred::{
    Answered, Deferred, Failure, failure_result_of, no_result, success_result_of,
};
use ropewalk_task::{Cooperator, NotPaused, Slice, Task, TaskError, TaskOver};

type Step = Result<(), Failure<String>>;

fn cooperator(clock: &ManualClock) -> Cooperator<String> {
    Cooperator::new(clock, Slice::steps(1), Duration::ZERO)
}

fn for_ever() -> impl Iterator<Item = Step> + Send {
    iter::repeat_with(|| Ok(()))
}

#[test]
fn a_cooperator_that_is_stopped_tells_all_its_tasks() {
    let clock = ManualClock::new();
    let cooperator = cooperator(&clock);
    let tasks: Vec<_> = (0..10).map(|_| cooperator.cooperate(for_ever())).collect();
    cooperator.stop();
    for task in tasks {
        let failure = failure_result_of(task.when_done());
        assert_eq!(failure, Failure::Failed(TaskError::SchedulerStopped));
        assert_eq!(task.stop(), Err(TaskOver::SchedulerStopped));
    }
    assert!(clock.pending().is_empty());
    let late = cooperator.cooperate(for_ever());
    assert_eq!(late.over(), Some(TaskOver::SchedulerStopped));
    cooperator.start();
    let again = cooperator.cooperate(iter::empty::<Step>());
    clock.advance(Duration::ZERO);
    success_result_of(again.when_done());
}

#[test]
fn a_cooperator_may_be_stopped_by_whoever_hears_of_a_tasks_end() {
    let clock = ManualClock::new();
    let cooperator = cooperator(&clock);
    let (ends, other) =
        (cooperator.cooperate(iter::empty::<Step>()), cooperator.cooperate(for_ever()));
    let stops = cooperator.clone();
    let told = ends.when_done().add_callback(move |()| {
        stops.stop();
        Ok(())
    });
    clock.advance(Duration::ZERO);
    success_result_of(told);
    assert_eq!(other.over(), Some(TaskOver::SchedulerStopped));
}

#[test]
fn a_task_that_was_stopped_while_it_waited_stays_stopped() {
    let clock = ManualClock::new();
    let (waited, fires) = Deferred::<(), String>::pending();
    let mut waited = Some(waited);
    let task = cooperator(&clock).cooperate(iter::from_fn(move || waited.take()));
    clock.advance(Duration::ZERO);
    assert!(task.is_waiting());
    task.stop().unwrap();
    fires.fail("too late".to_owned()).unwrap();
    assert_eq!(task.over(), Some(TaskOver::Stopped));
}

#[test]
fn a_step_that_stops_its_own_task_may_come_to_anything() {
    let clock = ManualClock::new();
    type End = fn() -> Option<Answered<(), String>>;
    let ends: [End; 4] = [
        || None,
        || Some(Answered::Now(Ok(()))),
        || Some(Answered::Now(Err(Failure::Failed("failed".to_owned())))),
        || Some(Answered::Later(Deferred::pending().0)),
    ];
    for end in ends {
        let own = Arc::new(Mutex::new(None::<Task<String>>));
        let stops = Arc::clone(&own);
        let task = cooperator(&clock).cooperate(iter::from_fn(move || {
            stops.lock().unwrap().take().unwrap().stop().unwrap();
            end()
        }));
        *own.lock().unwrap() = Some(task.clone());
        clock.advance(Duration::ZERO);
        assert_eq!(task.over(), Some(TaskOver::Stopped));
        assert!(clock.pending().is_empty());
    }
}

#[test]
fn a_task_that_is_paused_and_waits_needs_both_to_end() {
    let (clock, steps) = (ManualClock::new(), Arc::new(AtomicU32::new(0)));
    let (waited, fires) = Deferred::<(), String>::pending();
    let (mut waited, counts) = (Some(waited), Arc::clone(&steps));
    let task = cooperator(&clock).cooperate(iter::from_fn(move || {
        counts.fetch_add(1, Ordering::Relaxed);
        waited.take()
    }));
    clock.advance(Duration::ZERO);
    assert_eq!(task.resume(), Err(NotPaused));
    task.pause().unwrap();
    task.pause().unwrap();
    task.resume().unwrap();
    fires.succeed(()).unwrap();
    clock.advance(Duration::ZERO);
    assert_eq!(steps.load(Ordering::Relaxed), 1);
    task.resume().unwrap();
    clock.advance(Duration::ZERO);
    assert_eq!(task.over(), Some(TaskOver::Done));
}

#[test]
fn a_step_that_panics_ends_its_task_and_no_other() {
    let clock = ManualClock::new();
    let cooperator = Cooperator::<String>::new(&clock, Slice::steps(1), Duration::ZERO);
    let panics =
        cooperator.cooperate(iter::once_with(|| -> Step { panic!("as the test wants it") }));
    let other = cooperator.cooperate((0..3).map(|_| -> Step { Ok(()) }));
    let mut caught = 0;
    while other.over().is_none() {
        caught +=
            u32::from(catch_unwind(AssertUnwindSafe(|| clock.advance(Duration::ZERO))).is_err());
    }
    assert_eq!(caught, 1);
    assert_eq!(panics.over(), Some(TaskOver::Failed));
}

#[test]
fn a_slice_of_time_ends_when_it_has_passed() {
    let (clock, steps) = (ManualClock::new(), Arc::new(AtomicU32::new(0)));
    let slice = Slice::time(&clock, Duration::from_millis(10));
    let cooperator = Cooperator::<String>::new(&clock, slice, Duration::from_secs(1));
    let (counts, passes) = (Arc::clone(&steps), clock.clone());
    let task = cooperator.cooperate(iter::repeat_with(move || -> Step {
        counts.fetch_add(1, Ordering::Relaxed);
        passes.pass(Duration::from_millis(3));
        Ok(())
    }));
    clock.advance(Duration::from_secs(1));
    assert_eq!(steps.load(Ordering::Relaxed), 4, "3, 6, 9 and 12 milliseconds");
    task.stop().unwrap();
}

#[test]
fn a_hundred_thousand_tasks_are_told_of_their_end() {
    let clock = ManualClock::new();
    let cooperator = Cooperator::<String>::new(&clock, Slice::steps(1000), Duration::ZERO);
    let done = Arc::new(AtomicU32::new(0));
    for number in 0..100_000 {
        let counts = Arc::clone(&done);
        let task = cooperator.cooperate((0..number % 3).map(|_| -> Step { Ok(()) }));
        drop(task.when_done().add_callback(move |()| {
            counts.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }));
    }
    while !clock.pending().is_empty() {
        clock.advance(Duration::ZERO);
    }
    assert_eq!(done.load(Ordering::Relaxed), 100_000);
}

#[test]
fn iterators_are_given_back_when_they_are_exhausted() {
    let clock = ManualClock::new();
    let cooperator = cooperator(&clock);
    let done = no_result(cooperator.coiterate(vec![Step::Ok(()); 3].into_iter()));
    clock.pump([Duration::ZERO; 4]);
    assert_eq!(success_result_of(done).len(), 0);
}

#[test]
fn each_asker_gets_a_deferred_of_its_own() {
    let clock = ManualClock::new();
    let task = cooperator(&clock).cooperate(iter::once_with(|| Step::Err("e".to_owned().into())));
    let before = [no_result(task.when_done()), no_result(task.when_done())];
    clock.advance(Duration::ZERO);
    for asked in before.into_iter().chain([task.when_done()]) {
        let failure = failure_result_of(asked);
        let expected = TaskError::Failed(Failure::Failed("e".to_owned()));
        assert_eq!(failure, Failure::Failed(expected));
    }
}

//! Futures that wait for their turn.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use async_executor::Executor;
use futures_lite::future::{block_on, poll_once, yield_now};
use proptest::prelude::*;
use ropewalk_deferred::Deferred;
use ropewalk_task::{Fifo, Full, PolicyExecutor, RoundRobin, Tag};

fn of(group: u64) -> Tag {
    Tag { group, ..Tag::default() }
}

#[test]
fn a_flooding_group_does_not_move_the_others_turns() {
    let executor = PolicyExecutor::new(RoundRobin::default(), 10_000);
    let polls = Arc::new(AtomicUsize::new(0));
    for _ in 0..5000 {
        let polls = Arc::clone(&polls);
        let floods = async move {
            loop {
                polls.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        };
        executor.spawn(of(1), floods).unwrap().detach();
    }
    let quiet = executor
        .spawn(of(2), async {
            for _ in 0..10 {
                yield_now().await;
            }
        })
        .unwrap();
    while !quiet.is_finished() {
        assert!(executor.try_tick());
    }
    assert!(polls.load(Ordering::Relaxed) <= 11, "one poll for each of the other's");
}

#[test]
fn no_more_futures_are_there_than_the_limit_says() {
    let executor = PolicyExecutor::new(Fifo::default(), 2);
    let ends = executor.spawn(Tag::default(), ready(1)).unwrap();
    executor.spawn(Tag::default(), pending::<()>()).unwrap().detach();
    assert_eq!(executor.spawn(Tag::default(), ready(3)).unwrap_err(), Full { limit: 2 });
    assert_eq!(block_on(executor.run(ends)), 1);
    assert_eq!(executor.len(), 1);
    let dropped = executor.spawn(Tag::default(), pending::<()>()).unwrap();
    assert_eq!(executor.len(), 2);
    drop(dropped);
    while executor.try_tick() {}
    assert_eq!(executor.len(), 1);
}

#[test]
fn a_future_that_panics_tells_whoever_awaits_it_and_ends_no_other() {
    let executor = PolicyExecutor::new(Fifo::default(), 10);
    let panics = executor.spawn(Tag::default(), async { panic!("as the test wants it") }).unwrap();
    let other = executor.spawn(Tag::default(), ready(2)).unwrap();
    assert_eq!(block_on(executor.run(other)), 2);
    let caught = catch_unwind(AssertUnwindSafe(|| block_on(executor.run(panics))));
    let _: Box<dyn std::any::Any + Send> = caught.map(|(): ()| ()).unwrap_err();
}

#[test]
fn futures_are_dropped_with_their_executor() {
    let (executor, held) = (PolicyExecutor::new(Fifo::default(), 10), Arc::new(()));
    let holds = Arc::clone(&held);
    let task = executor.spawn(Tag::default(), async move { drop(holds) }).unwrap();
    task.detach();
    drop(executor);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn who_waits_in_vain_passes_the_wake_up_on() {
    let executor = PolicyExecutor::new(Fifo::default(), 10);
    let (mut first, mut second) = (Box::pin(executor.tick()), Box::pin(executor.tick()));
    assert!(block_on(poll_once(&mut first)).is_none());
    assert!(block_on(poll_once(&mut second)).is_none());
    let (says, hears) = std::sync::mpsc::channel();
    executor.spawn(Tag::default(), async move { says.send(()).unwrap() }).unwrap().detach();
    drop(first); // it was the one that was woken
    block_on(second);
    assert_eq!(hears.try_recv(), Ok(()));
}

#[test]
fn it_runs_on_the_threads_of_another_executor() {
    let (threads, done) = (Executor::new(), Arc::new(AtomicUsize::new(0)));
    let ordered = PolicyExecutor::new(RoundRobin::default(), 10_000);
    let tasks: Vec<_> = (0..2000)
        .map(|group| {
            let done = Arc::clone(&done);
            let work = async move {
                yield_now().await;
                done.fetch_add(1, Ordering::Relaxed);
            };
            ordered.spawn(of(group % 7), work).unwrap()
        })
        .collect();
    for _ in 0..2 {
        threads.spawn(ordered.run(pending::<()>())).detach();
    }
    let (stopped, stop): (Vec<_>, Vec<_>) =
        (0..2).map(|_| Deferred::<(), String>::pending()).unzip();
    thread::scope(|scope| {
        let threads = &threads;
        for stopped in stopped {
            scope.spawn(|| block_on(threads.run(stopped)).unwrap());
        }
        block_on(async {
            for task in tasks {
                task.await;
            }
        });
        for thread in stop {
            thread.succeed(()).unwrap();
        }
    });
    assert_eq!(done.load(Ordering::Relaxed), 2000);
}

proptest! {
    #[test]
    fn every_future_comes_to_its_end(yields in prop::collection::vec((0_u64..5, 0_usize..20), 0..100)) {
        let executor = PolicyExecutor::new(RoundRobin::default(), 1000);
        let done = Arc::new(AtomicUsize::new(0));
        for (group, count) in &yields {
            let (done, count) = (Arc::clone(&done), *count);
            let work = async move {
                for _ in 0..count {
                    yield_now().await;
                }
                done.fetch_add(1, Ordering::Relaxed);
            };
            executor.spawn(of(*group), work).unwrap().detach();
        }
        while executor.try_tick() {}
        prop_assert_eq!(done.load(Ordering::Relaxed), yields.len());
        prop_assert!(executor.is_empty());
    }
}

//! Work that blocks, in the pool.

use std::{
    sync::{Arc, Barrier, mpsc},
    time::Duration,
};

use futures_lite::future::block_on;
use ropewalk_protocol::Reactor;
use ropewalk_reactor::ThreadPool;

use crate::{Running, on_each_reactor};

fn work_in_a_thread_comes_back_as_a_future(reactor: impl Reactor) {
    let (tell, hear) = mpsc::channel();
    let (fine, broken) = (reactor.call_in_thread(|| 6 * 7), reactor.call_in_thread(broken));
    reactor.spawn(async move {
        tell.send((fine.await, broken.await)).unwrap();
    });
    let _running = Running::new(reactor);
    assert_eq!(hear.recv_timeout(Duration::from_secs(20)).unwrap(), (Some(42), None));
}

fn broken() -> u32 {
    panic!("in a thread")
}

on_each_reactor!(work_in_a_thread_comes_back_as_a_future);

#[test]
fn a_pool_runs_as_many_at_once_as_it_may_and_no_more() {
    let pool = ThreadPool::new(2);
    let (running, most) = (Arc::new(std::sync::atomic::AtomicUsize::new(0)), Arc::default());
    let meeting = Arc::new(Barrier::new(2));
    let jobs: Vec<_> = (0..8)
        .map(|_| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            let meeting = Arc::clone(&meeting);
            pool.run(move || {
                use std::sync::atomic::{AtomicUsize, Ordering};
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                AtomicUsize::fetch_max(&most, now, Ordering::SeqCst);
                meeting.wait(); // two must run at once, or none of them ends
                running.fetch_sub(1, Ordering::SeqCst);
            })
        })
        .collect();
    for job in jobs {
        assert_eq!(block_on(job), Some(()));
    }
    assert_eq!(most.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[test]
fn a_pool_keeps_its_minimum_and_never_exceeds_its_maximum() {
    let pool = ThreadPool::between(2, 3);
    assert_eq!(pool.threads(), 2, "before there is work");
    let gate = Arc::new(Barrier::new(4));
    let (started, starts) = mpsc::channel();
    let jobs: Vec<_> = (0..6)
        .map(|number| {
            let (gate, started) = (Arc::clone(&gate), started.clone());
            pool.run(move || {
                started.send(number).unwrap();
                if number < 3 {
                    gate.wait();
                }
                number
            })
        })
        .collect();
    let first: Vec<_> = starts.iter().take(3).collect();
    assert!(starts.try_recv().is_err(), "three at once: {first:?}");
    assert_eq!(pool.threads(), 3);
    // Another pool does not wait for this one.
    assert_eq!(block_on(ThreadPool::between(0, 1).run(|| 7)), Some(7));
    gate.wait();
    for (number, job) in jobs.into_iter().enumerate() {
        assert_eq!(block_on(job), Some(number));
    }
}

#[test]
fn a_pool_that_is_dropped_does_what_waits_and_its_threads_end() {
    let pool = ThreadPool::between(2, 2);
    let alive = Arc::new(());
    let jobs: Vec<_> = (0..10)
        .map(|_| {
            let held = Arc::clone(&alive);
            pool.run(move || drop(held))
        })
        .collect();
    drop(pool);
    for job in jobs {
        assert_eq!(block_on(job), Some(()));
    }
    assert_eq!(Arc::strong_count(&alive), 1);
}

//! Functions that wait for their turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use ropewalk_clock::ManualClock;
use ropewalk_task::{Fifo, Full, Priority, RoundRobin, Scheduler, Tag};

#[test]
fn no_more_functions_wait_than_the_limit_says() {
    let scheduler = Scheduler::new(Fifo::default(), 2);
    scheduler.push(Tag::default(), || ()).unwrap();
    scheduler.push(Tag::default(), || ()).unwrap();
    let full = scheduler.push(Tag::default(), || panic!("it was not taken")).unwrap_err();
    assert_eq!(full, Full { limit: 2 });
    assert_eq!(full.to_string(), "2 wait already, which is the limit");
    assert!(scheduler.run_one());
    scheduler.push(Tag::default(), || ()).unwrap();
    while scheduler.run_one() {}
    assert!(scheduler.is_empty());
}

#[test]
fn functions_may_add_functions() {
    let (scheduler, (says, hears)) = (Scheduler::new(RoundRobin::default(), 10), mpsc::channel());
    let (adds, tag) = (scheduler.clone(), Tag::default());
    scheduler
        .push(tag, move || adds.push(tag, move || says.send("added").unwrap()).unwrap())
        .unwrap();
    while scheduler.run_one() {}
    assert_eq!(hears.recv(), Ok("added"));
}

#[test]
fn the_clock_that_ages_them_is_the_one_that_was_given() {
    let (clock, (says, hears)) = (ManualClock::new(), mpsc::channel());
    let scheduler = Scheduler::on(clock.clone(), Priority::default(), 10);
    for (level, name) in [(1, "old"), (0, "young")] {
        let says = says.clone();
        scheduler.push(Tag { level, ..Tag::default() }, move || says.send(name).unwrap()).unwrap();
        clock.advance(std::time::Duration::from_secs(1));
    }
    while scheduler.run_one() {}
    assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["old", "young"]);
}

#[test]
fn several_threads_may_run_it() {
    let (scheduler, done) =
        (Scheduler::new(Fifo::default(), 10_000), Arc::new(AtomicUsize::new(0)));
    for _ in 0..10_000 {
        let counts = Arc::clone(&done);
        scheduler
            .push(Tag::default(), move || {
                counts.fetch_add(1, Ordering::Relaxed);
            })
            .unwrap();
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| while scheduler.run_one() {});
        }
    });
    assert_eq!(done.load(Ordering::Relaxed), 10_000);
}

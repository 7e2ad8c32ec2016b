//! Deferreds on reactors.

use std::{
    sync::mpsc,
    thread::{self, ThreadId},
    time::Duration,
};

use ropewalk_deferred::{Deferred, Failure};
use ropewalk_protocol::Reactor;
use ropewalk_reactor::{
    Exit, FromThread, blocking_call_from_thread, call_from_thread, defer_to_thread, react,
};

use crate::{Running, on_each_reactor};

const PATIENCE: Duration = Duration::from_secs(20);

fn what_a_thread_came_to_arrives_on_the_reactor(reactor: impl Reactor) {
    let (tell, hear) = mpsc::channel();
    let deferred = defer_to_thread(&reactor, || Ok::<ThreadId, String>(thread::current().id()));
    drop(deferred.add_both(move |outcome| {
        tell.send((outcome, thread::current().id())).unwrap();
        Ok::<(), Failure<String>>(())
    }));
    let _running = Running::new(reactor);
    let (called_on, arrived_on) = hear.recv_timeout(PATIENCE).unwrap();
    let called_on = called_on.unwrap();
    assert_ne!(called_on, thread::current().id());
    assert_ne!(called_on, arrived_on);
}

fn what_fails_in_a_thread_is_a_failure(reactor: impl Reactor) {
    let failed = Deferred::<(), _>::from_thread(&reactor, || Err("no"));
    let panicked = Deferred::<(), &str>::from_thread(&reactor, || panic!("in a thread"));
    let (tell, hear) = mpsc::channel();
    reactor.spawn(async move {
        tell.send((failed.await, panicked.await)).unwrap();
    });
    let _running = Running::new(reactor);
    let outcomes = hear.recv_timeout(PATIENCE).unwrap();
    assert_eq!(outcomes, (Err(Failure::Failed("no")), Err(Failure::Abandoned)));
}

fn a_thread_may_wait_for_what_it_calls_on_the_reactor(reactor: impl Reactor) {
    let _running = Running::new(reactor.clone());
    let (tell, hear) = mpsc::channel();
    call_from_thread(&reactor, move || tell.send(thread::current().id()).unwrap());
    let on = hear.recv_timeout(PATIENCE).unwrap();
    assert_ne!(on, thread::current().id());
    let later = reactor.clone();
    let outcome = blocking_call_from_thread(&reactor, move || {
        let (deferred, resolver) = Deferred::<_, String>::pending();
        later.call_later(Duration::from_millis(1), move || resolver.succeed(6 * 7).unwrap());
        deferred
    });
    assert_eq!(outcome, Ok(42));
    let failed = blocking_call_from_thread(&reactor, || Deferred::<(), _>::fail("no"));
    assert_eq!(failed, Err(Failure::Failed("no")));
}

fn who_waits_for_a_reactor_that_ends_is_told(reactor: impl Reactor) {
    let (tell, hear) = mpsc::channel();
    let caller = reactor.clone();
    let waits = thread::spawn(move || {
        let (deferred, resolver) = Deferred::<(), String>::pending();
        blocking_call_from_thread(&caller, move || {
            tell.send(resolver).unwrap();
            deferred
        })
    });
    let running = Running::new(reactor);
    let resolver = hear.recv_timeout(PATIENCE).unwrap();
    drop(running);
    assert_eq!(waits.join().unwrap(), Err(Failure::Abandoned));
    drop(resolver);
}

fn a_program_ends_with_the_status_of_its_main(reactor: impl Reactor) {
    let status = react(&reactor, |reactor| {
        let (deferred, resolver) = Deferred::<(), String>::pending();
        reactor.call_later(Duration::from_millis(1), move || resolver.succeed(()).unwrap());
        deferred
    });
    assert_eq!(status, Exit(0));
}

fn a_program_that_fails_ends_with_one(reactor: impl Reactor) {
    assert_eq!(react(&reactor, |_| Deferred::<(), _>::fail("no")), Exit(1));
}

fn a_program_that_panics_ends_with_one(reactor: impl Reactor) {
    let status = react(&reactor, |_| async {
        assert!(thread::panicking(), "on purpose");
        Ok::<(), Failure<String>>(())
    });
    assert_eq!(status, Exit(1));
}

fn a_program_may_choose_its_status(reactor: impl Reactor) {
    let status = react(&reactor, |_| async { Err::<(), _>(Failure::Failed(Exit(7))) });
    assert_eq!(status, Exit(7));
}

fn a_program_that_others_stop_ends_with_zero(reactor: impl Reactor) {
    let status = react(&reactor, |reactor| {
        reactor.stop();
        std::future::pending::<Result<(), Failure<String>>>()
    });
    assert_eq!(status, Exit(0));
}

on_each_reactor!(
    what_a_thread_came_to_arrives_on_the_reactor,
    what_fails_in_a_thread_is_a_failure,
    a_thread_may_wait_for_what_it_calls_on_the_reactor,
    who_waits_for_a_reactor_that_ends_is_told,
    a_program_ends_with_the_status_of_its_main,
    a_program_that_fails_ends_with_one,
    a_program_that_panics_ends_with_one,
    a_program_may_choose_its_status,
    a_program_that_others_stop_ends_with_zero,
);

//! Children that are given up: killed or left, and reaped either way.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use ropewalk_protocol::Reason;
use ropewalk_reactor::{AtEnd, Spawn, SpawnProcess};

use crate::{
    Running, on_each_reactor,
    processes::{shell, sleep, start},
};

/// Waits until the system knows no process of that number whose parent we are.
fn assert_reaped(pid: u32) {
    let until = Instant::now() + Duration::from_secs(20);
    while is_our_child(pid) {
        assert!(Instant::now() < until, "{pid} is still there");
        std::thread::yield_now();
    }
}

fn is_our_child(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The name, in parentheses, may hold anything.
    let rest = stat.rsplit(')').next().unwrap();
    rest.split_whitespace().nth(1) == Some(&*std::process::id().to_string())
}

fn a_panic_kills_and_reaps_the_child(reactor: impl SpawnProcess) {
    let seen = start(&reactor, shell("echo please panic; exec sleep 1000"));
    let _running = Running::new(reactor);
    assert_eq!(seen.next(), "ended: given up: a callback panicked");
    assert_reaped(seen.process.pid());
}

fn a_child_that_is_to_be_left_goes_on_and_is_reaped(reactor: impl SpawnProcess) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still");
    let mut spawn = shell(&format!("sleep 0.2; touch {}", path.display()));
    spawn.at_end = AtEnd::Leave;
    let seen = start(&reactor, spawn);
    let _running = Running::new(reactor);
    seen.mailbox().abort(Reason::killed("enough"));
    assert_eq!(seen.next(), "ended: given up: enough");
    assert_reaped(seen.process.pid());
    assert!(path.exists());
}

fn a_stopping_reactor_asks_its_children_to_end(reactor: impl SpawnProcess) {
    let script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    let asked = start(&reactor, shell(script));
    let reads = start(&reactor, Spawn::new(Command::new("cat")));
    let running = Running::new(reactor);
    assert_eq!(asked.next(), "1: ready");
    drop(running);
    assert_eq!(asked.sorted().pop().unwrap(), "ended: exit status: 5");
    assert!(reads.sorted().pop().unwrap().starts_with("ended: "));
    assert_reaped(asked.process.pid());
    assert_reaped(reads.process.pid());
}

fn a_reactor_that_never_runs_leaves_no_child(reactor: impl SpawnProcess) {
    let seen = start(&reactor, Spawn::new(sleep()));
    drop(reactor);
    assert_eq!(seen.next(), "ended: given up: the server is shutting down");
    assert_reaped(seen.process.pid());
}

on_each_reactor!(
    a_panic_kills_and_reaps_the_child,
    a_child_that_is_to_be_left_goes_on_and_is_reaped,
    a_stopping_reactor_asks_its_children_to_end,
    a_reactor_that_never_runs_leaves_no_child,
);

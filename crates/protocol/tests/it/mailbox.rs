//! Mailboxes: bounded, compact, and closed with their connection.

use std::{sync::Arc, thread};

use ropewalk_protocol::{Connection, Limits, Peer, PostError, Reason};
use ropewalk_testkit::Harness;

use crate::scripted::Recorder;

#[test]
fn a_full_mailbox_says_so_and_takes_more_later() {
    let limits = Limits { mailbox: 2, ..Limits::default() };
    let mut harness = Harness::limited(Recorder::default(), limits);
    let mailbox = harness.mailbox();
    assert_eq!(mailbox.post("a".into()), Ok(()));
    assert_eq!(mailbox.post("b".into()), Ok(()));
    assert_eq!(mailbox.post("c".into()), Err(PostError::Full { limit: 2 }));
    harness.poll();
    assert_eq!(mailbox.post("d".into()), Ok(()));
    harness.poll();
    assert_eq!(harness.written(), b"abd");
}

#[test]
fn a_mailbox_closes_with_its_connection() {
    let mut harness = Harness::new(Recorder::default());
    let mailbox = harness.mailbox();
    harness.break_off(Reason::killed("test"));
    assert_eq!(mailbox.post("late".into()), Err(PostError::Closed));
    assert!(mailbox.is_closed());
}

#[test]
fn a_connection_asked_to_end_deals_with_its_messages_first() {
    let mut harness = Harness::new(Recorder::default());
    let mailbox = harness.mailbox();
    mailbox.post("a".into()).unwrap();
    mailbox.shut_down();
    mailbox.shut_down();
    mailbox.post("b".into()).unwrap();
    harness.poll();
    assert_eq!(harness.written(), b"ab");
    assert!(harness.has_ended());
    harness.end();
    mailbox.shut_down();
    assert!(matches!(harness.lost(), Some(Reason::Closed)));
}

#[test]
fn two_mailboxes_are_equal_when_they_reach_the_same_connection() {
    let (mut one, mut two) = (Harness::new(Recorder::default()), Harness::new(Recorder::default()));
    assert_eq!(one.mailbox(), one.mailbox());
    assert_ne!(one.mailbox(), two.mailbox());
}

#[test]
fn messages_come_from_other_threads_in_the_order_of_each() {
    let limits = Limits { mailbox: 1000, ..Limits::default() };
    let mut harness = Harness::limited(Recorder::default(), limits);
    let threads = ["a", "b"].map(|name| {
        let mailbox = harness.mailbox();
        thread::spawn(move || (0..100).for_each(|n| mailbox.post(format!("{name}{n:03}")).unwrap()))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    harness.poll();
    for name in ["a", "b"] {
        let all = harness.protocol().events.iter().filter(|event| event.starts_with(name));
        assert!(all.clone().count() == 100 && all.is_sorted());
    }
}

#[test]
fn an_idle_mailbox_takes_less_than_a_hundred_bytes() {
    let limits = Arc::new(Limits::default());
    let mut connection = Connection::new(Recorder::default(), Peer::unnamed(), limits);
    let allocated = allocation_counter::measure(|| drop(connection.mailbox()));
    assert!(allocated.bytes_current < 100, "{} bytes", allocated.bytes_current);
}

//! Idle connections, and those that do not get anywhere.

use std::time::Duration;

use ropewalk_policies::Idle;
use ropewalk_testkit::{Harness, every_cut};

use crate::{Diary, Echo};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_connection_on_which_nothing_arrives_is_closed_and_hears_why() {
    let mut harness = Harness::new(Idle::new(MINUTE, Diary::default()));
    harness.advance(MINUTE - Duration::from_nanos(1));
    harness.feed(b"a");
    harness.advance(MINUTE - Duration::from_nanos(1));
    assert!(!harness.has_ended());
    harness.advance(Duration::from_nanos(1));
    assert!(harness.has_ended());
    harness.end();
    assert_eq!(harness.protocol().inner().events, ["a", "lost: nothing was received for 60s"]);
}

#[test]
fn the_inner_deadline_is_kept_and_fires_once() {
    let soon = std::time::Instant::now() + Duration::from_secs(10);
    let diary = Diary { deadline: Some(soon), ..Diary::default() };
    let mut harness = Harness::new(Idle::new(MINUTE, diary));
    harness.advance(2 * MINUTE);
    harness.end();
    let events = &harness.protocol().inner().events;
    assert_eq!(events, &["timed out", "lost: nothing was received for 60s"]);
}

#[test]
fn what_is_not_done_in_time_is_closed_however_much_it_says() {
    let until = || Idle::until(MINUTE, Diary::default(), |diary| diary.events.len() > 2);
    let mut harness = Harness::new(until());
    harness.feed(b"a");
    harness.advance(Duration::from_secs(59));
    harness.feed(b"b");
    harness.advance(Duration::from_secs(1));
    assert!(harness.has_ended());
    harness.end();
    let events = &harness.protocol().inner().events;
    assert_eq!(events.last().unwrap(), "lost: it did not get on within 60s");

    let mut harness = Harness::new(until());
    for word in ["a", "b", "c"] {
        harness.feed(word.as_bytes());
    }
    harness.advance(100 * MINUTE);
    assert!(!harness.has_ended());
}

#[test]
fn it_changes_nothing_else() {
    let outcome = every_cut(b"hello", || Idle::new(MINUTE, Echo));
    assert_eq!((&*outcome.written, outcome.lost.as_deref()), (&b"hello"[..], Some("closed")));
}

//! Two protocols, connected.

use std::time::Duration;

use ropewalk_testkit::{Client, Harness, Pair};

#[test]
fn a_latency_holds_bytes_and_ends_for_so_long() {
    let (one, two) = (Client::new(), Client::new());
    let (a, b) = (Harness::new(one.protocol()), Harness::new(two.protocol()));
    let mut pair = Pair::of(a, b, Duration::from_millis(10));
    one.write(b"hello");
    one.write_eof();
    pair.advance(Duration::from_millis(9));
    assert_eq!(two.waiting(), 0);
    pair.advance(Duration::from_millis(2));
    assert_eq!(two.received(), b"hello");
    assert!(two.has_ended() && !one.has_ended());
}

#[test]
fn two_that_close_are_both_lost_cleanly() {
    let (one, two) = (Client::new(), Client::new());
    let mut pair = Pair::new(one.protocol(), two.protocol());
    one.close();
    pair.run();
    two.close();
    pair.run();
    assert!(pair.a.lost().unwrap().is_clean() && pair.b.lost().unwrap().is_clean());
}

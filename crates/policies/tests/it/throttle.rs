//! The throttle: so many bytes a second, in turn, and nothing lost.

use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use ropewalk_policies::{Bucket, Rate, Throttle};
use ropewalk_protocol::{Context, Filtered, Flow, Given, Limits, Protocol};
use ropewalk_testkit::{Harness, every_cut_by};

use crate::{Diary, Echo};

type Throttled<P> = Harness<Filtered<Throttle, Given<P>>>;

fn reading(rate: Rate) -> Throttled<Echo> {
    Harness::new(Filtered::around(Throttle::default().reading(Bucket::new(rate)), Echo))
}

fn writing(rate: Rate, limits: Limits) -> Throttled<Echo> {
    let throttle = Throttle::default().writing(Bucket::new(rate));
    Harness::limited(Filtered::around(throttle, Echo), limits)
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_burst_is_read_at_once_and_the_rest_at_its_rate() {
    let mut harness = reading(Rate::per_second(1000).burst(2000));
    harness.feed(&[b'x'; 5000]);
    assert_eq!(harness.written().len(), 2000);
    assert!(!harness.connection().wants_input(), "nothing more is read meanwhile");
    harness.advance(SECOND);
    assert_eq!(harness.written().len(), 1000 - 232, "in steps of 256");
    harness.advance(2 * SECOND);
    assert_eq!(harness.written().len(), 2000 + 232);
    assert!(harness.connection().wants_input());
}

#[test]
fn what_is_written_leaves_at_its_rate_and_pauses_what_is_above() {
    let limits = Limits { high_watermark: 4000, low_watermark: 1000, ..Limits::default() };
    let mut harness = writing(Rate::per_second(1000), limits);
    harness.feed(&[b'x'; 9000]);
    assert_eq!(harness.written().len(), 1000);
    assert!(!harness.connection().wants_input());
    harness.advance(8 * SECOND);
    assert_eq!(harness.written().len(), 8000);
    assert!(harness.connection().wants_input());
}

#[test]
fn ends_of_file_and_closing_wait_for_what_is_held_back() {
    let mut harness = reading(Rate::per_second(100));
    harness.feed(&[b'x'; 300]);
    harness.end();
    harness.advance(SECOND);
    assert!(!harness.has_ended());
    harness.advance(2 * SECOND);
    assert_eq!(harness.written().len(), 300);
    assert!(harness.has_ended());

    let mut harness = writing(Rate::per_second(100), Limits::default());
    harness.feed(&[b'x'; 300]);
    harness.end();
    assert!(!harness.has_ended());
    harness.advance(2 * SECOND);
    assert_eq!(harness.written().len(), 300);
    assert!(harness.has_ended());
}

#[test]
fn both_ways_at_once_neither_wait_is_lost() {
    // Reading is due again while the protocol above is paused by what may not be written yet.
    let limits = Limits { high_watermark: 100, low_watermark: 50, ..Limits::default() };
    let throttle = Throttle::default()
        .reading(Bucket::new(Rate::per_second(100)))
        .writing(Bucket::new(Rate::per_second(30)));
    let mut harness = Harness::limited(Filtered::around(throttle, Echo), limits);
    harness.feed(&[b'x'; 1000]);
    harness.end();
    harness.advance(40 * SECOND);
    assert_eq!(harness.written().len(), 1000);
    assert!(harness.has_ended());
}

/// Writes so many pieces of 100 bytes, as long as there is room.
struct Talker(usize);

impl Protocol for Talker {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
        self.drained(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, ()>) {
        while self.0 > 0 && cx.flow() == Flow::Open {
            self.0 -= 1;
            cx.write(&[b'x'; 100]);
        }
    }
}

#[test]
fn what_is_not_read_for_now_does_not_hold_up_what_is_written() {
    let throttle = Throttle::default().reading(Bucket::new(Rate::new(1, 1000 * SECOND)));
    let limits = Limits { high_watermark: 1000, low_watermark: 500, ..Limits::default() };
    let mut harness = Harness::limited(Filtered::around(throttle, Talker(1000)), limits);
    harness.feed(b"more than may be read");
    assert!(!harness.connection().wants_input());
    assert_eq!(harness.written().len(), 100_000);
}

#[test]
fn a_rate_of_one_byte_a_minute_is_kept_without_spinning() {
    let mut harness = reading(Rate::new(1, Duration::from_secs(60)));
    harness.feed(b"abc");
    let waits = harness.connection().deadline().unwrap() - harness.now();
    assert_eq!(waits, Duration::from_secs(60));
    harness.advance(Duration::from_secs(120));
    assert_eq!(harness.written(), b"abc");
}

#[test]
fn connections_that_share_a_bucket_get_equal_shares() {
    let all = Bucket::new(Rate::per_second(10_000));
    let mut harnesses: Vec<Throttled<Echo>> = (0..5)
        .map(|_| {
            let one = all.child(Rate::per_second(8_000));
            Harness::new(Filtered::around(Throttle::default().reading(one), Echo))
        })
        .collect();
    // The clocks of harnesses are their own, and stand at the same time when all are moved alike.
    for harness in &mut harnesses {
        harness.feed(&[b'x'; 60_000]);
    }
    for _ in 0..20_000 {
        for harness in &mut harnesses {
            harness.advance(Duration::from_millis(1));
        }
    }
    let taken: Vec<usize> = harnesses.iter_mut().map(|it| it.written().len()).collect();
    let sum: usize = taken.iter().sum();
    assert!((205_000..=211_000).contains(&sum), "20 s and a burst: {sum}");
    // The first ones have the burst.
    for taken in &taken[2..] {
        assert!((37_000..=43_000).contains(taken), "{taken} of {sum}");
    }
}

#[test]
fn who_leaves_the_line_gives_its_place_back() {
    let all = Bucket::new(Rate::per_second(1000));
    let join = || {
        let one = all.child(Rate::per_second(1000));
        let mut harness = Harness::new(Filtered::around(Throttle::default().reading(one), Echo));
        harness.feed(&[b'x'; 2000]);
        harness
    };
    let first = join();
    drop((0..1000).map(|_| join()).collect::<Vec<_>>());
    let mut last = join();
    drop(first);
    last.advance(2 * SECOND);
    assert!(last.written().len() > 1000, "those who left do not keep it waiting");
}

#[test]
fn without_buckets_everything_passes() {
    let mut harness = Harness::new(Filtered::around(Throttle::default(), Echo));
    harness.feed(b"hello");
    assert_eq!(harness.written(), b"hello");
}

#[test]
fn what_passes_is_the_same_however_it_is_cut() {
    let events = every_cut_by(b"some words, and more of them", |pieces| {
        let throttle = Throttle::default().reading(Bucket::new(Rate::per_second(10)));
        let mut harness = Harness::new(Filtered::around(throttle, Diary::default()));
        pieces.iter().for_each(|piece| harness.feed(piece));
        harness.end();
        harness.advance(10 * SECOND);
        harness.protocol().inner().unwrap().events.join("")
    });
    assert_eq!(events, "some words, and more of themeoflost: closed");
}

proptest! {
    #[test]
    fn nothing_is_lost_or_turned_around_and_everything_arrives(
        reads in 1u64..3_000,
        writes in 1u64..3_000,
        pieces in proptest::collection::vec((1usize..400, 0u64..2_000), 1..20),
    ) {
        let limits = Limits {
            high_watermark: 300,
            low_watermark: 100,
            flush: Duration::from_secs(100_000),
            ..Limits::default()
        };
        let throttle = Throttle::default()
            .reading(Bucket::new(Rate::per_second(reads)))
            .writing(Bucket::new(Rate::per_second(writes)));
        let mut harness = Harness::limited(Filtered::around(throttle, Echo), limits);
        let mut sent = Vec::new();
        for (length, wait) in pieces {
            let piece: Vec<u8> = (0..length).map(|_| sent.len() as u8).collect();
            harness.feed(&piece);
            sent.extend(piece);
            harness.advance(Duration::from_millis(wait));
        }
        harness.end();
        let due = sent.len() as u64 * (1000 / reads + 1000 / writes + 4);
        harness.advance(Duration::from_millis(due + 5_000));
        prop_assert_eq!(harness.written(), sent);
        prop_assert!(harness.has_ended());
    }
}

//! Closing, ends of file, pauses and limits of one connection.

use std::time::Duration;

use bytes::BytesMut;
use ropewalk_protocol::{Context, Framed, Limits, Malformed, Protocol, Reason, Receiver};
use ropewalk_testkit::{Harness, every_cut, every_cut_by};

use crate::scripted::{Lines, Recorder};

fn events(harness: &Harness<Recorder>) -> String {
    harness.protocol().events[1..].join(" ")
}

fn small() -> Limits {
    Limits { high_watermark: 1500, low_watermark: 500, outbox: 5000, ..Limits::default() }
}

#[test]
fn a_protocol_does_not_see_how_its_input_is_cut() {
    assert_eq!(every_cut(b"abcCdef", Recorder::default).written, b"abc");
}

#[test]
fn closing_sends_what_is_queued_and_discards_input_until_the_peer_ends() {
    let mut harness = Harness::new(Recorder::default());
    harness.stop_taking();
    harness.feed(b"abC");
    assert!(!harness.has_ended());
    harness.take(usize::MAX);
    assert_eq!(harness.written(), b"ab");
    assert!(harness.has_ended());
    assert!(harness.lost().is_none(), "closing with unread input would reset the connection");
    assert!(harness.connection().wants_input());
    harness.feed(b"discarded");
    harness.end();
    assert_eq!(events(&harness), "a b C lost: closed");
}

/// Ends its own half once something came, and does not close.
struct HalfEnder;

impl Protocol for HalfEnder {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
        cx.write_eof();
    }

    fn eof_received(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn a_connection_both_halves_of_which_have_ended_is_lost_whoever_ended_first() {
    let mut first = Harness::new(HalfEnder);
    first.feed(b"x");
    assert!(first.has_ended() && first.lost().is_none());
    first.end();
    assert!(matches!(first.lost(), Some(Reason::Closed)));
    /// The peer first.
    struct Later(bool);
    impl Protocol for Later {
        type Message = ();
        fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
            input.clear();
        }
        fn eof_received(&mut self, _: &mut Context<'_, ()>) {
            self.0 = true;
        }
        fn message_received(&mut self, cx: &mut Context<'_, ()>, (): ()) {
            cx.write(b"bye");
            cx.write_eof();
        }
    }
    let mut second = Harness::new(Later(false));
    let mailbox = second.mailbox();
    second.end();
    assert!(second.protocol().0 && second.lost().is_none());
    mailbox.post(()).unwrap();
    second.poll();
    assert_eq!(second.written(), b"bye");
    assert!(matches!(second.lost(), Some(Reason::Closed)));
}

#[test]
fn a_peer_that_does_not_end_is_left_after_the_linger_limit() {
    let mut harness = Harness::new(Recorder::default());
    harness.feed(b"C");
    harness.advance(Duration::from_millis(1999));
    assert!(harness.lost().is_none());
    harness.advance(Duration::from_millis(1));
    assert!(matches!(harness.lost(), Some(Reason::Linger(limit)) if limit.as_secs() == 2));
}

#[test]
fn a_peer_that_does_not_take_the_rest_is_left_after_the_flush_limit() {
    let mut harness = Harness::new(Recorder::default());
    harness.stop_taking();
    harness.feed(b"aC");
    harness.advance(Duration::from_secs(29));
    assert!(harness.lost().is_none());
    harness.advance(Duration::from_secs(1));
    assert!(matches!(harness.lost(), Some(Reason::Linger(limit)) if limit.as_secs() == 30));
}

#[test]
fn ending_our_half_leaves_the_other_open() {
    let mut harness = Harness::new(Recorder::default());
    harness.feed(b"aEb");
    assert!(harness.has_ended());
    assert_eq!(harness.written(), b"a", "what is written after the end is dropped");
    harness.feed(b"c");
    harness.end();
    assert_eq!(events(&harness), "a E b c eof lost: closed");
}

#[test]
fn a_paused_connection_keeps_its_input_and_its_end_of_file() {
    let mut harness = Harness::new(Recorder::default());
    harness.feed(b"aPbc");
    harness.end();
    assert_eq!(events(&harness), "a P");
    assert!(!harness.connection().wants_input());
    harness.mailbox().post("resume".into()).unwrap();
    harness.poll();
    assert_eq!(events(&harness), "a P resume b c eof lost: closed");
}

#[test]
fn output_above_the_high_watermark_pauses_until_it_is_below_the_low_one() {
    let mut harness = Harness::limited(Recorder::default(), small());
    harness.stop_taking();
    harness.feed(b"BBx");
    assert_eq!(events(&harness), "B B");
    assert!(!harness.connection().wants_input());
    harness.take(1400);
    assert_eq!(events(&harness), "B B");
    harness.take(100);
    assert_eq!(events(&harness), "B B drained x");
    assert!(harness.connection().wants_input());
}

#[test]
fn output_above_its_limit_ends_the_connection() {
    let mut harness = Harness::limited(Recorder::default(), small());
    harness.stop_taking();
    harness.mailbox().post("x".repeat(5001)).unwrap();
    harness.poll();
    let lost = harness.lost();
    assert!(matches!(lost, Some(Reason::OutboxFull { queued: 5001, limit: 5000 })), "{lost:?}");
}

#[test]
fn a_peer_that_does_not_read_can_be_got_rid_of() {
    let mut harness = Harness::limited(Recorder::default(), small());
    harness.stop_taking();
    harness.feed(b"BBB");
    harness.mailbox().abort(Reason::killed("it does not read"));
    harness.poll();
    assert_eq!(harness.lost().unwrap().to_string(), "it does not read");
}

#[test]
fn input_left_lying_has_a_limit() {
    struct Never;
    impl Receiver<Lines> for Never {
        type Message = ();
        fn frame_received(&mut self, _: &mut Context<'_, ()>, _: &mut Lines, _: &[u8]) {}
    }
    let limits = Limits { input: 50, ..Limits::default() };
    let mut harness = Harness::limited(Framed::new(Lines, Never), limits);
    harness.feed(&[b'x'; 50]);
    assert!(harness.lost().is_none());
    harness.feed(b"x");
    let lost = harness.lost();
    assert!(matches!(lost, Some(Reason::InputFull { held: 51, limit: 50 })), "{lost:?}");
}

#[test]
fn as_many_futures_as_the_limit_pause_the_input_until_one_ends() {
    let limits = Limits { futures: 2, ..Limits::default() };
    let mut harness = Harness::limited(Recorder::default(), limits.clone());
    harness.feed(b"FFx");
    assert_eq!(events(&harness), "F F");
    assert!(!harness.connection().wants_input());

    let mut harness = Harness::limited(Recorder::default(), limits);
    harness.feed(b"FRx");
    assert_eq!(events(&harness), "F R ready x");
    assert!(harness.connection().wants_input());
}

#[test]
fn a_deadline_fires_once_until_it_changes() {
    let mut harness = Harness::new(Recorder::default());
    harness.feed(b"D");
    harness.advance(Duration::from_secs(60));
    assert_eq!(events(&harness), "D timed out");
    harness.feed(b"D");
    harness.advance(Duration::from_millis(999));
    assert_eq!(events(&harness), "D timed out D");
    harness.advance(Duration::from_millis(1));
    assert_eq!(events(&harness), "D timed out D timed out");
}

#[test]
fn nothing_is_told_after_connection_lost() {
    let mut harness = Harness::new(Recorder::default());
    let mailbox = harness.mailbox();
    harness.feed(b"DRA");
    harness.feed(b"x");
    harness.advance(Duration::from_secs(60));
    assert_eq!(events(&harness), "D R A lost: aborted");
    assert!(mailbox.is_closed());
}

#[test]
fn a_protocol_hears_that_the_program_ends() {
    let mut harness = Harness::new(Recorder::default());
    harness.shut_down();
    assert!(harness.has_ended(), "by default it closes");
}

#[test]
fn frames_stop_between_two_when_the_receiver_pauses() {
    struct Pauses(Vec<String>, Option<Malformed>);
    impl Receiver<Lines> for Pauses {
        type Message = ();
        fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
            self.0.push(String::from_utf8_lossy(line).into_owned());
            cx.pause_reading();
        }
        fn message_received(&mut self, cx: &mut Context<'_, ()>, (): ()) {
            cx.resume_reading();
        }
        fn malformed(&mut self, cx: &mut Context<'_, ()>, why: Malformed) {
            self.1 = Some(why);
            cx.close();
        }
    }
    every_cut_by(b"one\ntwo\nthree\n", |pieces| {
        let pauses = Pauses(Vec::new(), None);
        let mut harness = Harness::new(Framed::new(Lines, pauses));
        for piece in pieces {
            harness.feed(piece);
        }
        for count in 1..=3 {
            assert_eq!(harness.protocol().receiver().0.len(), count);
            harness.mailbox().post(()).unwrap();
            harness.poll();
        }
        harness.protocol().receiver().0.clone()
    });
}

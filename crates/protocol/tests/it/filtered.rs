//! Filters: when what is above is made, called and paused, and what becomes of ends and failures.

use std::{cell::RefCell, rc::Rc, time::Duration};

use bytes::BytesMut;
use ropewalk_protocol::{Context, Factory, Filtered, Limits, Peer, Protocol, Reason, factory};
use ropewalk_testkit::{Harness, every_cut_by};

use crate::scripted::{Brackets, Header, Recorder, Sips, Slow, Veil, veiled};

/// Hears only how it ends.
struct Heard(Rc<RefCell<Vec<String>>>);

impl Protocol for Heard {
    type Message = ();

    fn data_received(&mut self, _: &mut Context<'_, ()>, _: &mut BytesMut) {}

    fn connection_lost(&mut self, reason: &Reason) {
        self.0.borrow_mut().push(reason.to_string());
    }
}

fn recorder(_: &Peer) -> Option<Recorder> {
    Some(Recorder::default())
}

#[test]
fn what_is_above_is_made_after_the_header_and_sees_the_amended_peer() {
    let lost = every_cut_by(b"4000\nabc", |pieces| {
        let mut harness = Harness::new(Filtered::new(Header::default(), factory(recorder)));
        assert!(harness.protocol().inner().is_none());
        for piece in pieces {
            harness.feed(piece);
        }
        assert_eq!(harness.written(), b"abc");
        harness.protocol().inner().unwrap().events.clone()
    });
    assert_eq!(lost, ["made tcp:4000:interface=192.0.2.1", "a", "b", "c"]);
}

#[test]
fn a_factory_that_makes_nothing_refuses_after_the_header() {
    let refuse = |peer: &Peer| {
        assert_eq!(peer.address.port(), Some(4000));
        None::<Recorder>
    };
    let mut harness = Harness::new(Filtered::new(Header::default(), factory(refuse)));
    harness.feed(b"4000\nabc");
    assert!(harness.has_ended());
}

#[test]
fn a_layer_that_fails_says_so_and_the_connection_ends_for_its_reason() {
    let mut harness = Harness::new(Filtered::new(Header::default(), factory(recorder)));
    harness.feed(b"what\nabc");
    harness.end();
    assert_eq!(harness.written(), b"no");
    assert_eq!(harness.lost().unwrap().to_string(), "header: no port in it");
}

#[test]
fn a_protocol_that_waited_for_a_header_hears_that_none_came() {
    let heard = Rc::default();
    let waiting = Heard(Rc::clone(&heard));
    let mut harness = Harness::new(Filtered::around(Header::default(), waiting));
    harness.feed(b"what\nabc");
    harness.end();
    assert_eq!(*heard.borrow(), ["header: no port in it"]);
}

#[test]
fn a_factory_hears_what_became_of_a_connection_without_a_protocol() {
    struct Tells(Rc<RefCell<Vec<String>>>);
    impl Factory for Tells {
        type Protocol = Recorder;
        fn build(&mut self, _: &Peer) -> Option<Recorder> {
            Some(Recorder::default())
        }
        fn connection_failed(&mut self, reason: &Reason) {
            self.0.borrow_mut().push(reason.to_string());
        }
    }
    for (input, expected) in [("what\n", vec!["header: no port in it"]), ("4000\n", vec![])] {
        let heard = Rc::default();
        let stack = Filtered::new(Header::default(), Tells(Rc::clone(&heard)));
        let mut harness = Harness::new(stack);
        harness.feed(input.as_bytes());
        harness.end();
        assert!(harness.lost().is_some());
        assert_eq!(*heard.borrow(), expected);
    }
}

#[test]
fn malformed_input_reaches_the_protocol_above_as_the_reason() {
    let mut harness = Harness::new(Filtered::new(Brackets, factory(recorder)));
    harness.feed(b"ab!cd");
    harness.end();
    let events = &harness.protocol().inner().unwrap().events;
    assert_eq!(events.last().unwrap(), "lost: malformed input: a bang");
}

#[test]
fn a_turn_is_encoded_once() {
    let mut harness = Harness::new(Filtered::new(Brackets, factory(recorder)));
    harness.feed(b"one");
    let mailbox = harness.mailbox();
    mailbox.post("two".into()).unwrap();
    mailbox.post("three".into()).unwrap();
    harness.poll();
    assert_eq!(harness.text(), "<one><twothree>");
}

#[test]
fn closing_says_goodbye_after_everything_else() {
    let mut harness = Harness::new(Filtered::new(Brackets, factory(recorder)));
    harness.feed(b"byeCignored");
    harness.end();
    assert_eq!(harness.text(), "<bye>$");
    assert_eq!(harness.lost().unwrap().to_string(), "closed");
}

#[test]
fn the_end_of_the_plain_stream_is_an_end_of_file_and_waits_behind_a_pause() {
    let mut harness = Harness::new(Filtered::new(Brackets, factory(recorder)));
    harness.feed(b"Pab$");
    assert_eq!(harness.protocol().inner().unwrap().events[1..], ["P"]);
    harness.mailbox().post("resume".into()).unwrap();
    harness.poll();
    let events = harness.protocol().inner().unwrap().events[1..].join(" ");
    assert_eq!(events, "P resume a b eof");
    assert!(harness.has_ended());
}

#[test]
fn after_start_tls_nothing_is_delivered_until_the_handshake_is_done() {
    let mut input = b"aTH".to_vec();
    input.extend(veiled("xyz"));
    let mut harness = Harness::new(Filtered::new(Veil::default(), factory(recorder)));
    harness.feed(b"aT");
    assert_eq!(harness.written(), b"agoH", "what was queued before leaves in plain");
    harness.mailbox().post("held".into()).unwrap();
    harness.poll();
    assert_eq!(harness.written(), b"");
    harness.feed(b"H");
    assert_eq!(harness.written(), veiled("heldsafe"));
    harness.feed(&veiled("xyz"));
    assert_eq!(harness.written(), veiled("xyz"));
    let events = harness.protocol().inner().unwrap().events[1..].join(" ");
    assert_eq!(events, "a T held secured x y z");
}

#[test]
fn plain_input_after_start_tls_ends_the_connection_wherever_it_is_cut() {
    let events = every_cut_by(b"aTevil", |pieces| {
        let mut harness = Harness::new(Filtered::new(Veil::default(), factory(recorder)));
        for piece in pieces {
            harness.feed(piece);
        }
        harness.end();
        assert!(!harness.lost().unwrap().is_clean());
        let events = &harness.protocol().inner().unwrap().events;
        assert!(events.last().unwrap().starts_with("lost: malformed input"));
        events[1..events.len() - 1].join(" ")
    });
    assert_eq!(events, "a T");
}

#[test]
fn two_filters_stack_and_tls_begins_in_the_lower_one() {
    let build = |_: &Peer| Some(Filtered::new(Brackets, factory(recorder)));
    let mut harness = Harness::new(Filtered::new(Veil::default(), factory(build)));
    harness.feed(b"aT");
    assert_eq!(harness.written(), b"<ago>H");
    harness.feed(b"H");
    assert_eq!(harness.written(), veiled("<safe>"));
    harness.feed(&veiled("x$"));
    assert_eq!(harness.written(), veiled("<x>$"));
    harness.end();
    let inner = harness.protocol().inner().unwrap().inner().unwrap();
    assert_eq!(inner.events[1..].join(" "), "a T secured x eof lost: closed");
}

#[test]
fn injection_is_found_through_two_filters() {
    let build = |_: &Peer| Some(Filtered::new(Brackets, factory(recorder)));
    let events = every_cut_by(b"aTevil", |pieces| {
        let mut harness = Harness::new(Filtered::new(Veil::default(), factory(build)));
        for piece in pieces {
            harness.feed(piece);
        }
        harness.end();
        assert!(!harness.lost().unwrap().is_clean());
        let inner = harness.protocol().inner().unwrap().inner().unwrap();
        inner.events[1..inner.events.len() - 1].join(" ")
    });
    assert_eq!(events, "a T");
}

#[test]
fn a_filter_that_holds_back_pauses_what_is_above_it() {
    let limits = Limits { high_watermark: 400, low_watermark: 250, ..Limits::default() };
    let mut harness = Harness::limited(Filtered::new(Slow::default(), factory(recorder)), limits);
    harness.feed(b"Bcde");
    assert!(!harness.connection().wants_input());
    assert_eq!(harness.written(), b"");
    harness.advance(Duration::from_secs(7));
    assert_eq!(harness.written().len(), 700);
    assert_eq!(harness.protocol().inner().unwrap().events[1..], ["B"]);
    harness.advance(Duration::from_secs(1));
    let events = harness.protocol().inner().unwrap().events[1..].join(" ");
    assert_eq!(events, "B drained c d e");
    assert!(harness.connection().wants_input());
    harness.advance(Duration::from_secs(3));
    assert_eq!(harness.written().len(), 303);
}

#[test]
fn a_filter_that_pauses_reading_gets_what_it_left_and_the_end_later() {
    let mut harness = Harness::new(Filtered::new(Sips::default(), factory(recorder)));
    harness.feed(b"abcde");
    assert!(!harness.connection().wants_input());
    harness.end();
    assert_eq!(harness.written(), b"ab");
    harness.advance(Duration::from_secs(1));
    assert_eq!(harness.written(), b"cd");
    assert!(!harness.has_ended(), "the end waits behind the input");
    harness.advance(Duration::from_secs(2));
    assert_eq!(harness.written(), b"e");
    let events = harness.protocol().inner().unwrap().events[1..].join(" ");
    assert_eq!(events, "a b c d e eof lost: closed");
}

#[test]
fn filters_that_pause_reading_stack() {
    let build = |_: &Peer| Some(Filtered::new(Sips::default(), factory(recorder)));
    let mut harness = Harness::new(Filtered::new(Brackets, factory(build)));
    harness.feed(b"abcde$");
    harness.advance(Duration::from_secs(3));
    assert_eq!(harness.text(), "<ab><cd><e>$");
    assert!(harness.has_ended());
}

#[test]
fn closing_waits_for_what_a_filter_holds_back_but_not_for_ever() {
    let mut harness = Harness::new(Filtered::new(Slow::default(), factory(recorder)));
    harness.feed(b"BC");
    harness.advance(Duration::from_secs(9));
    assert!(!harness.has_ended());
    harness.advance(Duration::from_secs(1));
    assert!(harness.has_ended());
    assert_eq!(harness.written().len(), 1000);

    let limits = Limits { flush: Duration::from_secs(3), ..Limits::default() };
    let mut harness = Harness::limited(Filtered::new(Slow::default(), factory(recorder)), limits);
    harness.feed(b"BC");
    harness.advance(Duration::from_secs(3));
    assert!(harness.lost().unwrap().to_string().contains("3s"), "{:?}", harness.lost());
}

#[test]
fn deadlines_of_layers_are_composed_and_each_fires_once() {
    let mut harness = Harness::new(Filtered::new(Slow::default(), factory(recorder)));
    harness.feed(b"DB");
    harness.advance(Duration::from_secs(20));
    assert_eq!(harness.written().len(), 1000);
    let events = harness.protocol().inner().unwrap().events[1..].join(" ");
    assert_eq!(events, "D B timed out");
}

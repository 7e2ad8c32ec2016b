//! Data in both directions, records, ends.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ropewalk_protocol::{Context, Filtered, Protocol};
use ropewalk_testkit::{Harness, Pair};
use rustls::version::{TLS12, TLS13};

use crate::{
    ends::{Ends, Order, Speaker, tell},
    made::Authority,
    raw::{Raw, config, records},
};

fn ends() -> Ends {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    Ends::shaken(&authority.client().build().unwrap(), "a.example", &server)
}

fn raw() -> Raw {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let mut raw = Raw::new(config(&authority, &TLS13), server.filter());
    raw.sent.clear();
    raw
}

fn words(count: usize) -> impl Iterator<Item = Order> {
    (0..count).map(|number| Order::Write(format!("word {number} ").into_bytes()))
}

#[test]
fn small_writes_of_a_turn_leave_in_one_record() {
    let mut raw = raw();
    tell(&mut raw.server, words(10));
    assert_eq!(raw.run().len(), 70);
    assert_eq!(records(&raw.sent), [(23, 70 + 1 + 16)]);
    raw.sent.clear();
    // Large ones that are shared do not break it.
    let block = Bytes::from(vec![b'x'; 3000]);
    let shared = [Order::Send(block.clone()), Order::Write(vec![b'y'; 7]), Order::Send(block)];
    tell(&mut raw.server, words(1).chain(shared));
    assert_eq!(raw.run().len(), 6014);
    assert_eq!(records(&raw.sent), [(23, 6014 + 17)]);
    raw.sent.clear();
    // And what is too much for one leaves in as few as hold it.
    tell(&mut raw.server, [Order::Write(vec![0; 16_384 * 2 + 1])]);
    assert_eq!(raw.run().len(), 16_384 * 2 + 1);
    assert_eq!(records(&raw.sent), [(23, 16_401), (23, 16_401), (23, 18)]);
    raw.sent.clear();
    // Many pieces of many sizes.
    let orders: Vec<_> = (0..40)
        .flat_map(|at| [Order::Write(vec![at]), Order::Send(vec![at; 1100].into())])
        .collect();
    tell(&mut raw.server, orders);
    let expected: Vec<u8> = (0..40).flat_map(|at| vec![at; 1101]).collect();
    assert_eq!(raw.run(), expected);
}

#[test]
fn a_lot_comes_across_both_ways() {
    let mut ends = ends();
    let data: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    ends.tell_client([Order::Write(data.clone())]);
    ends.tell_server([Order::Send(data.clone().into())]);
    assert!(ends.server.data() == data && ends.client.data() == data);
}

#[test]
fn a_paused_end_takes_nothing_until_it_resumes() {
    let mut ends = ends();
    ends.tell_server([Order::Pause]);
    ends.tell_client([Order::Write(vec![7; 300_000])]);
    assert!(ends.server.data().is_empty());
    assert!(!ends.pair.b.connection().wants_input());
    ends.tell_server([Order::Resume]);
    assert_eq!(ends.server.data(), vec![7; 300_000]);
}

#[test]
fn what_arrives_at_once_is_given_in_pieces_of_64_kib() {
    /// Remembers the largest piece, and pauses after the first when it is told to.
    struct Piecemeal {
        largest: usize,
        total: usize,
        pauses: bool,
    }
    impl Protocol for Piecemeal {
        type Message = ();
        fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
            self.largest = self.largest.max(input.len());
            self.total += input.split().len();
            if self.pauses {
                cx.pause_reading();
            }
        }
    }
    let authority = Authority::new("Test CA");
    let tls = authority.made(&["a.example"]).server().build().unwrap();
    let client = authority.client().build().unwrap();
    for pauses in [false, true] {
        let (speaker, _) = Speaker::new();
        let filter = client.filter("a.example").unwrap();
        let sender = Harness::new(Filtered::around(filter, speaker));
        let taker = Piecemeal { largest: 0, total: 0, pauses };
        let taker = Harness::new(Filtered::around(tls.filter(), taker));
        let mut pair = Pair::of(sender, taker, Duration::ZERO);
        pair.run();
        tell(&mut pair.a, [Order::Write(vec![7; 1_000_000])]);
        let wire = pair.a.written();
        pair.b.feed(&wire);
        let taker = pair.b.protocol().inner().unwrap();
        assert!((65_536..=65_536 + 16_384).contains(&taker.largest), "{}", taker.largest);
        // The rest of a paused one waits as it arrived.
        assert_eq!(taker.total, if pauses { taker.largest } else { 1_000_000 });
    }
}

#[test]
fn either_half_ends_alone() {
    let mut ends = ends();
    ends.tell_client([Order::Write(b"last".to_vec()), Order::Eof]);
    assert_eq!(ends.server.events(), "made eof");
    assert_eq!(ends.server.data(), b"last");
    ends.tell_server([Order::Write(b"not yet".to_vec())]);
    assert_eq!(ends.client.data(), b"not yet");
    assert_eq!(ends.client.events(), "made");
    ends.tell_server([Order::Close]);
    // Both halves have ended: there is nothing left to close.
    assert_eq!(ends.client.events(), "made eof");
    assert_eq!((ends.client.lost(), ends.server.lost()), ("closed".into(), "closed".into()));
}

/// RFC 8446, section 6.1: a party sends a `close_notify` before it ends its half; what comes after
/// one is ignored.
#[test]
fn closing_says_goodbye() {
    let mut raw = raw();
    tell(&mut raw.server, [Order::Write(b"bye".to_vec()), Order::Close]);
    assert_eq!(raw.run(), b"bye");
    assert_eq!(records(&raw.sent), [(23, 3 + 17), (23, 2 + 17)]);
    assert!(raw.client.process_new_packets().unwrap().peer_has_closed());
    assert!(raw.server.has_ended());
    // The peer need not answer once we have closed: no error comes of it.
    raw.server.end();
    assert_eq!(raw.log.lost(), "closed");

    let mut raw = self::raw();
    raw.client.send_close_notify();
    raw.run();
    raw.server.feed(b"anything at all");
    raw.server.end();
    assert_eq!(raw.log.events(), "made eof");
    assert!(raw.log.data().is_empty() && raw.server.lost().is_none());
}

#[test]
fn a_wire_that_ends_without_a_goodbye_is_a_failure() {
    use std::io::Write;
    let mut raw = raw();
    raw.client.writer().write_all(b"my last wo").unwrap();
    raw.run();
    raw.server.end();
    assert_eq!(raw.log.data(), b"my last wo");
    assert_eq!(raw.log.events(), "made");
    let lost = "tls: the peer hung up without a close_notify: its last words may be missing";
    assert_eq!(raw.log.lost(), lost);
}

#[test]
fn a_record_that_was_changed_on_the_way_ends_it() {
    let mut ends = ends();
    tell(&mut ends.pair.a, [Order::Write(b"hello".to_vec())]);
    let mut record = ends.pair.a.written();
    *record.last_mut().unwrap() ^= 1;
    ends.pair.b.feed(&record);
    ends.pair.run();
    assert_eq!(ends.server_lost(), "tls: a record of the client does not decrypt");
    assert_eq!(ends.client_lost(), "tls: the peer gave up: bad record mac");
    assert!(ends.server.data().is_empty());
}

/// RFC 8446, section 4.6.3.
#[test]
fn keys_are_updated_when_the_peer_says_so() {
    use std::io::Write;
    let mut raw = raw();
    for round in 0..3_u8 {
        raw.client.refresh_traffic_keys().unwrap();
        raw.client.writer().write_all(&[round]).unwrap();
        raw.run();
        tell(&mut raw.server, [Order::Write(vec![round; 2])]);
        assert_eq!(raw.run(), [round; 2]);
    }
    assert_eq!(raw.log.data(), [0, 1, 2]);
}

/// RFC 5246, section 7.4.1: a handshake in clear after the handshake is none.
#[test]
fn a_second_handshake_in_clear_ends_it() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let mut raw = Raw::new(config(&authority, &TLS12), server.filter());
    raw.sent.clear();
    raw.server.feed(&[22, 3, 3, 0, 4, 1, 0, 0, 0]);
    raw.server.end();
    assert_eq!(raw.log.lost(), "tls: a record of the client does not decrypt");
}

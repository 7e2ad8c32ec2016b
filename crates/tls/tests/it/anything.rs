//! Whatever arrives: no panic, no hang, and a reason in words.

use proptest::prelude::*;
use ropewalk_protocol::{Filtered, Limits, Peer};
use ropewalk_testkit::Harness;
use ropewalk_tls::{ClientTls, Pin, ServerTls, Tls};

use crate::{
    ends::{Ends, Order, Speaker, tell},
    made::{Authority, Made},
};

fn server() -> ServerTls {
    Made::alone(&["a.example"]).server().build().unwrap()
}

fn survives(tls: Tls, pieces: &[Vec<u8>]) {
    let (speaker, log) = Speaker::new();
    let stack = Filtered::around(tls, speaker);
    let mut harness = Harness::with(stack, Peer::unnamed(), Limits::default());
    pieces.iter().for_each(|piece| harness.feed(piece));
    harness.end();
    assert!(harness.lost().is_some_and(|reason| !reason.is_clean()), "{:?}", harness.lost());
    assert!(log.data().is_empty(), "nothing of it was ever authenticated");
}

proptest! {
    #[test]
    fn anything_may_arrive_instead_of_a_handshake(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..4)
    ) {
        survives(server().filter(), &pieces);
        let client = ClientTls::builder().pin([0; 32].into()).build().unwrap();
        survives(client.filter("a.example").unwrap(), &pieces);
    }

    #[test]
    fn records_of_anything_may_arrive_instead_of_a_handshake(
        kind in 20_u8..25,
        body in prop::collection::vec(any::<u8>(), 0..600)
    ) {
        let length = (body.len() as u16).to_be_bytes();
        let record = [&[kind, 3, 3][..], &length, &body].concat();
        survives(server().filter(), &[record]);
    }

    #[test]
    fn a_handshake_may_be_changed_on_the_way(at in 0_usize..2000, flip in 1_u8..) {
        let authority = Authority::new("Test CA");
        let server = authority.made(&["a.example"]).server().build().unwrap();
        let client = authority.client().build().unwrap();
        let mut ends = Ends::new(client.filter("a.example").unwrap(), server.filter());
        let mut carried = 0;
        loop {
            let mut up = ends.pair.a.written();
            let down = ends.pair.b.written();
            if let Some(byte) = at.checked_sub(carried).and_then(|at| up.get_mut(at)) {
                *byte ^= flip;
            }
            carried += up.len();
            if up.is_empty() && down.is_empty() {
                break;
            }
            ends.pair.b.feed(&up);
            ends.pair.a.feed(&down);
        }
        let is_secure = crate::raw::filter(&ends.pair.b).is_secure();
        prop_assert!(is_secure || at < carried);
        // The heads of records are in clear and mean nothing; whatever else was changed is found.
        if is_secure {
            prop_assert_eq!(ends.client.facts().exporter, ends.server.facts().exporter);
        }
    }

    #[test]
    fn whatever_is_written_is_read(
        pieces in prop::collection::vec((any::<bool>(), 0_usize..40_000), 0..12)
    ) {
        let authority = Authority::new("Test CA");
        let server = authority.made(&["a.example"]).server().build().unwrap();
        let mut ends = Ends::shaken(&authority.client().build().unwrap(), "a.example", &server);
        let mut expected = Vec::new();
        let orders: Vec<_> = pieces.iter().enumerate().map(|(index, (shared, length))| {
            let piece = vec![index as u8; *length];
            expected.extend(&piece);
            if *shared { Order::Send(piece.into()) } else { Order::Write(piece) }
        }).collect();
        tell(&mut ends.pair.a, orders);
        ends.pair.run();
        prop_assert!(ends.server.data() == expected);
    }

    #[test]
    fn no_certificate_makes_it_panic(at in 0_usize..400, byte: u8, length in 0_usize..400) {
        let made = Made::alone(&["a.example", "192.0.2.1"]);
        let mut der = made.der;
        if let Some(place) = der.get_mut(at) {
            *place = byte;
        }
        der.truncate(length.max(1));
        let _ = Pin::of(&der);
    }
}

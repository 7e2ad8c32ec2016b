//! What a record costs in allocations once everything is warm.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_protocol::{Connection, Context, Filtered, Limits, Peer, Protocol};

use crate::made::Authority;

struct Echo;

impl Protocol for Echo {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.write(input);
        input.clear();
    }
}

/// Says something when asked, and hears whatever comes.
struct Asks;

impl Protocol for Asks {
    type Message = ();

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }

    fn message_received(&mut self, cx: &mut Context<'_, ()>, (): ()) {
        cx.write(&[b'x'; 64]);
    }
}

/// Carries what is to be sent as a reactor does: one buffer to read into, one lent to write into.
struct Carrier {
    now: Instant,
    read: BytesMut,
    spare: Vec<u8>,
}

impl Carrier {
    fn carry<A: Protocol, B: Protocol>(
        &mut self,
        from: &mut Connection<A>,
        to: &mut Connection<B>,
    ) -> u64 {
        self.read.clear();
        self.read.reserve(64 * 1024);
        self.read.extend_from_slice(from.outgoing());
        let length = from.outgoing().len();
        from.sent(self.now, length);
        to.lend(&mut self.spare);
        let (now, read) = (self.now, &mut self.read);
        allocation_counter::measure(|| to.feed(now, read)).count_total
    }
}

/// rustls makes a vector for each record that it decrypts or encrypts. The third is the buffer of
/// plain input, which a connection gives back when it is empty, so that an idle one has none.
#[test]
fn an_echo_of_one_record_allocates_three_times() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let client = authority.client().build().unwrap().filter("a.example").unwrap();
    let now = Instant::now();
    let limits = || Arc::new(Limits::default());
    let mut a = Connection::new(Filtered::around(client, Asks), Peer::unnamed(), limits());
    let mut b = Connection::new(Filtered::around(server.filter(), Echo), Peer::unnamed(), limits());
    a.start(now);
    b.start(now);
    let mut carrier = Carrier { now, read: BytesMut::new(), spare: Vec::with_capacity(64 * 1024) };
    while !a.outgoing().is_empty() || !b.outgoing().is_empty() {
        carrier.carry(&mut a, &mut b);
        carrier.carry(&mut b, &mut a);
    }
    let mut counts = Vec::new();
    for _ in 0..100 {
        a.mailbox().post(()).unwrap();
        a.poll(now, None);
        counts.push(carrier.carry(&mut a, &mut b));
        b.reclaim(&mut carrier.spare);
        carrier.carry(&mut b, &mut a);
        a.reclaim(&mut carrier.spare);
    }
    let warm = &counts[10..];
    assert!(warm.iter().all(|count| *count == 3), "{warm:?}");
}

//! What a message costs once everything is warm.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use ropewalk_policies::{
    Bucket, ConnectionLimits, Idle, Limited, Rate, Rules, Throttle, TrafficLog,
};
use ropewalk_protocol::{Connection, Context, Factory, Filtered, Limits, Peer, Protocol, factory};

struct Shout;

impl Protocol for Shout {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.write(input);
        input.clear();
    }
}

/// Turns as a reactor makes them: one buffer to read into, one lent to write into.
fn allocations(protocol: impl Protocol) -> u64 {
    let now = Instant::now();
    let mut connection = Connection::new(protocol, Peer::unnamed(), Limits::default().into());
    connection.start(now);
    let mut read = BytesMut::with_capacity(64 * 1024);
    let mut spare = Vec::with_capacity(64 * 1024);
    let mut turn = || {
        read.clear();
        read.reserve(64 * 1024);
        read.extend_from_slice(b"a message");
        connection.lend(&mut spare);
        connection.feed(now, &mut read);
        let written = connection.outgoing().len();
        assert_eq!(written, 9);
        connection.sent(now, written);
        connection.reclaim(&mut spare);
    };
    (0..10).for_each(|_| turn());
    allocation_counter::measure(|| (0..100).for_each(|_| turn())).count_total
}

#[test]
fn a_message_through_idle_and_limits_allocates_nothing() {
    let limits = ConnectionLimits::new(Rules::default(), Instant::now);
    let idle = factory(|_| Some(Idle::new(Duration::from_secs(60), Shout)));
    let protocol = Limited::new(limits, idle).build(&Peer::unnamed()).unwrap();
    assert_eq!(allocations(protocol), 0);
}

#[test]
fn a_message_through_a_filter_allocates_what_the_plumbing_does_and_no_more() {
    struct Plain;
    impl ropewalk_protocol::Filter for Plain {
        fn decode(
            &mut self,
            _: &mut ropewalk_protocol::Wire<'_>,
            input: &mut BytesMut,
            plain: &mut BytesMut,
        ) -> Result<(), ropewalk_protocol::Malformed> {
            plain.unsplit(input.split());
            Ok(())
        }
        fn encode(
            &mut self,
            wire: &mut ropewalk_protocol::Wire<'_>,
            plain: &mut ropewalk_protocol::Outbox,
        ) {
            wire.pass(plain);
        }
    }
    let plain = allocations(Filtered::around(Plain, Shout));
    let all = Bucket::new(Rate::per_second(1_000_000));
    let throttle = Throttle::default()
        .reading(all.child(Rate::per_second(1_000_000)))
        .writing(all.child(Rate::per_second(1_000_000)));
    assert_eq!(allocations(Filtered::around(throttle, Shout)), plain);
    let log = TrafficLog::new(|record| assert_eq!(record.length, 9));
    assert_eq!(allocations(Filtered::around(log, Shout)), plain);
    assert_eq!(plain, 0);
}

#[test]
fn a_refused_connection_allocates_nothing_but_the_line_of_the_log() {
    let rules = Rules { total: 0, prefixes: Vec::new(), ..Rules::default() };
    let limits = ConnectionLimits::new(rules, Instant::now);
    let mut echoes = Limited::new(limits, factory(|_| Some(Shout)));
    let peer = Peer::unnamed();
    assert!(echoes.build(&peer).is_none());
    let refusals = allocation_counter::measure(|| {
        (0..1000).for_each(|_| assert!(echoes.build(&peer).is_none()));
    });
    assert_eq!(refusals.count_total, 0);
}

//! The crate's behaviour, through its public face.

mod allocations;
mod answers;
mod chargen;
mod streams;

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_protocol::{Connection, Limits, Peer, Protocol};

fn connect<P: Protocol>(protocol: P) -> (Connection<P>, Instant) {
    let now = Instant::now();
    let mut connection = Connection::new(protocol, Peer::unnamed(), Arc::new(Limits::default()));
    connection.start(now);
    (connection, now)
}

/// Takes `count` bytes of what is to be sent, or all.
fn take<P: Protocol>(connection: &mut Connection<P>, now: Instant, count: usize) -> Vec<u8> {
    let mut taken = Vec::new();
    while taken.len() < count && !connection.outgoing().is_empty() {
        let front = connection.outgoing();
        let part = front[..front.len().min(count - taken.len())].to_vec();
        connection.sent(now, part.len());
        taken.extend(part);
    }
    taken
}

fn feed<P: Protocol>(connection: &mut Connection<P>, now: Instant, data: &[u8]) {
    connection.feed(now, &mut BytesMut::from(data));
}

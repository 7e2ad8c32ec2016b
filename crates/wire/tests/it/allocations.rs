use bytes::BytesMut;
use ropewalk_wire::{Chargen, Echo};

use crate::connect;

#[test]
fn an_echo_allocates_nothing_once_warm() {
    for size in [64, 1000, 16 * 1024] {
        let (mut connection, now) = connect(Echo);
        let message = vec![b'x'; size];
        // One buffer to read into, one lent to write into: as reactors do it.
        let mut read = BytesMut::with_capacity(64 * 1024);
        let mut spare = Vec::with_capacity(64 * 1024);
        let mut turn = || {
            read.reserve(64 * 1024);
            read.extend_from_slice(&message);
            connection.lend(&mut spare);
            connection.feed(now, &mut read);
            let written = connection.outgoing().len();
            assert_eq!(written, size);
            connection.sent(now, written);
            connection.reclaim(&mut spare);
        };
        turn();
        turn();
        let counted = allocation_counter::measure(|| (0..1000).for_each(|_| turn()));
        assert_eq!(counted.count_total, 0, "messages of {size} bytes");
    }
}

#[test]
fn chargen_allocates_nothing_once_warm() {
    let (mut connection, now) = connect(Chargen);
    let mut turn = || {
        let front = connection.outgoing().len();
        connection.sent(now, front);
    };
    (0..100).for_each(|_| turn());
    assert_eq!(allocation_counter::measure(|| (0..1000).for_each(|_| turn())).count_total, 0);
}

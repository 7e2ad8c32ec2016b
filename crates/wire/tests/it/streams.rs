use proptest::prelude::*;
use ropewalk_protocol::Reason;
use ropewalk_wire::{Discard, Echo};

use crate::{connect, feed, take};

#[test]
fn echo_is_the_same_wherever_the_input_is_cut() {
    let input = b"some bytes\0, and more\r\n";
    for at in 0..input.len() {
        let (mut connection, now) = connect(Echo);
        feed(&mut connection, now, &input[..at]);
        feed(&mut connection, now, &input[at..]);
        assert_eq!(take(&mut connection, now, usize::MAX), input, "cut at {at}");
    }
}

#[test]
fn an_echo_that_nobody_reads_stops_reading() {
    let (mut connection, now) = connect(Echo);
    let chunk = [b'x'; 16 * 1024];
    let mut fed = 0;
    while connection.wants_input() {
        feed(&mut connection, now, &chunk);
        fed += chunk.len();
    }
    assert!(fed <= 128 * 1024, "{fed} bytes");
    assert_eq!(take(&mut connection, now, usize::MAX).len(), fed);
    assert!(connection.wants_input(), "it goes on when they have left");
}

#[test]
fn the_peers_end_of_file_ends_an_echo_after_its_last_bytes() {
    let (mut connection, now) = connect(Echo);
    feed(&mut connection, now, b"last words");
    connection.end(now);
    assert_eq!(take(&mut connection, now, usize::MAX), b"last words");
    assert!(connection.wants_shutdown());
    connection.shut_down(now);
    assert!(matches!(connection.over(), Some(Reason::Closed)));
}

proptest! {
    #[test]
    fn echo_gives_back_any_bytes(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..10),
    ) {
        let (mut connection, now) = connect(Echo);
        let mut echoed = Vec::new();
        for chunk in &chunks {
            feed(&mut connection, now, chunk);
            echoed.extend(take(&mut connection, now, chunk.len() / 2));
        }
        echoed.extend(take(&mut connection, now, usize::MAX));
        prop_assert_eq!(echoed, chunks.concat());
    }

    #[test]
    fn discard_says_nothing(chunk in prop::collection::vec(any::<u8>(), 0..3000)) {
        let (mut connection, now) = connect(Discard);
        feed(&mut connection, now, &chunk);
        prop_assert_eq!(connection.queued(), 0);
        prop_assert!(connection.wants_input());
    }
}

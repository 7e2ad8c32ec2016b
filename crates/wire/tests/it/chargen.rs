use ropewalk_wire::Chargen;

use crate::{connect, feed, take};

#[test]
fn lines_have_72_characters_and_begin_one_later_each_time() {
    let (mut connection, now) = connect(Chargen);
    let mut bytes = Vec::new();
    while bytes.len() < 74 * 1000 {
        bytes.extend(take(&mut connection, now, 74 * 1000 - bytes.len()));
    }
    for (number, line) in bytes.chunks(74).enumerate() {
        let character = |column| b' ' + ((number + column) % 95) as u8;
        let expected: Vec<u8> = (0..72).map(character).chain(*b"\r\n").collect();
        assert_eq!(line, expected, "line {number}");
    }
}

#[test]
fn it_queues_no_more_than_the_peer_takes_and_goes_on() {
    let (mut connection, now) = connect(Chargen);
    for _ in 0..1000 {
        let queued = connection.queued();
        assert!((16 * 1024..80 * 1024).contains(&queued), "{queued} bytes are queued");
        take(&mut connection, now, 5000);
    }
}

#[test]
fn what_the_peer_says_is_thrown_away() {
    let (mut connection, now) = connect(Chargen);
    let before = connection.queued();
    feed(&mut connection, now, b"be quiet");
    assert_eq!(connection.queued(), before);
}

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_line::{Delimiter, LineReceiver, Lines, Modes, Switch, write_line};
use ropewalk_protocol::{Connection, Context, Framed, Limits, Peer, Protocol, Receiver};

struct Echo;

impl Receiver<Lines> for Echo {
    type Message = ();

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
        write_line(cx, line, &Delimiter::Lf);
    }
}

impl LineReceiver for Echo {
    type Message = ();

    fn line_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Modes<'_>, line: &[u8]) {
        write_line(cx, line, &Delimiter::Lf);
    }
}

/// Turns as a reactor makes them: one buffer to read into, one lent to write into.
fn turns(protocol: impl Protocol, input: &[u8], chunk: usize) -> u64 {
    let now = Instant::now();
    let mut connection = Connection::new(protocol, Peer::unnamed(), Arc::new(Limits::default()));
    connection.start(now);
    let mut read = BytesMut::with_capacity(64 * 1024);
    let mut spare = Vec::with_capacity(64 * 1024);
    let mut turn = |input: &[u8]| {
        read.reserve(64 * 1024);
        read.extend_from_slice(input);
        connection.lend(&mut spare);
        connection.feed(now, &mut read);
        let written = connection.outgoing().len();
        connection.sent(now, written);
        connection.reclaim(&mut spare);
        read.clear();
    };
    input.chunks(chunk).for_each(&mut turn);
    allocation_counter::measure(|| {
        for _ in 0..100 {
            input.chunks(chunk).for_each(&mut turn);
        }
    })
    .count_total
}

#[test]
fn a_line_allocates_nothing_once_warm() {
    let input = b"a line of sixty-four bytes, with its end; that is what this is!\n".repeat(16);
    let delimiters =
        [Delimiter::Lf, Delimiter::LfOrCrLf, Delimiter::bytes(b"is!\n").expect("it has bytes")];
    for delimiter in delimiters {
        let lines = Framed::new(Lines::new(delimiter.clone(), 512), Echo);
        assert_eq!(turns(lines, &input, input.len()), 0, "{delimiter:?}");
        let switch = Switch::new(Echo, delimiter.clone(), 512);
        assert_eq!(turns(switch, &input, input.len()), 0, "{delimiter:?}");
        let switch = Switch::new(Echo, delimiter.clone(), 512);
        assert_eq!(turns(switch, &input, 100), 0, "{delimiter:?}, in pieces");
    }
}

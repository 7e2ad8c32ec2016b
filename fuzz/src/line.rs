//! Lines and strings: cut the same however they come, and read as they were written.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_line::{
    Delimiter, LineReceiver, Lines, Modes, Netstrings, Overlong, Prefix, Prefixed, Switch,
    write_netstring, write_prefixed,
};
use ropewalk_protocol::{
    Codec, Connection, Context, Framed, Limits, Malformed, Peer, Protocol, Receiver, Transport,
};

/// The first bytes choose delimiter, limit and size of the chunks.
pub fn lines(data: &[u8]) {
    let [kind, limit, size, input @ ..] = data else { return };
    let delimiter = match kind % 5 {
        0 => Delimiter::Lf,
        1 => Delimiter::CrLf,
        2 => Delimiter::LfOrCrLf,
        3 => Delimiter::bytes(b"aab").expect("it has bytes"),
        _ => Delimiter::bytes(&[*kind]).expect("it has a byte"),
    };
    let lines = Lines::new(delimiter, usize::from(*limit));
    same_in_pieces(&lines, input, *size);
    same_in_pieces(&lines.overlong(Overlong::Truncate), input, *size);
}

/// The first bytes choose limit and size of the chunks.
pub fn netstrings(data: &[u8]) {
    let [limit, size, input @ ..] = data else { return };
    let frames = same_in_pieces(&Netstrings::new(usize::from(*limit)), input, *size);
    let written = written(|out| frames.iter().for_each(|frame| write_netstring(out, frame)));
    assert!(input.starts_with(&written), "there is one way to write a netstring");
}

/// The first bytes choose prefix, limit and size of the chunks.
pub fn prefixed(data: &[u8]) {
    let [prefix, limit, size, input @ ..] = data else { return };
    let prefix = [Prefix::U8, Prefix::U16, Prefix::U32][usize::from(prefix % 3)];
    let frames = same_in_pieces(&Prefixed::new(prefix, usize::from(*limit)), input, *size);
    let written = written(|out| {
        for frame in &frames {
            write_prefixed(out, frame, prefix).expect("it had such a prefix");
        }
    });
    assert!(input.starts_with(&written), "there is one way to write a string");
}

/// The first byte chooses the size of the chunks; the rest is what arrives, and lines in it are
/// orders to switch, pause and more.
pub fn switch(data: &[u8]) {
    let [size, input @ ..] = data else { return };
    let whole = ordered(input, input.len().max(1), Orders::default());
    let pieces = ordered(input, usize::from(*size).max(1), Orders::default());
    assert_eq!(whole, pieces, "the same however it comes");
    ordered(input, usize::from(*size).max(1), Orders { wild: true, ..Orders::default() });
}

/// What comes of the input: frames, if it was not refused.
fn same_in_pieces<C>(codec: &C, input: &[u8], size: u8) -> Vec<Vec<u8>>
where
    C: for<'a> Codec<Frame<'a> = &'a [u8]> + Clone,
{
    let cut = |size: usize| {
        let mut connection = connect(Framed::new(codec.clone(), Frames::default()));
        feed(&mut connection, input, size, |_| {});
        let frames = connection.protocol().receiver();
        (frames.all.clone(), frames.refused)
    };
    let whole = cut(input.len().max(1));
    assert_eq!(whole, cut(usize::from(size).max(1)), "the same however it comes");
    whole.0
}

#[derive(Default)]
struct Frames {
    all: Vec<Vec<u8>>,
    refused: bool,
}

impl<C: for<'a> Codec<Frame<'a> = &'a [u8]>> Receiver<C> for Frames {
    type Message = ();

    fn frame_received(&mut self, _: &mut Context<'_, ()>, _: &mut C, frame: &[u8]) {
        self.all.push(frame.to_vec());
    }

    fn malformed(&mut self, cx: &mut Context<'_, ()>, _: Malformed) {
        self.refused = true;
        cx.close();
    }
}

/// Does what lines say.
#[derive(Default)]
struct Orders {
    /// Does also what depends on how the input is cut.
    wild: bool,
    wanted: usize,
    seen: Vec<u8>,
    /// Orders carried out, so that those that make more end.
    orders: usize,
}

impl LineReceiver for Orders {
    type Message = ();

    fn line_received(&mut self, cx: &mut Context<'_, ()>, modes: &mut Modes<'_>, line: &[u8]) {
        self.seen.extend(line);
        self.seen.push(b'\n');
        self.orders += 1;
        match line {
            [b'r', count] => {
                self.wanted = usize::from(*count);
                modes.raw();
            }
            [b'p', ..] => modes.pause(),
            [b't', ..] => cx.pause_reading(),
            [b'q', ..] => cx.close(),
            [b'm', limit] => modes.set_max_length(usize::from(*limit)),
            [b'd', rest @ ..] => {
                if let Some(delimiter) = Delimiter::bytes(rest) {
                    modes.set_delimiter(delimiter);
                }
            }
            [b'c', ..] if self.wild => drop(modes.clear()),
            [b'w', rest @ ..] if self.wild && self.orders < 1000 => modes.lines_with(rest),
            [b'e', ..] if self.wild => modes.resume(),
            _ => {}
        }
    }

    fn raw_received(&mut self, _: &mut Context<'_, ()>, modes: &mut Modes<'_>, data: &[u8]) {
        let taken = data.len().min(self.wanted);
        self.wanted -= taken;
        self.seen.extend(&data[..taken]);
        if self.wanted == 0 {
            modes.lines_from(data.len() - taken);
        }
    }

    fn length_exceeded(&mut self, cx: &mut Context<'_, ()>, _: &mut Modes<'_>, _: &[u8]) {
        self.seen.extend(b"exceeded");
        cx.close();
    }

    fn message_received(&mut self, cx: &mut Context<'_, ()>, modes: &mut Modes<'_>, (): ()) {
        modes.resume();
        cx.resume_reading();
    }
}

fn ordered(input: &[u8], size: usize, orders: Orders) -> Vec<u8> {
    let mut connection = connect(Switch::new(orders, Delimiter::Lf, 40));
    feed(&mut connection, input, size, |connection| {
        // Again after each pause, which was an order.
        let mut orders = usize::MAX;
        while std::mem::replace(&mut orders, connection.protocol().receiver().orders) != orders {
            connection.mailbox().post(()).expect("room for one");
            connection.post(Instant::now());
        }
    });
    connection.protocol().receiver().seen.clone()
}

fn connect<P: Protocol>(protocol: P) -> Connection<P> {
    let mut connection = Connection::new(protocol, Peer::unnamed(), Arc::new(Limits::default()));
    connection.start(Instant::now());
    connection
}

fn feed<P: Protocol>(
    connection: &mut Connection<P>,
    input: &[u8],
    size: usize,
    mut between: impl FnMut(&mut Connection<P>),
) {
    for chunk in input.chunks(size) {
        connection.feed(Instant::now(), &mut BytesMut::from(chunk));
        between(connection);
        if connection.wants_shutdown() {
            break;
        }
    }
}

/// What `write` writes.
fn written(write: impl FnMut(&mut dyn Transport)) -> Vec<u8> {
    struct Writes<F>(F);
    impl<F: FnMut(&mut dyn Transport)> Protocol for Writes<F> {
        type Message = ();
        fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
            (self.0)(&mut **cx);
        }
        fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
            input.clear();
        }
    }
    connect(Writes(write)).outgoing().to_vec()
}

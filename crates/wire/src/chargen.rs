//! The character generator, RFC 864.

use bytes::{Bytes, BytesMut};

use ropewalk_protocol::{Context, Flow, Protocol};

/// Sends characters as fast as the peer takes them, and throws away what arrives (RFC 864).
///
/// It writes until the connection says [`Flow::Paused`], and goes on when it has drained. The
/// pattern is the popular one: lines of 72 characters, each beginning one character later in ASCII.
///
/// ```
/// use ropewalk_protocol::{Connection, Peer};
/// use ropewalk_wire::Chargen;
///
/// let mut connection = Connection::new(Chargen, Peer::unnamed(), Default::default());
/// connection.start(std::time::Instant::now());
/// assert!(connection.outgoing().starts_with(b" !\"#$%&'()*+,-./0123456789"));
/// assert!(connection.queued() < 128 * 1024, "no more than the peer takes");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Chargen;

impl Chargen {
    fn fill(cx: &mut Context<'_, ()>) {
        while cx.flow() == Flow::Open {
            cx.send(Bytes::from_static(&PATTERN));
        }
    }
}

impl Protocol for Chargen {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        Self::fill(cx);
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }

    fn drained(&mut self, cx: &mut Context<'_, ()>) {
        Self::fill(cx);
    }
}

const fn pattern() -> [u8; CHARACTERS * LINE] {
    let mut bytes = [0; CHARACTERS * LINE];
    let mut at = 0;
    while at < bytes.len() {
        let (line, column) = (at / LINE, at % LINE);
        bytes[at] = match column {
            WIDTH => b'\r',
            column if column > WIDTH => b'\n',
            column => b' ' + ((line + column) % CHARACTERS) as u8,
        };
        at += 1;
    }
    bytes
}

/// All lines there are, before it begins again.
static PATTERN: [u8; CHARACTERS * LINE] = pattern();

/// The printing characters of ASCII, the space with them.
const CHARACTERS: usize = 95;
const WIDTH: usize = 72;
const LINE: usize = WIDTH + 2;

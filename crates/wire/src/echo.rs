//! Echo, RFC 862.

use bytes::BytesMut;

use ropewalk_protocol::{Context, Protocol};

/// Sends back what arrives (RFC 862).
///
/// A peer that sends and does not read is read no further than the watermarks allow.
///
/// ```
/// use ropewalk_protocol::{Connection, Peer};
/// use ropewalk_wire::Echo;
///
/// let mut connection = Connection::new(Echo, Peer::unnamed(), Default::default());
/// let now = std::time::Instant::now();
/// connection.start(now);
/// connection.feed(now, &mut "hello".into());
/// assert_eq!(connection.outgoing(), b"hello");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Echo;

impl Protocol for Echo {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.send(input.split().freeze());
    }
}

//! Discard, RFC 863.

use bytes::BytesMut;

use ropewalk_protocol::{Context, Protocol};

/// Throws away what arrives, and says nothing (RFC 863).
///
/// ```
/// use ropewalk_protocol::{Connection, Peer};
/// use ropewalk_wire::Discard;
///
/// let mut connection = Connection::new(Discard, Peer::unnamed(), Default::default());
/// let now = std::time::Instant::now();
/// connection.start(now);
/// connection.feed(now, &mut "hello".into());
/// assert!(connection.outgoing().is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Protocol for Discard {
    type Message = ();

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }
}

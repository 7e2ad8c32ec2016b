//! Quote of the day, RFC 865.

use bytes::{Bytes, BytesMut};

use ropewalk_protocol::{Context, Protocol};

/// Sends a quotation, and closes (RFC 865).
///
/// Which one is its factory's choice. The RFC asks for printing ASCII, spaces and ends of lines, and
/// for fewer than 512 characters.
///
/// ```
/// use ropewalk_protocol::{Connection, Peer};
/// use ropewalk_wire::Quote;
///
/// let quote = Quote::new("An apple a day keeps the doctor away.\r\n");
/// let mut connection = Connection::new(quote, Peer::unnamed(), Default::default());
/// connection.start(std::time::Instant::now());
/// assert_eq!(connection.outgoing(), b"An apple a day keeps the doctor away.\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Quote {
    text: Bytes,
}

impl Quote {
    /// With the text to send.
    pub fn new(text: impl Into<Bytes>) -> Self {
        Self { text: text.into() }
    }
}

impl Protocol for Quote {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        cx.send(self.text.clone());
        cx.close();
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }
}

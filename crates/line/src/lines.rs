//! Lines as a codec.

use ropewalk_protocol::{Codec, Malformed, Transport};

use crate::Delimiter;

/// Cuts bytes into lines; frames are lines without their delimiter.
///
/// ```
/// use ropewalk_line::{Delimiter, Lines};
/// use ropewalk_protocol::{Codec, Malformed};
///
/// let mut lines = Lines::new(Delimiter::LfOrCrLf, 8);
/// assert_eq!(lines.split(&mut *b"PING\r\nPO".to_vec()), Ok(Some((6, &b"PING"[..]))));
/// assert_eq!(lines.split(&mut *b"PO".to_vec()), Ok(None));
/// let refused = Malformed::TooLong { unit: "line", length: 9, limit: 8 };
/// assert_eq!(lines.split(&mut *b"POPOPOPOP".to_vec()), Err(refused));
/// ```
#[derive(Clone, Debug)]
pub struct Lines {
    delimiter: Delimiter,
    max_length: usize,
    overlong: Overlong,
    /// No delimiter ends in that many bytes at the beginning of the input.
    scanned: usize,
    cut: bool,
}

/// What becomes of a line that is longer than the limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Overlong {
    /// It is refused, as [`Malformed::TooLong`], as soon as its length is known to pass the limit.
    #[default]
    Refuse,
    /// When its end has come it is delivered as far as the limit goes, and
    /// [`Lines::is_cut`] says so. A line that does not end is bounded by
    /// [`Limits::input`](ropewalk_protocol::Limits::input).
    Truncate,
}

impl Lines {
    /// Lines that end with `delimiter` and have at most `max_length` bytes before it.
    ///
    /// A `max_length` above [`Limits::input`](ropewalk_protocol::Limits::input) is never reached.
    #[must_use]
    pub fn new(delimiter: Delimiter, max_length: usize) -> Self {
        Self { delimiter, max_length, overlong: Overlong::Refuse, scanned: 0, cut: false }
    }

    /// The same, with another way to deal with lines that are too long.
    ///
    /// ```
    /// use ropewalk_line::{Delimiter, Lines, Overlong};
    /// use ropewalk_protocol::Codec;
    ///
    /// let mut lines = Lines::new(Delimiter::Lf, 4).overlong(Overlong::Truncate);
    /// assert_eq!(lines.split(&mut *b"too long\n".to_vec()), Ok(Some((9, &b"too "[..]))));
    /// assert!(lines.is_cut());
    /// ```
    #[must_use]
    pub fn overlong(mut self, overlong: Overlong) -> Self {
        self.overlong = overlong;
        self
    }

    /// Ends lines with another delimiter from the next line on.
    pub fn set_delimiter(&mut self, delimiter: Delimiter) {
        self.delimiter = delimiter;
        self.scanned = 0;
    }

    /// Limits lines to another length from the next line on.
    pub fn set_max_length(&mut self, max_length: usize) {
        self.max_length = max_length;
    }

    /// Whether the last line was longer than what was delivered of it.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    #[cold]
    fn unfinished(&mut self, input: &[u8]) -> Result<(), Malformed> {
        self.scanned = input.len();
        if self.overlong == Overlong::Truncate || input.len() <= self.max_length {
            return Ok(());
        }
        self.check(input.len() - self.delimiter.begun(input))
    }

    fn check(&self, length: usize) -> Result<(), Malformed> {
        let limit = self.max_length;
        let long = length > limit;
        if long { Err(Malformed::TooLong { unit: "line", length, limit }) } else { Ok(()) }
    }
}

impl Codec for Lines {
    type Frame<'a> = &'a [u8];

    #[inline]
    fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
        let Some((length, end)) = self.delimiter.find(input, self.scanned) else {
            return self.unfinished(input).map(|()| None);
        };
        self.scanned = 0;
        self.cut = length > self.max_length;
        if !self.cut {
            return Ok(Some((length + end, &input[..length])));
        }
        match self.overlong {
            Overlong::Refuse => self.check(length).map(|()| None),
            Overlong::Truncate => Ok(Some((length + end, &input[..self.max_length]))),
        }
    }
}

/// Writes `line` and `delimiter`. A line that contains the delimiter is more than one to the peer.
///
/// ```
/// use ropewalk_line::{Delimiter, write_line};
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Greeter;
/// # impl Protocol for Greeter {
/// #     type Message = ();
/// #     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         input.clear();
/// #     }
/// fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///     write_line(cx, b"hello", &Delimiter::CrLf);
/// }
/// # }
/// # let mut connection = ropewalk_protocol::Connection::new(
/// #     Greeter, ropewalk_protocol::Peer::unnamed(), Default::default());
/// # connection.start(std::time::Instant::now());
/// # assert_eq!(connection.outgoing(), b"hello\r\n");
/// ```
#[inline]
pub fn write_line(out: &mut dyn Transport, line: &[u8], delimiter: &Delimiter) {
    out.write(line);
    out.write(delimiter.as_bytes());
}

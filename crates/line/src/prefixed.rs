//! Strings with their length in front, as a number of 8, 16 or 32 bits.

use ropewalk_protocol::{Codec, Malformed, Transport};
use thiserror::Error;

/// Cuts bytes into strings with their length in front, in network byte order.
///
/// ```
/// use ropewalk_line::{Prefix, Prefixed};
/// use ropewalk_protocol::Codec;
///
/// let mut strings = Prefixed::new(Prefix::U16, 1000);
/// assert_eq!(strings.split(&mut *b"\0\x02hi\0".to_vec()), Ok(Some((4, &b"hi"[..]))));
/// assert_eq!(strings.split(&mut *b"\0".to_vec()), Ok(None));
/// assert!(strings.split(&mut *b"\x70\0".to_vec()).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Prefixed {
    prefix: Prefix,
    max_length: usize,
}

/// The length's own length.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Prefix {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
}

/// A string does not fit its prefix.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("string of {length} bytes is longer than the limit of {limit} that its prefix can say")]
pub struct StringTooLong {
    /// The string's length in bytes.
    pub length: usize,
    /// The most that the prefix can say.
    pub limit: usize,
}

impl Prefixed {
    /// Strings of at most `max_length` bytes. A longer one is refused when its prefix has come.
    ///
    /// A `max_length` above [`Limits::input`](ropewalk_protocol::Limits::input) is never reached.
    #[must_use]
    pub fn new(prefix: Prefix, max_length: usize) -> Self {
        Self { prefix, max_length }
    }

    /// Limits strings to another length from the next one on.
    pub fn set_max_length(&mut self, max_length: usize) {
        self.max_length = max_length;
    }
}

impl Codec for Prefixed {
    type Frame<'a> = &'a [u8];

    #[inline]
    fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
        let start = self.prefix.width();
        let Some(prefix) = input.get(..start) else { return Ok(None) };
        let length = prefix.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let limit = self.max_length;
        if length > limit {
            return Err(Malformed::TooLong { unit: "string", length, limit });
        }
        let end = start.saturating_add(length);
        Ok(input.get(start..end).map(|string| (end, string)))
    }
}

impl Prefix {
    /// The most that it can say.
    #[must_use]
    pub fn max(self) -> usize {
        usize::MAX >> (usize::BITS - 8 * self.width() as u32)
    }

    fn width(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
        }
    }
}

/// Writes `string` with its length in front.
///
/// # Errors
/// When the length does not fit the prefix; nothing is written then.
///
/// ```
/// use ropewalk_line::{Prefix, write_prefixed};
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Greeter;
/// # impl Protocol for Greeter {
/// #     type Message = ();
/// #     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
/// #         input.clear();
/// #     }
/// fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///     write_prefixed(cx, b"hi", Prefix::U8).expect("two fits");
///     assert!(write_prefixed(cx, &[0; 256], Prefix::U8).is_err());
/// }
/// # }
/// # let mut connection = ropewalk_protocol::Connection::new(
/// #     Greeter, ropewalk_protocol::Peer::unnamed(), Default::default());
/// # connection.start(std::time::Instant::now());
/// # assert_eq!(connection.outgoing(), b"\x02hi");
/// ```
pub fn write_prefixed(
    out: &mut dyn Transport,
    string: &[u8],
    prefix: Prefix,
) -> Result<(), StringTooLong> {
    let (length, limit) = (string.len(), prefix.max());
    if length > limit {
        return Err(StringTooLong { length, limit });
    }
    let number = length.to_be_bytes();
    out.write(&number[number.len() - prefix.width()..]);
    out.write(string);
    Ok(())
}

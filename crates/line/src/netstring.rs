//! Netstrings: `5:hello,`.

use ropewalk_protocol::{Codec, Malformed, Transport};

/// Cuts bytes into netstrings (<https://cr.yp.to/proto/netstrings.txt>): the length in decimal, a
/// colon, the string, a comma.
///
/// ```
/// use ropewalk_line::Netstrings;
/// use ropewalk_protocol::Codec;
///
/// let mut strings = Netstrings::new(1000);
/// assert_eq!(strings.split(&mut *b"5:hello,".to_vec()), Ok(Some((8, &b"hello"[..]))));
/// assert_eq!(strings.split(&mut *b"5:hel".to_vec()), Ok(None));
/// assert!(Netstrings::new(1000).split(&mut *b"1001".to_vec()).is_err());
/// assert!(Netstrings::new(1000).split(&mut *b"05:hello,".to_vec()).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Netstrings {
    max_length: usize,
    /// The place of the string in the input, once its length is known.
    string: Option<(usize, usize)>,
}

impl Netstrings {
    /// Strings of at most `max_length` bytes. A longer one is refused as soon as the digits that
    /// have come say so.
    ///
    /// A `max_length` above [`Limits::input`](ropewalk_protocol::Limits::input) is never reached.
    #[must_use]
    pub fn new(max_length: usize) -> Self {
        Self { max_length, string: None }
    }

    /// Limits strings to another length from the next one on.
    pub fn set_max_length(&mut self, max_length: usize) {
        self.max_length = max_length;
    }

    /// Where the string begins and ends, once its length has come.
    fn place(&self, input: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
        let mut length: usize = 0;
        for (at, byte) in input.iter().enumerate() {
            match byte {
                b'0'..=b'9' if at == 1 && input[0] == b'0' => {
                    return Err(Malformed::Syntax("superfluous zero in a netstring".into()));
                }
                b'0'..=b'9' => {
                    length = length.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                }
                b':' if at > 0 => return Ok(Some((at + 1, (at + 1).saturating_add(length)))),
                _ => return Err(Malformed::Syntax("a netstring begins with its length".into())),
            }
            let limit = self.max_length;
            if length > limit {
                return Err(Malformed::TooLong { unit: "string", length, limit });
            }
        }
        Ok(None)
    }
}

impl Codec for Netstrings {
    type Frame<'a> = &'a [u8];

    #[inline]
    fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
        if self.string.is_none() {
            self.string = self.place(input)?;
        }
        let Some((start, end)) = self.string else { return Ok(None) };
        match input.get(end) {
            None => Ok(None),
            Some(b',') => {
                self.string = None;
                Ok(Some((end + 1, &input[start..end])))
            }
            Some(_) => Err(Malformed::Syntax("a netstring ends with a comma".into())),
        }
    }
}

/// Writes `string` as a netstring.
///
/// ```
/// use ropewalk_line::write_netstring;
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Greeter;
/// # impl Protocol for Greeter {
/// #     type Message = ();
/// #     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
/// #         input.clear();
/// #     }
/// fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///     write_netstring(cx, b"hello");
/// }
/// # }
/// # let mut connection = ropewalk_protocol::Connection::new(
/// #     Greeter, ropewalk_protocol::Peer::unnamed(), Default::default());
/// # connection.start(std::time::Instant::now());
/// # assert_eq!(connection.outgoing(), b"5:hello,");
/// ```
pub fn write_netstring(out: &mut dyn Transport, string: &[u8]) {
    let mut digits = [b':'; DIGITS];
    let mut at = DIGITS - 1;
    let mut rest = string.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.write(&digits[at..]);
    out.write(string);
    out.write(b",");
}

/// The digits of the greatest length, and the colon.
const DIGITS: usize = 21;

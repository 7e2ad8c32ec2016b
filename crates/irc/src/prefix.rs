//! Who a message is from.

use std::fmt;

use memchr::{memchr2, memrchr};

use crate::message::Shown;

/// The prefix of a message: a server's name, or `nick!user@host` with the last two optional.
///
/// ```
/// use ropewalk_irc::Prefix;
///
/// let prefix = Prefix::new(b"ann!~a@example.net");
/// assert_eq!(prefix.name(), b"ann");
/// assert_eq!(prefix.user(), Some(&b"~a"[..]));
/// assert_eq!(prefix.host(), Some(&b"example.net"[..]));
/// assert_eq!(Prefix::new(b"irc.example.net").user(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Prefix<'a> {
    raw: &'a [u8],
}

impl<'a> Prefix<'a> {
    /// A prefix of these bytes, which are split only when asked.
    #[must_use]
    pub fn new(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// All of it, without the colon.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.raw
    }

    /// The nickname or the server's name: what comes before the first `!` or `@`.
    #[must_use]
    pub fn name(self) -> &'a [u8] {
        self.split().0
    }

    /// The user name: what is between the `!` and the last `@`.
    #[must_use]
    pub fn user(self) -> Option<&'a [u8]> {
        self.split().1
    }

    /// The host: what follows the last `@`.
    #[must_use]
    pub fn host(self) -> Option<&'a [u8]> {
        self.split().2
    }

    /// The three parts: [`name`](Self::name), [`user`](Self::user) and [`host`](Self::host).
    #[must_use]
    pub fn split(self) -> (&'a [u8], Option<&'a [u8]>, Option<&'a [u8]>) {
        let Some(end) = memchr2(b'!', b'@', self.raw) else { return (self.raw, None, None) };
        let (name, rest) = (&self.raw[..end], &self.raw[end + 1..]);
        if self.raw[end] == b'@' {
            return (name, None, Some(rest));
        }
        match memrchr(b'@', rest) {
            None => (name, Some(rest), None),
            Some(at) => (name, Some(&rest[..at]), Some(&rest[at + 1..])),
        }
    }
}

impl fmt::Debug for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(self.raw).fmt(f)
    }
}

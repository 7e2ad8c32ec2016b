//! `nick!user@host`: who somebody is, in the form that every event carries.

use std::{fmt, sync::Arc};

/// A user's nick, user name and host, ready to be sent and cheap to share.
///
/// ```
/// use ropewalk_words::Prefix;
///
/// let ada = Prefix::new(b"ada", b"lovelace", b"a.test");
/// assert_eq!(ada.as_bytes(), b"ada!lovelace@a.test");
/// assert_eq!((ada.nick(), ada.username(), ada.host()), (&b"ada"[..], &b"lovelace"[..], &b"a.test"[..]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Prefix {
    bytes: Arc<[u8]>,
    bang: u16,
    at: u16,
}

impl Prefix {
    /// The prefix made of these three; each is cut at 20,000 bytes.
    #[must_use]
    pub fn new(nick: &[u8], username: &[u8], host: &[u8]) -> Self {
        let cut = |part: &'_ [u8]| part.len().min(LONGEST_PART);
        let (bang, at) = (cut(nick), cut(nick) + 1 + cut(username));
        let parts =
            [&nick[..bang], b"!", &username[..cut(username)], b"@", &host[..cut(host)]].concat();
        // Both are at most 40,001 after the cuts above.
        Self { bytes: parts.into(), bang: bang as u16, at: at as u16 }
    }

    /// All of it: `nick!user@host`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part before `!`.
    #[must_use]
    pub fn nick(&self) -> &[u8] {
        &self.bytes[..usize::from(self.bang)]
    }

    /// The part between `!` and `@`.
    #[must_use]
    pub fn username(&self) -> &[u8] {
        &self.bytes[usize::from(self.bang) + 1..usize::from(self.at)]
    }

    /// The part after `@`.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        &self.bytes[usize::from(self.at) + 1..]
    }

    pub(crate) fn renamed(&self, nick: &[u8]) -> Self {
        Self::new(nick, self.username(), self.host())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bytes.escape_ascii())
    }
}

const LONGEST_PART: usize = 20_000;

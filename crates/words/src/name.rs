//! Names: which bytes may be in one, and when two are the same.

/// How letters are compared: what counts as upper and lower case of the same name.
///
/// ```
/// use ropewalk_words::Fold;
///
/// assert!(Fold::Ascii.same(b"Ada", b"aDA"));
/// assert!(!Fold::Ascii.same(b"a[", b"a{"));
/// assert!(Fold::Rfc1459.same(b"a[~", b"A{^"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fold {
    /// `A` to `Z` are `a` to `z`.
    #[default]
    Ascii,
    /// As [`Ascii`](Self::Ascii), and `[ ] \ ~` are `{ } | ^` (RFC 1459, section 2.2).
    Rfc1459,
}

impl Fold {
    /// The lower case of one byte.
    #[must_use]
    pub const fn byte(self, byte: u8) -> u8 {
        match (self, byte) {
            (Self::Rfc1459, b'[') => b'{',
            (Self::Rfc1459, b']') => b'}',
            (Self::Rfc1459, b'\\') => b'|',
            (Self::Rfc1459, b'~') => b'^',
            _ => byte.to_ascii_lowercase(),
        }
    }

    /// Whether two names are the same.
    #[must_use]
    pub fn same(self, one: &[u8], other: &[u8]) -> bool {
        one.len() == other.len()
            && one.iter().zip(other).all(|(one, other)| self.byte(*one) == self.byte(*other))
    }

    /// `name` in lower case, on the stack; none when it is longer than any name may be.
    pub(crate) fn key(self, name: &[u8]) -> Option<FoldedName> {
        let mut bytes = [0; LONGEST_NAME];
        for (to, from) in bytes.get_mut(..name.len())?.iter_mut().zip(name) {
            *to = self.byte(*from);
        }
        Some(FoldedName { bytes, length: name.len() })
    }
}

/// A name in lower case, to look it up by without allocating.
pub(crate) struct FoldedName {
    bytes: [u8; LONGEST_NAME],
    length: usize,
}

impl FoldedName {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// RFC 2812's `nickname`, with any length, and with every byte of UTF-8 beyond ASCII.
pub(crate) fn is_nick(name: &[u8]) -> bool {
    let special =
        |byte: u8| matches!(byte, b'[' | b']' | b'\\' | b'`' | b'_' | b'^' | b'{' | b'|' | b'}');
    let Some((&first, rest)) = name.split_first() else { return false };
    let begins = |byte: u8| byte.is_ascii_alphabetic() || special(byte) || !byte.is_ascii();
    begins(first)
        && rest.iter().all(|&byte| begins(byte) || byte.is_ascii_digit() || byte == b'-')
        && std::str::from_utf8(name).is_ok()
}

/// `#` and at least one byte more, without controls, space, comma (RFC 2812, section 1.3).
pub(crate) fn is_room(name: &[u8]) -> bool {
    name.len() > 1 && name[0] == b'#' && is_word(name) && !name.contains(&b',')
}

/// Non-empty, without controls and spaces: what may stand alone in a list of words.
pub(crate) fn is_word(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|&byte| byte > b' ' && byte != 0x7f)
}

/// Without NUL, CR and LF: what a front end that speaks in lines can send on as it is.
pub(crate) fn is_line(text: &[u8]) -> bool {
    !text.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

/// Names of users and rooms are never longer than this, whatever the limits say.
pub(crate) const LONGEST_NAME: usize = 128;

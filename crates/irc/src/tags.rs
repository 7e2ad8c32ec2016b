//! IRCv3 message tags: read lazily from the line, and written escaped.

use std::{borrow::Cow, fmt};

use memchr::memchr;

use crate::{Part, WriteError, message::Shown};

/// The tags of a message as they are in the line, without the `@`.
///
/// ```
/// use ropewalk_irc::Message;
///
/// let message = Message::parse(br"@id=7;+note=one\stwo;away PING x")?;
/// assert_eq!(message.tags.get(b"+note").as_deref(), Some(&b"one two"[..]));
/// assert_eq!(message.tags.get(b"away").as_deref(), Some(&b""[..]));
/// assert_eq!(message.tags.iter().count(), 3);
/// # Ok::<(), ropewalk_irc::ParseError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags<'a> {
    raw: &'a [u8],
}

impl<'a> Tags<'a> {
    /// Tags that are escaped already, without the `@`; checked when they are written.
    #[must_use]
    pub fn from_raw(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// The tags as they are in the line.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.raw
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// How many bytes they are in a line, with the `@` and the space; what the limits count.
    #[must_use]
    pub fn wire_len(self) -> usize {
        if self.is_empty() { 0 } else { self.raw.len() + 2 }
    }

    /// The unescaped value of this tag, empty when it has none. The last of several counts.
    #[must_use]
    pub fn get(self, key: &[u8]) -> Option<Cow<'a, [u8]>> {
        self.iter().filter(|tag| tag.key == key).last().map(Tag::value)
    }

    /// One after the other, as they come; those without a key are left out.
    #[must_use]
    pub fn iter(self) -> TagIter<'a> {
        TagIter { rest: self.raw }
    }
}

impl<'a> IntoIterator for Tags<'a> {
    type Item = Tag<'a>;
    type IntoIter = TagIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Tags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(self.raw).fmt(f)
    }
}

/// The tags of a message one by one; made by [`Tags::iter`].
#[derive(Clone, Debug)]
pub struct TagIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for TagIter<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        while !self.rest.is_empty() {
            let (tag, rest) = split_once(self.rest, b';');
            self.rest = rest.unwrap_or_default();
            let (key, raw) = split_once(tag, b'=');
            if !key.is_empty() {
                return Some(Tag { key, raw });
            }
        }
        None
    }
}

/// One tag.
///
/// ```
/// use ropewalk_irc::Tags;
///
/// let tag = Tags::from_raw(br"account=a\:b").iter().next().unwrap();
/// assert_eq!(tag.key, b"account");
/// assert_eq!(tag.raw, Some(&br"a\:b"[..]));
/// assert_eq!(*tag.value(), *b"a;b");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The key, with its `+` and vendor where it has them.
    pub key: &'a [u8],
    /// The value as it is in the line; `None` when there is no `=`, which means the same as empty.
    pub raw: Option<&'a [u8]>,
}

impl<'a> Tag<'a> {
    /// The value unescaped; copied only where something is escaped.
    #[must_use]
    pub fn value(self) -> Cow<'a, [u8]> {
        let raw = self.raw.unwrap_or_default();
        match memchr(b'\\', raw) {
            None => Cow::Borrowed(raw),
            Some(first) => Cow::Owned(unescape(raw, first)),
        }
    }
}

impl fmt::Debug for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tag")
            .field("key", &Shown(self.key))
            .field("raw", &self.raw.map(Shown))
            .finish()
    }
}

/// Tags that are being put together, for [`Message::tags`](crate::Message::tags).
///
/// ```
/// use ropewalk_irc::TagsBuf;
///
/// let mut tags = TagsBuf::default();
/// tags.push(b"msgid", b"7")?;
/// tags.push(b"bot", b"")?;
/// assert_eq!(tags.as_tags().as_bytes(), b"msgid=7;bot");
/// assert!(tags.push(b"no spaces", b"").is_err());
/// # Ok::<(), ropewalk_irc::WriteError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagsBuf {
    raw: Vec<u8>,
}

impl TagsBuf {
    /// Adds a tag; its value is escaped.
    ///
    /// # Errors
    ///
    /// When the key is not one (letters, digits, `-`, `.`, `/`, and a leading `+`), the value has
    /// a NUL in it, which cannot be escaped, or the tags would exceed [`TAGS_LIMIT`]. The tags
    /// are then as they were.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), WriteError> {
        check_key(key)?;
        if let Some(at) = memchr(b'\0', value) {
            return Err(WriteError::Forbidden { part: Part::TagValue, byte: 0, at });
        }
        let before = self.raw.len();
        if before > 0 {
            self.raw.push(b';');
        }
        self.raw.extend_from_slice(key);
        if !value.is_empty() {
            self.raw.push(b'=');
            escape(value, &mut self.raw);
        }
        let length = self.raw.len() + 2;
        if length > TAGS_LIMIT {
            self.raw.truncate(before);
            return Err(WriteError::TagsTooLong { length, limit: TAGS_LIMIT });
        }
        Ok(())
    }

    /// Removes all tags and keeps the memory.
    pub fn clear(&mut self) {
        self.raw.clear();
    }

    /// The tags, to be put into a message.
    #[must_use]
    pub fn as_tags(&self) -> Tags<'_> {
        Tags { raw: &self.raw }
    }
}

fn check_key(key: &[u8]) -> Result<(), WriteError> {
    let part = Part::TagKey;
    let name = key.strip_prefix(b"+").unwrap_or(key);
    if name.is_empty() {
        return Err(WriteError::Empty { part });
    }
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/');
    match name.iter().position(|byte| !good(byte)) {
        None => Ok(()),
        Some(at) => {
            let byte = name[at];
            Err(WriteError::Forbidden { part, byte, at: at + key.len() - name.len() })
        }
    }
}

fn escape(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        let letter = match byte {
            b';' => b':',
            b' ' => b's',
            b'\\' => b'\\',
            b'\r' => b'r',
            b'\n' => b'n',
            other => {
                out.push(other);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
}

/// Undoes `escape`. A backslash before any other byte is dropped, and so is one at the end.
fn unescape(raw: &[u8], first: usize) -> Vec<u8> {
    let mut value = Vec::with_capacity(raw.len());
    value.extend_from_slice(&raw[..first]);
    let mut rest = raw[first..].iter();
    while let Some(&byte) = rest.next() {
        if byte != b'\\' {
            value.push(byte);
            continue;
        }
        value.extend(rest.next().map(|letter| match letter {
            b':' => b';',
            b's' => b' ',
            b'r' => b'\r',
            b'n' => b'\n',
            &other => other,
        }));
    }
    value
}

fn split_once(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match memchr(at, bytes) {
        None => (bytes, None),
        Some(end) => (&bytes[..end], Some(&bytes[end + 1..])),
    }
}

/// How many bytes the tags of a line may be, with the `@` and the space (IRCv3 message tags).
pub const TAGS_LIMIT: usize = 8191;

/// How many bytes of that a client may send; past it a server answers 417 (`ERR_INPUTTOOLONG`).
pub const CLIENT_TAGS_LIMIT: usize = 4096;

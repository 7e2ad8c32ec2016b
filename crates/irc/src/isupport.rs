//! What a server says about itself: the tokens of 005 (`RPL_ISUPPORT`).

use std::{borrow::Cow, fmt};

use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while_m_n, take_while1},
    combinator::{all_consuming, map, map_opt, opt, rest},
    sequence::{pair, preceded},
};

use crate::message::Shown;

/// One token of 005: `KEY`, `KEY=value` or `-KEY`.
///
/// ```
/// use ropewalk_irc::IsupportToken;
///
/// let token = IsupportToken::parse(br"NETWORK=Rope\x20Walk")?;
/// assert_eq!(token.key, b"NETWORK");
/// assert_eq!(token.value.as_deref(), Some(&b"Rope Walk"[..]));
/// assert!(IsupportToken::parse(b"-SAFELIST")?.removed);
/// # Ok::<(), ropewalk_irc::IsupportError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct IsupportToken<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The value unescaped; `KEY=` has an empty one.
    pub value: Option<Cow<'a, [u8]>>,
    /// Whether the token takes back what was said before (`-KEY`).
    pub removed: bool,
}

/// What is wrong with a token, or with too many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IsupportError {
    /// The key is missing, or ends with a byte that is neither `=` nor allowed in a key.
    #[error("a token cannot be read from byte {at} on")]
    BadKey {
        /// Where.
        at: usize,
    },
    /// There is a value in a token that takes its key back.
    #[error("a token that begins with - has no value")]
    RemovedWithValue,
    /// More tokens than [`Isupport::LIMIT`].
    #[error("more than {} tokens", Isupport::LIMIT)]
    TooMany,
}

impl<'a> IsupportToken<'a> {
    /// Parses one token, one of the parameters of a 005.
    ///
    /// Keys are letters, digits and `-`, `.`, `/` or `_`, in any case. A backslash that begins no
    /// `\xHH` stands for itself, as many servers mean it.
    ///
    /// # Errors
    ///
    /// [`IsupportError`] when the key is not one, or the token has both a `-` and a value.
    pub fn parse(input: &'a [u8]) -> Result<Self, IsupportError> {
        let parsed = all_consuming(token).parse(input);
        let (_, (minus, (key, value))) =
            parsed.map_err(|why: nom::Err<nom::error::Error<&[u8]>>| {
                let left = match why {
                    nom::Err::Error(why) | nom::Err::Failure(why) => why.input.len(),
                    nom::Err::Incomplete(_) => 0,
                };
                IsupportError::BadKey { at: input.len() - left }
            })?;
        if minus.is_some() && value.is_some() {
            return Err(IsupportError::RemovedWithValue);
        }
        Ok(Self { key, value: value.map(unescape), removed: minus.is_some() })
    }
}

impl fmt::Debug for IsupportToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsupportToken")
            .field("key", &Shown(self.key))
            .field("value", &self.value.as_deref().map(Shown))
            .field("removed", &self.removed)
            .finish()
    }
}

/// All that a server has said, in order: to be written by a server, or learnt by a client.
///
/// ```
/// use ropewalk_irc::{Isupport, Message, Numeric};
///
/// let mut ours = Isupport::default();
/// ours.set(b"NICKLEN", Some(b"30"))?;
/// ours.set(b"SAFELIST", None)?;
/// for tokens in ours.lines(400) {
///     let mut message = Message::reply(Numeric::RPL_ISUPPORT).param(b"ann");
///     for token in tokens {
///         message = message.param(token);
///     }
///     let mut out = Vec::new();
///     message.trailing(b"are supported by this server").write(&mut out)?;
///     assert_eq!(out, b"005 ann NICKLEN=30 SAFELIST :are supported by this server");
/// }
///
/// let mut theirs = Isupport::default();
/// theirs.learn(b"NICKLEN=9")?;
/// assert_eq!(theirs.get(b"NICKLEN"), Some(&b"9"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Isupport {
    entries: Vec<Entry>,
}

/// A key, and the token as it is written.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    key: Box<[u8]>,
    value: Option<Box<[u8]>>,
    written: Box<[u8]>,
}

impl Isupport {
    /// How many keys there can be. Servers have about fifty.
    pub const LIMIT: usize = 512;

    /// Sets a key, in the place where it was.
    ///
    /// # Errors
    ///
    /// [`IsupportError`] when the key is not one, or there are [`LIMIT`](Self::LIMIT) others.
    pub fn set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), IsupportError> {
        match IsupportToken::parse(key)? {
            IsupportToken { value: None, removed: false, .. } => {}
            token => return Err(IsupportError::BadKey { at: bad_key_at(&token) }),
        }
        let entry =
            Entry { key: key.into(), value: value.map(Box::from), written: written(key, value) };
        match self.entries.iter().position(|old| *old.key == *key) {
            Some(place) => self.entries[place] = entry,
            None if self.entries.len() == Self::LIMIT => return Err(IsupportError::TooMany),
            None => self.entries.push(entry),
        }
        Ok(())
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &[u8]) {
        self.entries.retain(|entry| *entry.key != *key);
    }

    /// Takes in one token that a server sent.
    ///
    /// # Errors
    ///
    /// As [`IsupportToken::parse`] and [`set`](Self::set).
    pub fn learn(&mut self, token: &[u8]) -> Result<(), IsupportError> {
        let token = IsupportToken::parse(token)?;
        if token.removed {
            self.remove(token.key);
            return Ok(());
        }
        self.set(token.key, token.value.as_deref())
    }

    /// The value of a key, empty when it is there without one.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let entry = self.entries.iter().find(|entry| *entry.key == *key)?;
        Some(entry.value.as_deref().unwrap_or_default())
    }

    /// The tokens as they are written, in groups for one line each: at most
    /// [`TOKENS_A_LINE`](Self::TOKENS_A_LINE), and at most `room` bytes with a space before each.
    ///
    /// A token that has no room alone is a group of its own.
    #[must_use]
    pub fn lines(&self, room: usize) -> IsupportLines<'_> {
        IsupportLines { rest: &self.entries, room }
    }

    /// How many tokens a 005 can have: what the nickname and the text leave of 15 parameters.
    pub const TOKENS_A_LINE: usize = 13;
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.written).fmt(f)
    }
}

/// The lines of a server's tokens; made by [`Isupport::lines`].
#[derive(Clone, Debug)]
pub struct IsupportLines<'a> {
    rest: &'a [Entry],
    room: usize,
}

impl<'a> Iterator for IsupportLines<'a> {
    type Item = Vec<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut length = 0;
        let fitting = self.rest.iter().take(Isupport::TOKENS_A_LINE).take_while(|entry| {
            length += entry.written.len() + 1;
            length <= self.room
        });
        let fitting = fitting.count().max(1);
        let (line, rest) = self.rest.split_at_checked(fitting)?;
        self.rest = rest;
        Some(line.iter().map(|entry| &*entry.written).collect())
    }
}

type Parts<'a> = (Option<&'a [u8]>, (&'a [u8], Option<&'a [u8]>));

fn token(input: &[u8]) -> IResult<&[u8], Parts<'_>> {
    pair(opt(tag("-")), pair(key, opt(preceded(tag("="), rest)))).parse(input)
}

fn key(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(|byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_')
    })
    .parse(input)
}

/// Where a token stops being a bare key.
fn bad_key_at(token: &IsupportToken<'_>) -> usize {
    if token.removed { 0 } else { token.key.len() }
}

fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut left = value;
    while let Some((&first, after)) = left.split_first() {
        let (after, byte) = escaped(left).unwrap_or((after, first));
        plain.push(byte);
        left = after;
    }
    Cow::Owned(plain)
}

/// `\xHH`.
fn escaped(input: &[u8]) -> IResult<&[u8], u8> {
    let digits = map(take_while_m_n(2, 2, |byte: u8| byte.is_ascii_hexdigit()), str::from_utf8);
    let byte = map_opt(digits, |digits| u8::from_str_radix(digits.ok()?, 16).ok());
    preceded(tag(r"\x"), byte).parse(input)
}

fn written(key: &[u8], value: Option<&[u8]>) -> Box<[u8]> {
    let mut token = key.to_vec();
    if let Some(value) = value {
        token.push(b'=');
        for &byte in value {
            match byte {
                b'\\' | b'=' | b'\0'..=b' ' | 0x7f => {
                    token.extend_from_slice(format!(r"\x{byte:02X}").as_bytes());
                }
                other => token.push(other),
            }
        }
    }
    token.into()
}

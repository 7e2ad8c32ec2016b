//! Masks: patterns with `*` and `?`, as in bans.

use std::fmt;

use crate::{Casemapping, message::Shown};

/// A pattern in which `*` stands for any bytes and `?` for any one byte.
///
/// `\*` and `\?` stand for themselves; a backslash before anything else is a backslash (RFC 2812,
/// 2.5). Matching takes at most the length of the mask times that of the text, however many stars
/// there are, and allocates nothing.
///
/// ```
/// use ropewalk_irc::{Casemapping, Mask};
///
/// let mask = Mask::new(b"*!?nn@*.example.net");
/// assert!(mask.matches(b"Ann!Ann@pc7.example.net", Casemapping::Ascii));
/// assert!(!mask.matches(b"Ann!Joanna@pc7.example.net", Casemapping::Ascii));
/// assert!(Mask::new(br"what\?").matches(b"what?", Casemapping::Ascii));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mask {
    text: Box<[u8]>,
    tokens: Box<[Token]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Token {
    Byte(u8),
    One,
    Many,
}

impl Mask {
    /// The mask of this text; every text is one.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        Self { text: text.into(), tokens: tokens(text) }
    }

    /// The mask for `nick!user@host`, with a star for each part that `text` leaves out.
    ///
    /// ```
    /// use ropewalk_irc::Mask;
    ///
    /// assert_eq!(Mask::complete(b"ann").as_bytes(), b"ann!*@*");
    /// assert_eq!(Mask::complete(b"*.example.net").as_bytes(), b"*!*@*.example.net");
    /// assert_eq!(Mask::complete(b"~a@").as_bytes(), b"*!~a@*");
    /// assert_eq!(Mask::complete(b"ann!a").as_bytes(), b"ann!a@*");
    /// ```
    ///
    /// Text with neither `!` nor `@` is a host when there is a dot or colon in it, as no nickname
    /// has one.
    #[must_use]
    pub fn complete(text: &[u8]) -> Self {
        let (before, host) = match memchr::memrchr(b'@', text) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &b""[..]),
        };
        let (nick, user, host) = match memchr::memchr(b'!', before) {
            Some(at) => (&before[..at], &before[at + 1..], host),
            None if before.len() < text.len() => (&b""[..], before, host),
            None if before.iter().any(|byte| matches!(byte, b'.' | b':')) => {
                (&b""[..], &b""[..], before)
            }
            None => (before, &b""[..], host),
        };
        let or_star = |part: &[u8]| if part.is_empty() { b"*".to_vec() } else { part.to_vec() };
        Self::new(
            &[or_star(nick), b"!".to_vec(), or_star(user), b"@".to_vec(), or_star(host)].concat(),
        )
    }

    /// Whether all of `text` is what the mask describes.
    #[must_use]
    pub fn matches(&self, text: &[u8], mapping: Casemapping) -> bool {
        let (mut token, mut at) = (0, 0);
        // Where to go on when what follows the last star does not match: its token, and the
        // first byte that it has not yet taken. Earlier stars never need another try.
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.tokens.get(token) {
                Some(Token::Many) => {
                    star = Some((token, at));
                    token += 1;
                }
                Some(&pattern) if pattern.takes(text[at], mapping) => {
                    token += 1;
                    at += 1;
                }
                _ => {
                    let Some((many, taken)) = star else { return false };
                    star = Some((many, taken + 1));
                    token = many + 1;
                    at = taken + 1;
                }
            }
        }
        self.tokens[token..].iter().all(|&rest| rest == Token::Many)
    }

    /// The mask as text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.text).fmt(f)
    }
}

impl Token {
    fn takes(self, byte: u8, mapping: Casemapping) -> bool {
        match self {
            Self::Byte(own) => mapping.fold_byte(own) == mapping.fold_byte(byte),
            Self::One => true,
            Self::Many => false,
        }
    }
}

/// Several stars in a row are one.
fn tokens(text: &[u8]) -> Box<[Token]> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.first()) {
            (b'\\', Some(&wild @ (b'*' | b'?'))) => {
                tokens.push(Token::Byte(wild));
                rest = &after[1..];
            }
            (b'*', _) if tokens.last() == Some(&Token::Many) => {}
            (b'*', _) => tokens.push(Token::Many),
            (b'?', _) => tokens.push(Token::One),
            _ => tokens.push(Token::Byte(byte)),
        }
    }
    tokens.into()
}

//! Nicknames.

use std::fmt;

use crate::NameError;

/// A nickname that follows a server's [`NickRules`].
///
/// It compares byte by byte; [`Casemapping`](crate::Casemapping) says which nicknames are the same.
///
/// ```
/// use ropewalk_irc::{NameError, Nick, NickRules};
///
/// let rules = NickRules::default();
/// assert_eq!(Nick::parse(b"Ann[7]", &rules)?.as_str(), "Ann[7]");
/// assert_eq!(Nick::parse(b"an n", &rules), Err(NameError::Forbidden { byte: b' ', at: 2 }));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nick(Box<str>);

/// What a server accepts as a nickname.
///
/// ```
/// use ropewalk_irc::{Letters, Nick, NickRules};
///
/// let rules = NickRules { letters: Letters::Unicode, ..NickRules::default() };
/// assert!(Nick::parse("Žofie".as_bytes(), &rules).is_ok());
/// assert!(Nick::parse("Žofie".as_bytes(), &NickRules::default()).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NickRules {
    /// How many bytes it may be: `NICKLEN`. 30 by default.
    pub length: usize,
    /// What a letter is.
    pub letters: Letters,
}

/// What counts as a letter in a nickname.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Letters {
    /// `a` to `z` and `A` to `Z` (RFC 2812).
    #[default]
    Ascii,
    /// Also all letters and digits of Unicode, in UTF-8. Which look alike is not considered.
    Unicode,
}

impl Nick {
    /// A nickname of these bytes: a letter or one of ``[]\`_^{|}``, then also digits and `-`
    /// (RFC 2812, 2.3.1).
    ///
    /// # Errors
    ///
    /// [`NameError`] says what is wrong, and where.
    pub fn parse(nick: &[u8], rules: &NickRules) -> Result<Self, NameError> {
        if nick.is_empty() {
            return Err(NameError::Empty);
        }
        if nick.len() > rules.length {
            return Err(NameError::TooLong { length: nick.len(), limit: rules.length });
        }
        let text = match (std::str::from_utf8(nick), rules.letters) {
            (Ok(text), _) => text,
            (Err(why), Letters::Unicode) => {
                return Err(NameError::NotUtf8 { at: why.valid_up_to() });
            }
            (Err(why), Letters::Ascii) => {
                // What comes first may be wrong already, and is text.
                let at = nick.iter().position(|byte| !later(char::from(*byte), Letters::Ascii));
                let at = at.unwrap_or_else(|| why.valid_up_to());
                return Err(NameError::Forbidden { byte: nick[at], at });
            }
        };
        for (at, letter) in text.char_indices() {
            if !later(letter, rules.letters) {
                return Err(NameError::Forbidden { byte: nick[at], at });
            }
            if at == 0 && !first(letter, rules.letters) {
                return Err(NameError::BadStart { byte: nick[0] });
            }
        }
        Ok(Self(text.into()))
    }

    /// The nickname as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nickname as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Default for NickRules {
    fn default() -> Self {
        Self { length: 30, letters: Letters::Ascii }
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn first(letter: char, letters: Letters) -> bool {
    match letter {
        '[' | ']' | '\\' | '`' | '_' | '^' | '{' | '|' | '}' => true,
        _ if letter.is_ascii() => letter.is_ascii_alphabetic(),
        _ => letters == Letters::Unicode && letter.is_alphabetic(),
    }
}

fn later(letter: char, letters: Letters) -> bool {
    match letter {
        '-' | '0'..='9' => true,
        _ if first(letter, letters) => true,
        _ => letters == Letters::Unicode && letter.is_alphanumeric(),
    }
}

//! Which modes there are, and which of them take an argument.

use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_till},
    combinator::{all_consuming, opt},
    multi::separated_list0,
    sequence::{delimited, pair},
};

/// The modes of a channel, or of a user, as `CHANMODES` and `PREFIX` describe them.
///
/// ```
/// use ropewalk_irc::{ModeKind, ModeTable};
///
/// let table = ModeTable::parse(b"b,k,l,imnt", b"(ov)@+")?;
/// assert_eq!(table.kind(b'b'), Some(ModeKind::List));
/// assert_eq!(table.kind(b'o'), Some(ModeKind::Status { symbol: b'@' }));
/// assert_eq!(table.kind(b'z'), None);
/// assert_eq!(table.chanmodes(), b"b,k,l,imnt");
/// # Ok::<(), ropewalk_irc::ModeTableError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeTable {
    modes: Vec<(u8, ModeKind)>,
}

/// What a mode is, which decides when it takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModeKind {
    /// Type A: adds to or removes from a list; without an argument it asks for the list.
    List,
    /// Type B: always with an argument.
    Always,
    /// Type C: with an argument when it is set.
    WhenSet,
    /// Type D: never with an argument.
    Flag,
    /// A member's status in a channel; its argument is a nickname.
    Status {
        /// What is shown in front of the nickname.
        symbol: u8,
    },
}

/// Why a `CHANMODES` or `PREFIX` value makes no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModeTableError {
    /// A mode that is not an ASCII letter or digit.
    #[error("{} cannot be a mode", .letter.escape_ascii())]
    BadLetter {
        /// The byte.
        letter: u8,
    },
    /// A mode that is there twice.
    #[error("mode {} is there twice", .letter.escape_ascii())]
    Twice {
        /// The mode.
        letter: u8,
    },
    /// `PREFIX` is not letters in parentheses and as many symbols after them.
    #[error("a PREFIX is written like (ov)@+, with as many symbols as letters")]
    BadPrefix,
}

impl ModeTable {
    /// The table of these values of `CHANMODES` and `PREFIX`; either may be empty.
    ///
    /// Lists after the fourth in `CHANMODES` are of kinds not yet known, and left out.
    ///
    /// # Errors
    ///
    /// [`ModeTableError`] when a value is not written as it must be, or a mode is there twice.
    pub fn parse(chanmodes: &[u8], prefix: &[u8]) -> Result<Self, ModeTableError> {
        let mut table = Self { modes: Vec::new() };
        let (_, (letters, symbols)) =
            all_consuming(statuses).parse(prefix).map_err(|_| ModeTableError::BadPrefix)?;
        if letters.len() != symbols.len() {
            return Err(ModeTableError::BadPrefix);
        }
        for (&letter, &symbol) in letters.iter().zip(symbols) {
            table.add(letter, ModeKind::Status { symbol })?;
        }
        // The grammar takes any bytes: it cannot fail.
        let (_, lists) = lists(chanmodes).unwrap_or((&[], Vec::new()));
        for (letters, kind) in lists.into_iter().zip(KINDS) {
            for &letter in letters {
                table.add(letter, kind)?;
            }
        }
        Ok(table)
    }

    /// The table of a user's modes, none of which takes an argument.
    ///
    /// ```
    /// let table = ropewalk_irc::ModeTable::flags(b"iow")?;
    /// assert_eq!(table.changes(b"+i-w", &[]).count(), 2);
    /// # Ok::<(), ropewalk_irc::ModeTableError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn flags(letters: &[u8]) -> Result<Self, ModeTableError> {
        let mut table = Self { modes: Vec::new() };
        for &letter in letters {
            table.add(letter, ModeKind::Flag)?;
        }
        Ok(table)
    }

    fn add(&mut self, letter: u8, kind: ModeKind) -> Result<(), ModeTableError> {
        if !letter.is_ascii_alphanumeric() {
            return Err(ModeTableError::BadLetter { letter });
        }
        if self.kind(letter).is_some() {
            return Err(ModeTableError::Twice { letter });
        }
        self.modes.push((letter, kind));
        Ok(())
    }

    /// What this mode is.
    #[must_use]
    pub fn kind(&self, letter: u8) -> Option<ModeKind> {
        self.modes.iter().find(|(own, _)| *own == letter).map(|&(_, kind)| kind)
    }

    /// The mode whose symbol this is, as in `@ann`.
    ///
    /// ```
    /// let table = ropewalk_irc::ModeTable::parse(b"", b"(ov)@+")?;
    /// assert_eq!(table.status_of(b'+'), Some(b'v'));
    /// # Ok::<(), ropewalk_irc::ModeTableError>(())
    /// ```
    #[must_use]
    pub fn status_of(&self, symbol: u8) -> Option<u8> {
        self.statuses().find(|&(_, own)| own == symbol).map(|(letter, _)| letter)
    }

    /// The statuses and their symbols, the highest first.
    pub fn statuses(&self) -> impl Iterator<Item = (u8, u8)> + '_ {
        self.modes.iter().filter_map(|&(letter, kind)| match kind {
            ModeKind::Status { symbol } => Some((letter, symbol)),
            _ => None,
        })
    }

    /// The value of `CHANMODES`.
    #[must_use]
    pub fn chanmodes(&self) -> Vec<u8> {
        let letters =
            |kind| self.modes.iter().filter(move |mode| mode.1 == kind).map(|mode| mode.0);
        KINDS.map(|kind| letters(kind).collect::<Vec<_>>()).join(&b',')
    }

    /// The value of `PREFIX`, empty when no mode is a status.
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        if self.statuses().next().is_none() {
            return Vec::new();
        }
        let (letters, symbols): (Vec<_>, Vec<_>) = self.statuses().unzip();
        [b"(", letters.as_slice(), b")", symbols.as_slice()].concat()
    }
}

/// `(ov)@+`, or nothing.
fn statuses(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let letters = delimited(tag("("), take_till(|byte| byte == b')'), tag(")"));
    let symbols = take_till(|_| false);
    opt(pair(letters, symbols)).map(Option::unwrap_or_default).parse(input)
}

/// `b,k,l,imnt`.
fn lists(input: &[u8]) -> IResult<&[u8], Vec<&[u8]>> {
    separated_list0(tag(","), take_till(|byte| byte == b',')).parse(input)
}

/// The kinds in the order in which `CHANMODES` lists them.
const KINDS: [ModeKind; 4] = [ModeKind::List, ModeKind::Always, ModeKind::WhenSet, ModeKind::Flag];

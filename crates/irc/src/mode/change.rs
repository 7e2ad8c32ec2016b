//! A mode string as a sequence of changes.

use std::{fmt, slice};

use nom::{IResult, Parser, bytes::complete::take_while, number::complete::u8 as byte};

use crate::{ModeKind, ModeTable, message::Shown};

/// One change of a mode.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ModeChange<'a> {
    /// Whether the mode is set or unset.
    pub sign: Sign,
    /// The mode.
    pub letter: u8,
    /// What the mode is.
    pub kind: ModeKind,
    /// Its argument: a word, when there is one.
    pub argument: Option<&'a [u8]>,
}

/// Whether a mode is set or unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// What is wrong with one change in a mode string; the others are good all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModeError {
    /// There is no such mode (472, `ERR_UNKNOWNMODE`).
    #[error("unknown mode {} at {at}", .letter.escape_ascii())]
    Unknown {
        /// The mode.
        letter: u8,
        /// Where it is in the mode string.
        at: usize,
    },
    /// The mode takes an argument, and none is left, or an empty one (696, `ERR_INVALIDMODEPARAM`).
    #[error("mode {} at {at} needs an argument", .letter.escape_ascii())]
    MissingArgument {
        /// The mode.
        letter: u8,
        /// Where it is in the mode string.
        at: usize,
    },
    /// The argument has a space in it or begins with a colon: it could not be told to others.
    #[error("the argument of mode {} at {at} is not one word", .letter.escape_ascii())]
    BadArgument {
        /// The mode.
        letter: u8,
        /// Where it is in the mode string.
        at: usize,
    },
}

impl ModeTable {
    /// The changes that a mode string and its arguments ask for, in order.
    ///
    /// `message.params` of a `MODE` are the target, the string and the arguments. A string without
    /// a sign in front sets; signs without a mode behind change nothing; arguments that no mode
    /// takes are left over.
    ///
    /// ```
    /// use ropewalk_irc::{Message, ModeError, ModeTable, Sign};
    ///
    /// let table = ModeTable::parse(b"b,k,l,imnt", b"(ov)@+")?;
    /// let message = Message::parse(b"MODE #rope +o-bx ann *!*@example.net")?;
    /// let changes: Vec<_> = table.changes(message.params[1], &message.params[2..]).collect();
    /// assert_eq!(changes[0].unwrap().argument, Some(&b"ann"[..]));
    /// assert_eq!(changes[1].unwrap().sign, Sign::Minus);
    /// assert_eq!(changes[2], Err(ModeError::Unknown { letter: b'x', at: 4 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn changes<'a>(&'a self, modes: &'a [u8], arguments: &'a [&'a [u8]]) -> ModeChanges<'a> {
        ModeChanges {
            table: self,
            modes,
            rest: modes,
            sign: Sign::Plus,
            arguments: arguments.iter(),
        }
    }
}

/// The changes in a mode string; made by [`ModeTable::changes`].
#[derive(Clone, Debug)]
pub struct ModeChanges<'a> {
    table: &'a ModeTable,
    modes: &'a [u8],
    rest: &'a [u8],
    sign: Sign,
    arguments: slice::Iter<'a, &'a [u8]>,
}

impl<'a> ModeChanges<'a> {
    fn change(&mut self, letter: u8, at: usize) -> Result<ModeChange<'a>, ModeError> {
        let kind = self.table.kind(letter).ok_or(ModeError::Unknown { letter, at })?;
        let change = ModeChange { sign: self.sign, letter, kind, argument: None };
        if !change.takes_argument() {
            return Ok(change);
        }
        match self.arguments.next().copied() {
            None if kind == ModeKind::List => Ok(change),
            None | Some([]) => Err(ModeError::MissingArgument { letter, at }),
            Some(argument) if argument[0] == b':' || argument.contains(&b' ') => {
                Err(ModeError::BadArgument { letter, at })
            }
            argument => Ok(ModeChange { argument, ..change }),
        }
    }
}

impl<'a> Iterator for ModeChanges<'a> {
    type Item = Result<ModeChange<'a>, ModeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (rest, (sign, letter)) = signed(self.rest).ok()?;
        let at = self.modes.len() - rest.len() - 1;
        self.rest = rest;
        self.sign = sign.unwrap_or(self.sign);
        Some(self.change(letter, at))
    }
}

impl ModeChange<'_> {
    /// Whether this asks for a list (such as `+b` alone) and changes nothing.
    #[must_use]
    pub fn is_query(&self) -> bool {
        self.kind == ModeKind::List && self.argument.is_none()
    }

    fn takes_argument(&self) -> bool {
        match self.kind {
            ModeKind::List | ModeKind::Always | ModeKind::Status { .. } => true,
            ModeKind::WhenSet => self.sign == Sign::Plus,
            ModeKind::Flag => false,
        }
    }
}

impl fmt::Debug for ModeChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(self.sign.as_byte()), self.letter.escape_ascii())?;
        match self.argument {
            None => Ok(()),
            Some(argument) => write!(f, " {:?}", Shown(argument)),
        }
    }
}

impl Sign {
    pub(crate) fn as_byte(self) -> u8 {
        match self {
            Self::Plus => b'+',
            Self::Minus => b'-',
        }
    }
}

/// Any number of signs, of which the last counts, and a letter.
fn signed(input: &[u8]) -> IResult<&[u8], (Option<Sign>, u8)> {
    let signs = take_while(|byte| matches!(byte, b'+' | b'-'));
    let sign = signs.map(|signs: &[u8]| match signs.last()? {
        b'-' => Some(Sign::Minus),
        _ => Some(Sign::Plus),
    });
    (sign, byte).parse(input)
}

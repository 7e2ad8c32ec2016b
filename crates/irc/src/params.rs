//! The parameters of a message, in place: no allocation for the fifteen that there can be.

use std::{fmt, ops::Deref};

use crate::message::Shown;

/// The parameters of a [`Message`](crate::Message); a slice of byte strings.
///
/// ```
/// use ropewalk_irc::Message;
///
/// let message = Message::parse(b"MODE #rope +o :ann")?;
/// assert_eq!(message.params.len(), 3);
/// assert_eq!(message.params.get(1), Some(&&b"+o"[..]));
/// assert_eq!(message.params.last(), Some(&&b"ann"[..]));
/// # Ok::<(), ropewalk_irc::ParseError>(())
/// ```
#[derive(Clone)]
pub struct Params<'a> {
    slices: [&'a [u8]; PARAMS_LIMIT],
    len: u8,
    last: Last,
    overflowed: bool,
}

/// How the last parameter is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    AsNeeded,
    WithColon,
}

impl<'a> Params<'a> {
    pub(crate) fn new() -> Self {
        Self { slices: [&[]; PARAMS_LIMIT], len: 0, last: Last::AsNeeded, overflowed: false }
    }

    /// Adds a parameter; one too many is remembered, so that writing fails.
    pub(crate) fn push(&mut self, param: &'a [u8]) {
        self.last = Last::AsNeeded;
        match self.slices.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = param;
                self.len += 1;
            }
            None => self.overflowed = true,
        }
    }

    pub(crate) fn push_trailing(&mut self, param: &'a [u8]) {
        self.push(param);
        self.last = Last::WithColon;
    }

    /// Puts something else in the place of the last parameter; nothing when there is none.
    pub(crate) fn replace_last(&mut self, param: &'a [u8]) {
        if let Some(last) = self.len.checked_sub(1) {
            self.slices[usize::from(last)] = param;
        }
    }

    /// Whether the next parameter is the last that a message can have.
    pub(crate) fn has_room_for_one(&self) -> bool {
        usize::from(self.len) == PARAMS_LIMIT - 1
    }

    pub(crate) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether the last parameter is written with a colon.
    pub(crate) fn has_colon(&self) -> bool {
        self.last().is_some_and(|param| {
            self.last == Last::WithColon
                || param.first().is_none_or(|&first| first == b':')
                || param.contains(&b' ')
        })
    }
}

impl<'a> Deref for Params<'a> {
    type Target = [&'a [u8]];

    fn deref(&self) -> &Self::Target {
        &self.slices[..usize::from(self.len)]
    }
}

impl<'a, 'p> IntoIterator for &'p Params<'a> {
    type Item = &'p &'a [u8];
    type IntoIter = std::slice::Iter<'p, &'a [u8]>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Params<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.overflowed == other.overflowed && **self == **other
    }
}

impl Eq for Params<'_> {}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|param| Shown(param))).finish()
    }
}

/// How many parameters a message can have; the last takes the rest of the line (RFC 2812, 2.3.1).
pub const PARAMS_LIMIT: usize = 15;

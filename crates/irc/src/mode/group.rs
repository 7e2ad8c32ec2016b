//! Changes as a mode string, and as many strings as it takes.

use bytes::BufMut;

use crate::ModeChange;

/// Writes changes as one mode string and its arguments, a sign only where it changes.
///
/// The order is kept. `out` is a buffer that grows, such as `Vec<u8>`; nothing is written when
/// there are no changes.
///
/// ```
/// use ropewalk_irc::{ModeTable, write_modes};
///
/// let table = ModeTable::parse(b"b,k,l,imnt", b"(ov)@+")?;
/// let arguments = [&b"ann"[..], b"bob", b"*!*@example.net"];
/// let changes: Result<Vec<_>, _> = table.changes(b"+o+v-b-i", &arguments).collect();
/// let mut out = Vec::new();
/// write_modes(&changes?, &mut out);
/// assert_eq!(out, b"+ov-bi ann bob *!*@example.net");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_modes(changes: &[ModeChange<'_>], out: &mut impl BufMut) {
    let mut sign = None;
    for change in changes {
        if sign != Some(change.sign) {
            out.put_u8(change.sign.as_byte());
            sign = Some(change.sign);
        }
        out.put_u8(change.letter);
    }
    for argument in changes.iter().filter_map(|change| change.argument) {
        out.put_u8(b' ');
        out.put_slice(argument);
    }
}

/// Changes in groups, each for one line: of at most `count` changes (`MODES`), and of at most
/// `room` bytes as [`write_modes`] writes them.
///
/// A change that has no room alone is a group of its own.
///
/// ```
/// use ropewalk_irc::{ModeTable, group_modes};
///
/// let table = ModeTable::flags(b"abcde")?;
/// let changes: Result<Vec<_>, _> = table.changes(b"+abcde", &[]).collect();
/// let changes = changes?;
/// let lengths: Vec<_> = group_modes(&changes, 2, 400).map(|group| group.len()).collect();
/// assert_eq!(lengths, [2, 2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn group_modes<'c, 'a>(
    changes: &'c [ModeChange<'a>],
    count: usize,
    room: usize,
) -> ModeGroups<'c, 'a> {
    ModeGroups { rest: changes, count: count.max(1), room }
}

/// Groups of changes; made by [`group_modes`].
#[derive(Clone, Debug)]
pub struct ModeGroups<'c, 'a> {
    rest: &'c [ModeChange<'a>],
    count: usize,
    room: usize,
}

impl<'c, 'a> Iterator for ModeGroups<'c, 'a> {
    type Item = &'c [ModeChange<'a>];

    fn next(&mut self) -> Option<Self::Item> {
        let mut sign = None;
        let mut length = 0;
        let fitting = self.rest.iter().take(self.count).take_while(|change| {
            length += 1 + usize::from(sign != Some(change.sign));
            length += change.argument.map_or(0, |argument| argument.len() + 1);
            sign = Some(change.sign);
            length <= self.room
        });
        let fitting = fitting.count().max(1);
        let (group, rest) = self.rest.split_at_checked(fitting)?;
        self.rest = rest;
        Some(group)
    }
}

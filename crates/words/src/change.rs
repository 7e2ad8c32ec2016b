//! The modes of a room, and changes to them, as values.

use std::{fmt, sync::Arc};

use crate::Role;

/// What is either so or not so in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flag {
    /// Only who was invited may join.
    InviteOnly,
    /// Only members with a role may speak.
    Moderated,
    /// Only members may speak.
    NoExternal,
    /// Only half-operators and above may set the topic.
    TopicLock,
    /// Only members can see that the room exists.
    Secret,
    /// Only members see who is in the room; its name may be listed.
    Private,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InviteOnly,
        Self::Moderated,
        Self::NoExternal,
        Self::TopicLock,
        Self::Secret,
        Self::Private,
    ];
}

/// A set of [`Flag`]s.
///
/// ```
/// use ropewalk_words::{Flag, Flags};
///
/// let flags = Flags::default().with(Flag::Secret).with(Flag::Moderated).without(Flag::Secret);
/// assert_eq!(flags.iter().collect::<Vec<_>>(), [Flag::Moderated]);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// Whether it is set.
    #[must_use]
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, flag: Flag) -> Self {
        Self(self.0 | 1 << flag as u8)
    }

    /// These but for one.
    #[must_use]
    pub const fn without(self, flag: Flag) -> Self {
        Self(self.0 & !(1 << flag as u8))
    }

    /// Those that are set.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The lists of masks that a room keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaskList {
    /// Who may not join, nor speak without a role.
    Ban,
    /// Whom no ban keeps out.
    Exception,
    /// Who may join as though invited, while the room is by invitation only.
    Invitation,
}

/// One change of a room's modes, asked for or made.
///
/// In an event, nicks are as their owners write them and masks are complete.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Sets a flag.
    Set(Flag),
    /// Clears a flag.
    Clear(Flag),
    /// From now on joining takes this word.
    SetKey(Arc<[u8]>),
    /// Joining takes no word.
    ClearKey,
    /// At most this many members may be in the room by joining.
    SetLimit(u32),
    /// The room has no such limit.
    ClearLimit,
    /// Adds a mask to a list.
    Add(MaskList, Arc<[u8]>),
    /// Takes a mask from a list.
    Remove(MaskList, Arc<[u8]>),
    /// Gives the member with this nick a role.
    Grant(Role, Arc<[u8]>),
    /// Takes a role from the member with this nick.
    Revoke(Role, Arc<[u8]>),
}

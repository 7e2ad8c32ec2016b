//! A user: one person, however many sessions.

use std::{fmt, sync::Arc};

use crate::{Prefix, RoomId, SessionId, Timestamp, UserId, UserRef};

/// What is either so or not so of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserMode {
    /// Only seen by those who share a room with them.
    Invisible,
    /// Runs the realm. Given from outside; a user can only put it down.
    Operator,
    /// Not a person.
    Bot,
}

/// A set of [`UserMode`]s.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct UserModes(u8);

impl UserModes {
    /// Whether it is set.
    #[must_use]
    pub const fn has(self, mode: UserMode) -> bool {
        self.0 & (1 << mode as u8) != 0
    }

    /// Those that are set.
    pub fn iter(self) -> impl Iterator<Item = UserMode> {
        let all = [UserMode::Invisible, UserMode::Operator, UserMode::Bot];
        all.into_iter().filter(move |mode| self.has(*mode))
    }

    pub(crate) const fn put(&mut self, mode: UserMode, set: bool) {
        self.0 &= !(1 << mode as u8);
        self.0 |= (set as u8) << mode as u8;
    }
}

impl fmt::Debug for UserModes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A registered user.
#[derive(Debug)]
pub struct User {
    pub(crate) prefix: Prefix,
    pub(crate) realname: Arc<[u8]>,
    pub(crate) away: Option<Arc<[u8]>>,
    pub(crate) sessions: Vec<SessionId>,
    /// Scanned, not hashed: a limit keeps it short.
    pub(crate) rooms: Vec<Membership>,
    pub(crate) since: Timestamp,
    pub(crate) active: Timestamp,
    pub(crate) modes: UserModes,
}

/// A user's half of being in a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Membership {
    pub(crate) room: RoomId,
    /// The place among the room's members.
    pub(crate) place: u32,
}

impl User {
    /// Their nick, as they write it.
    #[must_use]
    pub fn nick(&self) -> &[u8] {
        self.prefix.nick()
    }

    /// `nick!user@host`.
    #[must_use]
    pub const fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// What they say their name is.
    #[must_use]
    pub fn realname(&self) -> &[u8] {
        &self.realname
    }

    /// What they left word of, if they are away.
    #[must_use]
    pub fn away(&self) -> Option<&[u8]> {
        self.away.as_deref()
    }

    /// Their modes.
    #[must_use]
    pub const fn modes(&self) -> UserModes {
        self.modes
    }

    /// Their sessions, the oldest first: at least one.
    #[must_use]
    pub fn sessions(&self) -> &[SessionId] {
        &self.sessions
    }

    /// The rooms that they are in, in no particular order.
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = RoomId> {
        self.rooms.iter().map(|membership| membership.room)
    }

    /// When they registered.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// When they last said something, or else registered.
    #[must_use]
    pub const fn active(&self) -> Timestamp {
        self.active
    }

    pub(crate) fn place_in(&self, room: RoomId) -> Option<u32> {
        self.rooms.iter().find(|membership| membership.room == room).map(|it| it.place)
    }

    pub(crate) fn shares_room(&self, other: &Self) -> bool {
        self.rooms.iter().any(|membership| other.place_in(membership.room).is_some())
    }

    pub(crate) fn as_ref(&self, id: UserId) -> UserRef {
        UserRef { id, prefix: self.prefix.clone() }
    }
}

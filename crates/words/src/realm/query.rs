//! What can be asked without changing anything.

use crate::{
    Flag, Fold, NamesCursor, Realm, RealmLimits, Roles, Room, RoomId, RoomsCursor, Session,
    SessionId, User, UserId, UserMode, UsersCursor,
};

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Registered users.
    pub users: u32,
    /// The most users there have been at once.
    pub most_users: u32,
    /// Users that only those who share a room with them see.
    pub invisible: u32,
    /// Users who run the realm.
    pub operators: u32,
    /// Rooms.
    pub rooms: u32,
    /// Sessions.
    pub sessions: u32,
    /// Sessions that are nobody's yet.
    pub unregistered: u32,
}

impl Realm {
    /// When two names are the same here.
    #[must_use]
    pub const fn fold(&self) -> Fold {
        self.fold
    }

    /// The bounds of this realm.
    #[must_use]
    pub const fn limits(&self) -> &RealmLimits {
        &self.limits
    }

    /// How much there is of everything.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            users: self.users.len(),
            most_users: self.most_users,
            invisible: self.invisible,
            operators: self.operators,
            rooms: self.rooms.len(),
            sessions: self.sessions.len(),
            unregistered: self.unregistered,
        }
    }

    /// A session, unless it is gone.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// A user, unless they are gone.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(id)
    }

    /// The user with this nick.
    #[must_use]
    pub fn user_named(&self, nick: &[u8]) -> Option<(UserId, &User)> {
        let id = self.user_id(nick).ok()?;
        Some((id, self.users.get(id)?))
    }

    /// A room, unless it is gone.
    #[must_use]
    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(id)
    }

    /// The room with this name.
    #[must_use]
    pub fn room_named(&self, name: &[u8]) -> Option<(RoomId, &Room)> {
        let id = self.room_id(name).ok()?;
        Some((id, self.rooms.get(id)?))
    }

    /// The roles that a user has in a room; none when they are not in it.
    #[must_use]
    pub fn roles(&self, user: UserId, room: RoomId) -> Option<Roles> {
        let place = self.place(user, room)?;
        Some(self.rooms.get(room)?.members.get(place)?.roles)
    }

    /// Whether `viewer` may see that `user` is there when not asking for them by name.
    #[must_use]
    pub fn sees_user(&self, viewer: UserId, user: UserId) -> bool {
        let Some(them) = self.users.get(user) else { return false };
        viewer == user
            || !them.modes().has(UserMode::Invisible)
            || self.users.get(viewer).is_some_and(|viewer| viewer.shares_room(them))
    }

    /// Whether `viewer` may know who is in a room.
    #[must_use]
    pub fn sees_inside(&self, viewer: UserId, room: RoomId) -> bool {
        let Some(it) = self.rooms.get(room) else { return false };
        let closed = it.flags().has(Flag::Secret) || it.flags().has(Flag::Private);
        !closed || self.place(viewer, room).is_some()
    }

    /// The rooms of `user` that `viewer` may know them to be in, with their roles there.
    pub fn rooms_of(
        &self,
        viewer: UserId,
        user: UserId,
    ) -> impl Iterator<Item = (RoomId, &Room, Roles)> {
        let rooms = self.users.get(user).into_iter().flat_map(User::rooms);
        rooms
            .filter(move |id| self.sees_inside(viewer, *id))
            .filter_map(move |id| Some((id, self.rooms.get(id)?, self.roles(user, id)?)))
    }

    /// The members of a room; none when there is no such room for `viewer`.
    #[must_use]
    pub fn names(&self, viewer: UserId, room: &[u8]) -> Option<NamesCursor> {
        let room = self.room_id(room).ok().filter(|id| self.sees_inside(viewer, *id))?;
        Some(NamesCursor { room, next: 0, inside: self.place(viewer, room).is_some() })
    }

    /// The users whose nick, user name, host or real name `mask` means: `*` is any run of
    /// bytes, `?` any one.
    #[must_use]
    pub fn users(&self, viewer: UserId, mask: &[u8]) -> UsersCursor {
        UsersCursor { viewer, mask: mask.into(), next: 0 }
    }

    /// The rooms that `viewer` may know of.
    #[must_use]
    pub fn rooms(&self, viewer: UserId) -> RoomsCursor {
        RoomsCursor { viewer, next: 0 }
    }
}

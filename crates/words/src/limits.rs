//! How much of everything a realm takes.

use crate::{Flag, Flags, Fold};

/// Bounds on whatever a user can grow. Reaching one is a [`Refusal`](crate::Refusal) of its own.
///
/// Lengths are in bytes. No name is ever longer than 128.
///
/// ```
/// use ropewalk_words::RealmLimits;
///
/// let small = RealmLimits { sessions: 100, ..RealmLimits::default() };
/// assert_eq!(small.nick, 30);
/// ```
#[derive(Clone, Debug)]
pub struct RealmLimits {
    /// Sessions at once, registered or not; so also users.
    pub sessions: u32,
    /// Sessions of one user.
    pub sessions_per_user: usize,
    /// Rooms at once.
    pub rooms: u32,
    /// Rooms that one user is in.
    pub rooms_per_user: usize,
    /// Masks on one list of one room.
    pub masks: usize,
    /// Invitations to one room that are not taken yet.
    pub invitations: usize,
    /// Changes of modes in one command.
    pub changes: usize,
    /// Length of a nick.
    pub nick: usize,
    /// Length of a user name.
    pub username: usize,
    /// Length of a host.
    pub host: usize,
    /// Length of a real name.
    pub realname: usize,
    /// Length of a room's name.
    pub room: usize,
    /// Length of a topic.
    pub topic: usize,
    /// Length of a room's key.
    pub key: usize,
    /// Length of an away message.
    pub away: usize,
    /// Length of the reason of a part or a kick; that of a quit is cut.
    pub reason: usize,
    /// Length of a mask.
    pub mask: usize,
    /// Length of a message.
    pub text: usize,
}

impl Default for RealmLimits {
    fn default() -> Self {
        Self {
            sessions: 1_000_000,
            sessions_per_user: 16,
            rooms: 100_000,
            rooms_per_user: 100,
            masks: 100,
            invitations: 100,
            changes: 20,
            nick: 30,
            username: 16,
            host: 64,
            realname: 128,
            room: 64,
            topic: 390,
            key: 32,
            away: 200,
            reason: 300,
            mask: 128,
            text: 8192,
        }
    }
}

/// What a realm is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When two names are the same.
    pub fold: Fold,
    /// Bounds on whatever a user can grow.
    pub limits: RealmLimits,
    /// The flags that a new room has.
    pub new_room: Flags,
    /// Which node this is, for the ids of events: different from any other that shares them.
    pub node: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fold: Fold::default(),
            limits: RealmLimits::default(),
            new_room: Flags::default().with(Flag::NoExternal).with(Flag::TopicLock),
            node: 0,
        }
    }
}

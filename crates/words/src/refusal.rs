//! Why the realm did not do what it was asked to.

use std::fmt;

/// Why nothing happened. A command that is refused has no effects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The session is gone, or never was.
    #[error("no such session")]
    NoSuchSession,
    /// The session is nobody's yet.
    #[error("not registered")]
    NotRegistered,
    /// The session is somebody's already.
    #[error("already registered")]
    AlreadyRegistered,
    /// Someone else has this nick.
    #[error("the nick is in use")]
    NickInUse,
    /// Nobody has this nick.
    #[error("no such nick")]
    NoSuchNick,
    /// No room has this name.
    #[error("no such room")]
    NoSuchRoom,
    /// The asker is not in the room.
    #[error("not in the room")]
    NotInRoom,
    /// The one it is about is not in the room.
    #[error("they are not in the room")]
    TheyAreNotInRoom,
    /// The one it is about is in the room already.
    #[error("they are already in the room")]
    AlreadyInRoom,
    /// It takes a higher role than the asker has.
    #[error("not an operator of the room")]
    NotOperator,
    /// The one it is about has a higher role than the asker.
    #[error("they outrank you")]
    Outranked,
    /// A mask on the room's list of bans means the asker.
    #[error("banned from the room")]
    Banned,
    /// The room is by invitation only.
    #[error("the room is by invitation only")]
    InviteOnly,
    /// The room has a key, and it was another one.
    #[error("the key is wrong")]
    BadKey,
    /// The room has as many members as its limit says.
    #[error("the room is full")]
    RoomFull,
    /// The room does not hear the asker: not a member, banned, or without voice in a moderated
    /// room.
    #[error("cannot send to the room")]
    CannotSend,
    /// The asker is in as many rooms as one may be.
    #[error("in {limit} rooms already, which is the limit")]
    TooManyRooms {
        /// How many.
        limit: usize,
    },
    /// There are as many rooms as there may be.
    #[error("there are {limit} rooms already, which is the limit")]
    NoMoreRooms {
        /// How many.
        limit: u32,
    },
    /// There are as many sessions as there may be.
    #[error("there are {limit} sessions already, which is the limit")]
    NoMoreSessions {
        /// How many.
        limit: u32,
    },
    /// The user has as many sessions as one may have.
    #[error("the user has {limit} sessions already, which is the limit")]
    TooManySessions {
        /// How many.
        limit: usize,
    },
    /// The list of masks is full.
    #[error("the list has {limit} masks already, which is the limit")]
    ListFull {
        /// How many.
        limit: usize,
    },
    /// As many invitations as there may be are not taken yet.
    #[error("the room has {limit} open invitations already, which is the limit")]
    TooManyInvitations {
        /// How many.
        limit: usize,
    },
    /// More changes than one command may have.
    #[error("{count} changes are more than the limit of {limit}")]
    TooManyChanges {
        /// How many they were.
        count: usize,
        /// How many may be.
        limit: usize,
    },
    /// Longer than it may be.
    #[error("{field} of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// What.
        field: Field,
        /// How long it was.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Not written as it must be: empty, or with bytes that it cannot have.
    #[error("not a valid {0}")]
    Malformed(Field),
}

/// What a user writes into a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// A nick.
    Nick,
    /// A user name.
    Username,
    /// A host.
    Host,
    /// A real name.
    Realname,
    /// A room's name.
    Room,
    /// A topic.
    Topic,
    /// A room's key.
    Key,
    /// An away message.
    Away,
    /// The reason of a part or a kick.
    Reason,
    /// A mask.
    Mask,
    /// A message.
    Text,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nick => "nick",
            Self::Username => "user name",
            Self::Host => "host",
            Self::Realname => "real name",
            Self::Room => "room name",
            Self::Topic => "topic",
            Self::Key => "key",
            Self::Away => "away message",
            Self::Reason => "reason",
            Self::Mask => "mask",
            Self::Text => "message",
        })
    }
}

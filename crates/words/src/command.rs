//! What a session asks of the realm, and what it gets back.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Change, Event, MessageKind, Refusal, RoomId, UserId, UserMode};

/// One thing that a session asks for.
///
/// Names and texts are what the user wrote: the realm checks them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Command<'a> {
    /// Makes the session that of a new user.
    Register(Registration<'a>),
    /// Makes it one more session of a user who is there; whether it may be, the front end knows.
    Attach {
        /// Whose.
        user: UserId,
    },
    /// Ends the session, and the user if it was their last. Never refused to a session that
    /// exists. There is no [`Close`](crate::Effect::Close) for it: the asker knows.
    Quit {
        /// Said to everyone who shares a room, if the user goes; cut at its limit, and made one
        /// line.
        reason: &'a [u8],
    },
    /// Takes another nick.
    Rename {
        /// Which.
        nick: &'a [u8],
    },
    /// Joins a room, and makes it if there is none.
    Join {
        /// Its name.
        room: &'a [u8],
        /// Its key, if the user gave one.
        key: Option<&'a [u8]>,
    },
    /// Leaves a room.
    Part {
        /// Its name.
        room: &'a [u8],
        /// Said to it; may be empty.
        reason: &'a [u8],
    },
    /// Says something.
    Say {
        /// To whom.
        to: Target<'a>,
        /// How it wants to be taken.
        kind: MessageKind,
        /// What.
        text: Bytes,
    },
    /// Sets the topic of a room.
    SetTopic {
        /// Its name.
        room: &'a [u8],
        /// The topic; empty for none.
        topic: &'a [u8],
    },
    /// Changes the modes of a room.
    SetModes {
        /// Its name.
        room: &'a [u8],
        /// What to change, in order.
        changes: &'a [Change],
    },
    /// Puts somebody out of a room.
    Kick {
        /// Its name.
        room: &'a [u8],
        /// Their nick.
        nick: &'a [u8],
        /// Why; may be empty.
        reason: &'a [u8],
    },
    /// Invites somebody to a room.
    Invite {
        /// Its name.
        room: &'a [u8],
        /// Their nick.
        nick: &'a [u8],
    },
    /// Goes away, or comes back.
    SetAway {
        /// Word left; none when back.
        message: Option<&'a [u8]>,
    },
    /// Changes one of the user's own modes.
    SetUserMode {
        /// Which.
        mode: UserMode,
        /// Whether to set it.
        set: bool,
    },
}

/// Who somebody says they are.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// What they want to be called.
    pub nick: &'a [u8],
    /// Their user name.
    pub username: &'a [u8],
    /// Where they come from.
    pub host: &'a [u8],
    /// What they say their name is.
    pub realname: &'a [u8],
}

/// To whom something is said.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Target<'a> {
    /// To the room with this name.
    Room(&'a [u8]),
    /// To the user with this nick.
    User(&'a [u8]),
}

/// What became of a command that was not refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It was done. An asker who is to see it hears of it as an event.
    Done,
    /// It was so already, and nobody was told.
    Unchanged,
    /// The session is this user's now.
    Registered(UserId),
    /// The session is one more of this user's, and hears each of their rooms.
    Attached(UserId),
    /// The user is in this room now, and hears of it as a member.
    Joined(RoomId),
    /// It was said to a room, and comes back to the asker as to every member; not to one who is
    /// not in the room.
    Said(Arc<Event>),
    /// It was told to a user and to the asker's other sessions. It does not come back.
    Told(Arc<Event>),
    /// They were invited.
    Invited {
        /// To which room.
        room: RoomId,
        /// Who.
        user: UserId,
    },
    /// The modes are changed, but for these.
    ModesChanged {
        /// What was not done, in order.
        refused: Vec<Refused>,
    },
    /// The session is gone.
    Ended,
}

/// One of several changes that was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its index among the changes that were asked for.
    pub change: usize,
    /// Why.
    pub why: Refusal,
}

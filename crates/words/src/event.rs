//! Something that happened, as everyone who may know of it is told.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Change, MessageId, Prefix, RoomId, SessionId, Timestamp, UserId, UserMode, form::Forms,
};

/// Something that happened in the realm.
///
/// It is made once and shared by all who are told. What it looks like on the wire is kept in it
/// by [`form`](Self::form), so that it is encoded once for each form and not once for each
/// listener.
///
/// # Told twice
///
/// Someone who leaves the realm, takes another nick or goes away is news in each of their rooms,
/// and a session that shares several of them hears it by each. All of these come one after the
/// other, with nothing in between, as the same event. So a session remembers the
/// [`id`](Self::id) of the last event that [`repeats`](Self::repeats) and drops one that it has
/// just had: one comparison, no list of common rooms.
///
/// # The asker's own copy
///
/// What is said to a room reaches the speaker too, as every member. [`origin`](Self::origin) says
/// which session asked, for those whose protocol does not echo.
#[derive(Debug)]
pub struct Event {
    /// Unique, and growing with time.
    pub id: MessageId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, by the name they had before.
    pub from: UserRef,
    /// By which of their sessions; none when it was done to them from outside.
    pub origin: Option<SessionId>,
    /// What they did.
    pub what: What,
    forms: Forms,
}

impl Event {
    /// An event without any encoded form yet.
    #[must_use]
    pub fn new(
        id: MessageId,
        at: Timestamp,
        from: UserRef,
        origin: Option<SessionId>,
        what: What,
    ) -> Self {
        Self { id, at, from, origin, what, forms: Forms::default() }
    }

    /// The event in wire form number `form`, encoded by the first who asks.
    ///
    /// # Panics
    ///
    /// When `form` is not below [`FORMS`](crate::FORMS).
    ///
    /// ```
    /// # use ropewalk_words::*;
    /// # let mut realm = Realm::new(Settings::default());
    /// # let (mut effects, now) = (Effects::default(), Timestamp::from_millis(1));
    /// # let ada = realm.open(now, FrontEnd::Irc)?;
    /// # let who = Registration { nick: b"ada", username: b"a", host: b"h", realname: b"" };
    /// # realm.apply(now, ada, Command::Register(who), &mut effects)?;
    /// # let hello = Command::SetAway { message: Some(b"tea") };
    /// # realm.apply(now, ada, hello, &mut effects)?;
    /// # let Some(Effect::Deliver { event, .. }) = effects.drain().next() else { panic!() };
    /// let first = event.form(0, || "encoded once".into());
    /// let second = event.form(0, || unreachable!());
    /// assert_eq!(first, second);
    /// # Ok::<(), Refusal>(())
    /// ```
    #[inline]
    pub fn form(&self, form: usize, encode: impl FnOnce() -> Bytes) -> &Bytes {
        self.forms.get_or_encode(form, encode)
    }

    /// Whether a session may be told of it more than once, by several rooms.
    #[must_use]
    #[inline]
    pub const fn repeats(&self) -> bool {
        matches!(self.what, What::Quit { .. } | What::Renamed { .. } | What::AwayChanged { .. })
    }
}

/// A user as they were when something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRef {
    /// Who.
    pub id: UserId,
    /// What they were called.
    pub prefix: Prefix,
}

/// A room as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRef {
    /// Which.
    pub id: RoomId,
    /// What it is called, as its first member wrote it.
    pub name: Arc<[u8]>,
}

/// How a message wants to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// Something said.
    Privmsg,
    /// Something that must not be answered automatically.
    Notice,
}

/// What happened. Texts are single lines: without NUL, CR and LF, but not always UTF-8.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// Something was said to a room.
    Said {
        /// Where.
        room: RoomRef,
        /// How it wants to be taken.
        kind: MessageKind,
        /// What.
        text: Bytes,
    },
    /// Something was said to one user.
    Told {
        /// To whom.
        to: UserRef,
        /// How it wants to be taken.
        kind: MessageKind,
        /// What.
        text: Bytes,
    },
    /// They are now in a room.
    Joined {
        /// Which.
        room: RoomRef,
        /// Their real name.
        realname: Arc<[u8]>,
        /// Their away message, if they are away.
        away: Option<Arc<[u8]>>,
    },
    /// They left a room.
    Parted {
        /// Which.
        room: RoomRef,
        /// What they said to it; may be empty.
        reason: Arc<[u8]>,
    },
    /// They left the realm.
    Quit {
        /// Why; may be empty.
        reason: Arc<[u8]>,
    },
    /// They put somebody out of a room.
    Kicked {
        /// Which.
        room: RoomRef,
        /// Whom.
        who: UserRef,
        /// Why; may be empty.
        reason: Arc<[u8]>,
    },
    /// They took another nick.
    Renamed {
        /// What they are called now.
        to: Prefix,
    },
    /// They set a room's topic.
    TopicChanged {
        /// Which room.
        room: RoomRef,
        /// The topic; empty when there is none any more.
        topic: Arc<[u8]>,
    },
    /// They changed a room's modes.
    ModesChanged {
        /// Which room.
        room: RoomRef,
        /// What is different now, in order.
        changes: Arc<[Change]>,
    },
    /// They invited somebody.
    Invited {
        /// To which room.
        room: RoomRef,
        /// Whom.
        who: UserRef,
    },
    /// They went away or came back.
    AwayChanged {
        /// What they left word of; none when they are back.
        message: Option<Arc<[u8]>>,
    },
    /// One of their own modes is different.
    UserModeChanged {
        /// Which.
        mode: UserMode,
        /// Whether it is set now.
        set: bool,
    },
}

//! What the realm wants done outside of it.

use std::{sync::Arc, vec::Drain};

use crate::{Event, RoomId, SessionId};

/// One thing to do, in its place in the order of things.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// From now on what is said to `room` reaches `session`.
    Join {
        /// The room.
        room: RoomId,
        /// The new listener.
        session: SessionId,
    },
    /// From now on it does not.
    Leave {
        /// The room.
        room: RoomId,
        /// The listener who is gone.
        session: SessionId,
    },
    /// Tells every session that joined `room`.
    Say {
        /// The room.
        room: RoomId,
        /// What they hear.
        event: Arc<Event>,
    },
    /// Tells one session.
    Deliver {
        /// Which.
        session: SessionId,
        /// What it hears.
        event: Arc<Event>,
    },
    /// Ends a session that did not ask for it. Nothing more comes for it, and the realm has
    /// forgotten it already.
    Close {
        /// Which.
        session: SessionId,
        /// What to tell it.
        reason: Arc<[u8]>,
    },
    /// The room is gone, and everyone has left it before: its group can be dropped.
    Vanish {
        /// The room.
        room: RoomId,
    },
}

/// A list of effects, to be carried out in order and used again.
///
/// The runner empties it after each command, while it still holds the realm, so that everyone
/// sees what happened in the same order.
///
/// ```
/// use ropewalk_words::{Effects, FrontEnd, Realm, Settings, Timestamp};
///
/// let mut realm = Realm::new(Settings::default());
/// let mut effects = Effects::default();
/// realm.open(Timestamp::from_millis(0), FrontEnd::Irc)?;
/// assert_eq!(effects.drain().count(), 0);
/// # Ok::<(), ropewalk_words::Refusal>(())
/// ```
#[derive(Debug, Default)]
pub struct Effects {
    list: Vec<Effect>,
}

impl Effects {
    /// Takes them all, in order, and keeps the memory.
    pub fn drain(&mut self) -> Drain<'_, Effect> {
        self.list.drain(..)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Those not yet taken.
    pub fn iter(&self) -> impl Iterator<Item = &Effect> {
        self.list.iter()
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    pub(crate) fn extend(&mut self, effects: impl IntoIterator<Item = Effect>) {
        self.list.extend(effects);
    }
}

//! The ordered queue of a reactor thread: how the outside reaches connections that live there.

use std::{any::Any, sync::Arc, task::Wake};

/// The queue of one reactor thread. Everything that other connections, threads and futures want
/// of the thread's connections passes through it, in one order.
///
/// Drivers that run each connection as a task of its own have none.
pub trait Lane: Send + Sync + 'static {
    /// Queues `errand` and wakes the thread if it sleeps. Never waits.
    fn push(&self, errand: Errand);
}

/// Something to do for a reactor thread.
#[non_exhaustive]
pub enum Errand {
    /// Take the next entry of this group's queue; see [`Gathering::walk`].
    Group(Arc<dyn Gathering>),
    /// One message waits in the mailbox of this connection; see
    /// [`Connection::post`](crate::Connection::post).
    Post(Token),
    /// Poll this connection.
    Wake(Token),
}

/// Names a connection on its lane; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u64);

/// A connection's place: its thread's lane and its name there.
#[derive(Clone)]
pub struct Home {
    /// The thread's queue.
    pub lane: Arc<dyn Lane>,
    /// The connection's name on it.
    pub token: Token,
}

impl Home {
    pub(crate) fn post(&self) {
        self.lane.push(Errand::Post(self.token));
    }

    pub(crate) fn wake(&self) {
        self.lane.push(Errand::Wake(self.token));
    }
}

impl Wake for Home {
    fn wake(self: Arc<Self>) {
        Self::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Self::wake(self);
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home").field("token", &self.token).finish_non_exhaustive()
    }
}

/// A [`Group`](crate::Group), as a reactor thread sees it.
pub trait Gathering: Send + Sync {
    /// Takes the next `entries` entries that were queued for `lane` and shows what they say to
    /// each member there.
    fn walk(&self, lane: &Arc<dyn Lane>, entries: usize, members: &mut dyn Members);
}

/// The connections of a thread, for [`Gathering::walk`].
pub trait Members {
    /// Gives `said` to the connection; false when there is none of that name any more.
    fn deliver(&mut self, member: Token, said: &dyn Said) -> bool;
}

/// Messages that were said to a group, one after the other.
pub trait Said {
    /// How many.
    fn count(&self) -> usize;
    /// Puts a copy of message `index` into `slot`, which is an `Option` of the member's message
    /// type; leaves it alone when the types differ.
    fn put(&self, index: usize, slot: &mut dyn Any);
}

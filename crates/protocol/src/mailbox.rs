//! How the outside reaches a connection: a bounded queue of typed messages.

use std::{
    collections::VecDeque,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use atomic_waker::AtomicWaker;
use thiserror::Error;

use crate::{Reason, lane::Home};

/// The address of a connection, for other connections and threads.
///
/// Made by [`Context::mailbox`](crate::Context::mailbox). Clones reach the same connection; two
/// mailboxes are equal when they do.
///
/// ```
/// use ropewalk_protocol::{Context, Mailbox};
///
/// fn announce(cx: &mut Context<'_, u32>, directory: &mut Vec<Mailbox<u32>>) {
///     directory.push(cx.mailbox());
/// }
/// # let _ = announce;
/// ```
pub struct Mailbox<M> {
    shared: Arc<Shared<M>>,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PostError {
    /// As many messages wait as [`Limits::mailbox`](crate::Limits::mailbox) allows.
    #[error("the mailbox is full at {limit} messages")]
    Full {
        /// The limit, in messages.
        limit: usize,
    },
    /// The connection is gone.
    #[error("the connection is gone")]
    Closed,
}

pub(crate) struct Shared<M> {
    /// Held to add or take one message.
    state: Mutex<State<M>>,
    reach: Reach,
    capacity: u32,
}

struct State<M> {
    #[expect(clippy::box_collection, reason = "most mailboxes are idle, and then this is 8 bytes")]
    queue: Option<Box<VecDeque<M>>>,
    abort: Option<Box<Reason>>,
    /// The connection is asked to end in good order, and was not told yet.
    shutdown: bool,
    closed: bool,
}

enum Reach {
    Task(AtomicWaker),
    Lane(Home),
}

impl<M> Mailbox<M> {
    pub(crate) fn new(home: Option<&Home>, capacity: usize) -> Self {
        let reach = home.cloned().map_or_else(|| Reach::Task(AtomicWaker::new()), Reach::Lane);
        let state = Mutex::new(State { queue: None, abort: None, shutdown: false, closed: false });
        let capacity = u32::try_from(capacity).unwrap_or(u32::MAX);
        Self { shared: Arc::new(Shared { state, reach, capacity }) }
    }

    /// Leaves `message` for the connection. Never waits.
    ///
    /// # Errors
    /// [`PostError::Full`] when the connection does not keep up, [`PostError::Closed`] when it is
    /// gone.
    pub fn post(&self, message: M) -> Result<(), PostError> {
        let shared = &*self.shared;
        {
            let mut state = shared.lock();
            if state.closed || state.abort.is_some() {
                return Err(PostError::Closed);
            }
            let queue = state.queue.get_or_insert_default();
            if queue.len() >= shared.capacity as usize {
                return Err(PostError::Full { limit: shared.capacity as usize });
            }
            queue.push_back(message);
        }
        match &shared.reach {
            Reach::Task(waker) => waker.wake(),
            Reach::Lane(home) => home.post(),
        }
        Ok(())
    }

    /// Ends the connection at once, whatever is queued either way.
    pub fn abort(&self, reason: Reason) {
        let shared = &*self.shared;
        {
            let mut state = shared.lock();
            if state.closed || state.abort.is_some() {
                return;
            }
            state.abort = Some(Box::new(reason));
        }
        shared.wake();
    }

    /// Asks the connection to end in good order: its protocol hears
    /// [`shutting_down`](crate::Protocol::shutting_down), as at the end of the program. Messages
    /// that wait come first.
    pub fn shut_down(&self) {
        let shared = &*self.shared;
        {
            let mut state = shared.lock();
            if state.closed || state.abort.is_some() {
                return;
            }
            state.shutdown = true;
        }
        shared.wake();
    }

    /// Whether the connection is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let state = self.shared.lock();
        state.closed || state.abort.is_some()
    }

    pub(crate) fn home(&self) -> Option<&Home> {
        match &self.shared.reach {
            Reach::Task(_) => None,
            Reach::Lane(home) => Some(home),
        }
    }

    pub(crate) fn register(&self, waker: &Waker) {
        if let Reach::Task(place) = &self.shared.reach {
            place.register(waker);
        }
    }

    pub(crate) fn take(&self) -> Option<M> {
        self.shared.lock().queue.as_mut()?.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        let state = self.shared.lock();
        let idle = state.abort.is_none() && !state.shutdown;
        idle && state.queue.as_ref().is_none_or(|queue| queue.is_empty())
    }

    /// Whether it is asked to end in good order, and no message comes before that; true once.
    pub(crate) fn shutdown_due(&self) -> bool {
        let mut state = self.shared.lock();
        let due = state.shutdown && state.queue.as_ref().is_none_or(|queue| queue.is_empty());
        state.shutdown &= !due;
        due
    }

    pub(crate) fn aborted(&self) -> Option<Reason> {
        self.shared.lock().abort.as_deref().cloned()
    }

    pub(crate) fn close(&self) {
        let queue = {
            let mut state = self.shared.lock();
            state.closed = true;
            state.queue.take()
        };
        drop(queue); // outside the lock: messages may own other mailboxes
    }
}

impl<M> Shared<M> {
    fn lock(&self) -> MutexGuard<'_, State<M>> {
        // Nothing that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the connection polled.
    fn wake(&self) {
        match &self.reach {
            Reach::Task(waker) => waker.wake(),
            Reach::Lane(home) => home.wake(),
        }
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<M> PartialEq for Mailbox<M> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<M> Eq for Mailbox<M> {}

impl<M> Hash for Mailbox<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.shared).hash(state);
    }
}

impl<M> std::fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

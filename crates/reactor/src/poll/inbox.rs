//! What reaches a reactor thread from outside: one queue, one order, at most one wake-up.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_task::Runnable;

use ropewalk_protocol::{Errand, Lane};

use super::{poller::Poller, thread::Thread};

/// Something for a reactor thread to do.
pub(crate) enum Item {
    Errand(Errand),
    /// Run a future that has been woken.
    Run(Runnable),
    /// Call this.
    Call(Box<dyn FnOnce() + Send>),
    /// Change the thread's own things.
    Adopt(Box<dyn FnOnce(&mut Thread) + Send>),
    /// Take what was left for this thread by itself, without `Send`.
    TakeLocal,
}

/// The queue of one reactor thread. The lock is held to add one item or to take all of them.
pub(crate) struct Inbox {
    queue: Mutex<VecDeque<Item>>,
    /// The thread waits, or is about to: whoever adds something must wake it.
    sleeping: AtomicBool,
    pub(crate) poller: Poller,
}

impl Inbox {
    pub(crate) fn new() -> io::Result<Self> {
        let (queue, sleeping) = (Mutex::default(), AtomicBool::new(false));
        Ok(Self { queue, sleeping, poller: Poller::new()? })
    }

    pub(crate) fn add(&self, item: Item) {
        self.lock().push_back(item);
        self.wake();
    }

    /// Makes the thread look around, if it sleeps.
    pub(crate) fn wake(&self) {
        // The load keeps the shared line clean while the thread is awake, which is the usual case.
        if self.sleeping.load(Ordering::SeqCst) && self.sleeping.swap(false, Ordering::SeqCst) {
            self.poller.notify();
        }
    }

    /// Gives everything that waits for `batch`, which is empty, and keeps its memory.
    pub(crate) fn take(&self, batch: &mut VecDeque<Item>) {
        std::mem::swap(&mut *self.lock(), batch);
    }

    /// Drops everything that waits, and what is added because of that.
    pub(crate) fn clear(&self) {
        let mut batch = VecDeque::new();
        loop {
            self.take(&mut batch);
            if batch.is_empty() {
                return;
            }
            batch.clear(); // outside the lock: futures run their destructors
        }
    }

    /// Says that the thread is about to wait; false when there is something to do first.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.sleeping.store(true, Ordering::SeqCst);
        let idle = self.lock().is_empty();
        if !idle {
            self.sleeping.store(false, Ordering::SeqCst);
        }
        idle
    }

    pub(crate) fn awake(&self) {
        self.sleeping.store(false, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        // Nothing but the queue's own methods runs under the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane for Inbox {
    fn push(&self, errand: Errand) {
        self.add(Item::Errand(errand));
    }
}

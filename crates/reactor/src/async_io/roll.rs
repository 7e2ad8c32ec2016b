//! Who is served: so that a stopping reactor can tell its connections and wait for them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use atomic_waker::AtomicWaker;

/// The connections of a reactor.
#[derive(Clone, Default)]
pub(crate) struct Roll {
    inner: Arc<Inner>,
}

/// The lock is held when a connection comes or goes, and once to tell them all.
#[derive(Default)]
struct Inner {
    members: Mutex<Members>,
    empty: AtomicWaker,
}

#[derive(Default)]
struct Members {
    bells: HashMap<u64, Arc<Bell>>,
    next: u64,
}

#[derive(Default)]
struct Bell {
    closing: AtomicBool,
    waker: AtomicWaker,
}

/// One connection's place on the roll; given up when it is dropped.
pub(crate) struct Place {
    roll: Roll,
    bell: Arc<Bell>,
    number: u64,
}

impl Roll {
    pub(crate) fn enter(&self) -> Place {
        let bell = Arc::<Bell>::default();
        let mut members = self.lock();
        let number = members.next;
        members.next += 1;
        members.bells.insert(number, Arc::clone(&bell));
        drop(members);
        Place { roll: self.clone(), bell, number }
    }

    /// Tells every connection to close.
    pub(crate) fn close_all(&self) {
        let bells: Vec<_> = self.lock().bells.values().cloned().collect();
        for bell in bells {
            bell.closing.store(true, Ordering::Release);
            bell.waker.wake();
        }
    }

    /// Ready when nobody is left.
    pub(crate) fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        self.inner.empty.register(cx.waker());
        if self.lock().bells.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        // Only the map's own methods run under the lock.
        self.inner.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether the connection has just been told to close; true once. `waker` hears of it later.
    pub(crate) fn is_closing(&self, waker: &Waker) -> bool {
        self.bell.waker.register(waker);
        self.bell.closing.load(Ordering::Relaxed)
            && self.bell.closing.swap(false, Ordering::Acquire)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut members = self.roll.lock();
        members.bells.remove(&self.number);
        let last = members.bells.is_empty();
        drop(members);
        if last {
            self.roll.inner.empty.wake();
        }
    }
}

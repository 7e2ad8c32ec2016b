//! Who is served: so that a stopping reactor can tell them and wait for them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
};

use atomic_waker::AtomicWaker;

/// Those that a reactor serves as tasks. A stopping reactor tells them, and waits until none is
/// left.
///
/// ```
/// use std::task::{Context, Poll, Waker};
/// use ropewalk_protocol::{Roll, Word};
///
/// let roll = Roll::default();
/// let mut place = roll.enter();
/// assert_eq!(place.heard(Waker::noop()), None);
/// roll.say(Word::End);
/// assert_eq!(place.heard(Waker::noop()), Some(Word::End));
/// drop(place);
/// assert_eq!(roll.poll_empty(&Context::from_waker(Waker::noop())), Poll::Ready(()));
/// ```
#[derive(Clone, Default)]
pub struct Roll {
    inner: Arc<Inner>,
}

/// What a reactor says to those it serves.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Word {
    /// The program is ending: finish in good order.
    End = 1,
    /// Time is up: end now.
    Cut = 2,
}

/// The lock is held when somebody comes or goes, and once for each word.
#[derive(Default)]
struct Inner {
    members: Mutex<Members>,
    empty: AtomicWaker,
}

#[derive(Default)]
struct Members {
    bells: HashMap<u64, Arc<Bell>>,
    next: u64,
    said: Option<Word>,
}

#[derive(Default)]
struct Bell {
    word: AtomicU8,
    waker: AtomicWaker,
}

/// One place on the roll; given up when it is dropped.
pub struct Place {
    roll: Roll,
    bell: Arc<Bell>,
    number: u64,
    heard: u8,
}

impl Roll {
    /// Takes a place. Who comes late hears what was said before.
    #[must_use]
    pub fn enter(&self) -> Place {
        let bell = Arc::<Bell>::default();
        let mut members = self.lock();
        let number = members.next;
        members.next += 1;
        if let Some(word) = members.said {
            bell.word.store(word as u8, Ordering::Relaxed);
        }
        members.bells.insert(number, Arc::clone(&bell));
        drop(members);
        Place { roll: self.clone(), bell, number, heard: 0 }
    }

    /// Tells everybody.
    pub fn say(&self, word: Word) {
        let mut members = self.lock();
        members.said = members.said.max(Some(word));
        let bells: Vec<_> = members.bells.values().cloned().collect();
        drop(members);
        for bell in bells {
            bell.word.fetch_max(word as u8, Ordering::Release);
            bell.waker.wake();
        }
    }

    /// Ready when nobody is left. One task may wait for that.
    pub fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        self.inner.empty.register(cx.waker());
        if self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether nobody is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().bells.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        // Only the map's own methods run under the lock.
        self.inner.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// What has been said since this was asked last. `waker` hears of what is said later.
    pub fn heard(&mut self, waker: &Waker) -> Option<Word> {
        self.bell.waker.register(waker);
        let word = self.bell.word.load(Ordering::Acquire);
        if word == self.heard {
            return None;
        }
        self.heard = word;
        Some(if word == Word::End as u8 { Word::End } else { Word::Cut })
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

impl std::fmt::Debug for Roll {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roll").field("served", &self.lock().bells.len()).finish()
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("number", &self.number).finish_non_exhaustive()
    }
}

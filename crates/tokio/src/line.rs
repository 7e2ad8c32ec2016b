//! How a reactor reaches the tasks of its connections when it stops.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

use atomic_waker::AtomicWaker;
use tokio::sync::Notify;

/// One connection's line to its reactor.
#[derive(Debug, Default)]
pub(crate) struct Line {
    waker: AtomicWaker,
    word: AtomicU8,
}

/// What a connection is told.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Word {
    GoOn = 0,
    /// The program is ending.
    End = 1,
    /// Time is up.
    Cut = 2,
}

impl Line {
    /// What was said, and who to wake when something is.
    pub(crate) fn listen(&self, waker: &Waker) -> Word {
        self.waker.register(waker);
        match self.word.load(Ordering::Acquire) {
            0 => Word::GoOn,
            1 => Word::End,
            _ => Word::Cut,
        }
    }

    fn say(&self, word: Word) {
        self.word.store(word as u8, Ordering::Release);
        self.waker.wake();
    }
}

/// The lines of all connections. The lock is held to add, remove or list them.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    all: Mutex<All>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct All {
    lines: HashMap<u64, Arc<Line>>,
    next: u64,
    word: Option<Word>,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, All> {
        // Nothing that can panic runs under the lock.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self) -> (u64, Arc<Line>) {
        let mut all = self.lock();
        all.next += 1;
        let (name, line) = (all.next, Arc::new(Line::default()));
        if let Some(word) = all.word {
            line.say(word);
        }
        all.lines.insert(name, Arc::clone(&line));
        (name, line)
    }

    pub(crate) fn remove(&self, name: u64) {
        let mut all = self.lock();
        all.lines.remove(&name);
        if all.lines.is_empty() {
            drop(all);
            self.emptied.notify_one();
        }
    }

    /// Tells all connections, and those that come.
    pub(crate) fn say(&self, word: Word) {
        let mut all = self.lock();
        all.word = Some(word);
        let lines: Vec<_> = all.lines.values().cloned().collect();
        drop(all);
        for line in lines {
            line.say(word);
        }
    }

    /// Waits until there are none.
    pub(crate) async fn emptied(&self) {
        while !self.lock().lines.is_empty() {
            self.emptied.notified().await;
        }
    }
}

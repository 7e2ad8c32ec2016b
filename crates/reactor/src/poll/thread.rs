//! One reactor thread: waits, lets entries do what they are ready for, and walks its queue.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use ropewalk_protocol::{Errand, Gathering, Members, Reason, Said, Timers, Token};

use super::{
    entry::{DIRTY, Entry, Flush, Kind, Next, Turn},
    inbox::{Inbox, Item},
    poller::{Events, Found},
};
use crate::run::guard;

/// How long local work may keep the thread from looking at its sockets.
const LOCAL: Duration = Duration::from_millis(5);
/// Items of the queue between two looks at the clock.
const ITEMS: usize = 256;

type LocalJob = Box<dyn FnOnce(&mut Thread)>;

thread_local! {
    /// What this thread left for its own reactor, by the address of that reactor's first inbox.
    static LOCAL_JOBS: RefCell<Vec<(usize, LocalJob)>> = const { RefCell::new(Vec::new()) };
}

/// Leaves `job` for the reactor whose first thread is this one.
pub(crate) fn leave_local(inbox: &Arc<Inbox>, job: LocalJob) {
    LOCAL_JOBS.with_borrow_mut(|jobs| jobs.push((Arc::as_ptr(inbox) as usize, job)));
    inbox.add(Item::TakeLocal);
}

/// One reactor thread and all that lives on it.
pub(crate) struct Thread {
    slots: Vec<Slot>,
    free: Vec<u32>,
    streams: usize,
    turn: Turn,
    batch: VecDeque<Item>,
    /// Entries with output to send at the end of the turn.
    dirty: Vec<Token>,
    flush: Flush,
    timers: Option<Timers>,
    /// There are other threads of this reactor. Then a thread that has worked lets others run
    /// before it sleeps, and finds more to do when it wakes: with fewer cores than busy threads
    /// a message costs 1.04 of what it does on one thread instead of 1.4.
    crowd: bool,
    /// The reactor stops: when what is left is cut off.
    closing_until: Option<Instant>,
}

struct Slot {
    generation: u32,
    entry: Option<Box<dyn Entry>>,
}

impl Thread {
    pub(crate) fn new(inbox: &Arc<Inbox>, timers: Option<Timers>, threads: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            streams: 0,
            turn: Turn::new(inbox, Instant::now()),
            batch: VecDeque::new(),
            dirty: Vec::new(),
            flush: Flush::Later,
            timers,
            crowd: threads > 1,
            closing_until: None,
        }
    }

    /// Runs until `done` says so between two turns.
    pub(crate) fn run(&mut self, mut done: impl FnMut(&Self) -> bool) -> io::Result<()> {
        let inbox = Arc::clone(&self.turn.inbox);
        let (mut events, mut found) = (Events::default(), Vec::new());
        let mut worked = false;
        loop {
            self.turn.now = Instant::now();
            self.local_work();
            self.timed_work();
            if done(self) {
                return Ok(());
            }
            let idle = self.batch.is_empty() && inbox.fall_asleep();
            let timeout = if idle { self.timeout() } else { Some(Duration::ZERO) };
            if worked && self.crowd {
                std::thread::yield_now();
            }
            let waited = inbox.poller.wait(&mut events, timeout, &mut found);
            inbox.awake();
            waited?;
            self.turn.now = Instant::now();
            worked = !found.is_empty();
            for found in found.drain(..) {
                self.ready(found);
            }
        }
    }

    /// Whether a stopping thread has nothing left to wait for, or waits no longer.
    pub(crate) fn is_closed(&self) -> bool {
        self.closing_until.is_some_and(|until| self.streams == 0 || until <= self.turn.now)
    }

    /// Whether a stopping thread waits no longer.
    pub(crate) fn is_late(&self) -> bool {
        self.closing_until.is_some_and(|until| until <= self.turn.now)
    }

    /// Closes every connection in good order, and cuts off what is left at `until`.
    pub(crate) fn close_streams(&mut self, until: Instant) {
        if self.closing_until.replace(until).is_some() {
            return; // told before
        }
        self.each(Kind::Stream, |entry, turn| entry.close(turn));
    }

    /// Stops accepting connections.
    pub(crate) fn close_listeners(&mut self) {
        self.each(Kind::Listener, |entry, turn| entry.close(turn));
    }

    /// Lets go of everything.
    pub(crate) fn lose_all(&mut self, reason: &Reason) {
        for kind in [Kind::Listener, Kind::Stream, Kind::Watch] {
            self.each(kind, |entry, turn| {
                entry.lose(reason, turn);
                Next::Gone
            });
        }
    }

    /// Makes an entry that needs to know its token; `make` registers it with the poller.
    pub(crate) fn insert(
        &mut self,
        make: impl FnOnce(&mut Turn) -> io::Result<Box<dyn Entry>>,
    ) -> io::Result<Token> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, entry: None });
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let generation = self.slots[index as usize].generation;
        let token = Token(u64::from(generation) << 32 | u64::from(index));
        self.turn.token = token;
        match make(&mut self.turn) {
            Ok(entry) => {
                self.streams += usize::from(entry.kind() == Kind::Stream);
                self.slots[index as usize].entry = Some(entry);
                Ok(token)
            }
            Err(error) => {
                self.free.push(index);
                Err(error)
            }
        }
    }

    /// Lets the entry do something; false when it is gone. A panic ends this entry only.
    pub(crate) fn visit(
        &mut self,
        token: Token,
        call: impl FnOnce(&mut dyn Entry, &mut Turn) -> Next,
    ) -> bool {
        let (index, generation) = (token.0 as u32 as usize, (token.0 >> 32) as u32);
        let Some(slot) = self.slots.get_mut(index) else { return false };
        if slot.generation != generation {
            return false;
        }
        let Some(entry) = slot.entry.as_deref_mut() else { return false };
        self.turn.token = token;
        let turn = &mut self.turn;
        let next = catch_unwind(AssertUnwindSafe(|| call(entry, turn))).unwrap_or_else(|_| {
            let peer = entry.describe();
            tracing::error!(%peer, "a callback panicked; its connection is closed");
            let lost = AssertUnwindSafe(|| entry.lose(&Reason::Panicked, turn));
            if catch_unwind(lost).is_err() {
                tracing::error!(%peer, "it panicked again when told so");
            }
            Next::Gone
        });
        match next {
            Next::Stay => true,
            Next::Become(entry) => {
                slot.entry = Some(entry);
                true
            }
            Next::Gone => {
                slot.generation = slot.generation.wrapping_add(1);
                let entry = slot.entry.take();
                self.streams -=
                    usize::from(entry.is_some_and(|entry| entry.kind() == Kind::Stream));
                self.free.push(index as u32);
                false
            }
        }
    }

    pub(crate) fn now(&self) -> Instant {
        self.turn.now
    }

    fn ready(&mut self, found: Found) {
        self.visit(Token(found.key), |entry, turn| entry.ready(found, turn));
    }

    fn each(&mut self, kind: Kind, mut call: impl FnMut(&mut dyn Entry, &mut Turn) -> Next) {
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            if slot.entry.as_ref().is_some_and(|entry| entry.kind() == kind) {
                let token = Token(u64::from(slot.generation) << 32 | index as u64);
                self.visit(token, &mut call);
            }
        }
    }

    /// Does what waits in the queue, for a while, and sends what came of it.
    fn local_work(&mut self) {
        let inbox = Arc::clone(&self.turn.inbox);
        let mut left = ITEMS;
        loop {
            if self.batch.is_empty() {
                inbox.take(&mut self.batch);
            }
            let Some(item) = self.batch.pop_front() else { break };
            left = left.saturating_sub(self.item(item));
            if left == 0 {
                self.flush_dirty();
                if self.turn.now.elapsed() > LOCAL {
                    return;
                }
                left = ITEMS;
            }
        }
        self.flush_dirty();
    }

    /// Does one item, or several that belong together; how many.
    fn item(&mut self, item: Item) -> usize {
        match item {
            Item::Errand(Errand::Group(group)) => return self.walk(&group),
            Item::Errand(Errand::Post(token)) => {
                if self.visit(token, |entry, turn| entry.post(turn)) {
                    self.dirty.push(token);
                }
            }
            Item::Errand(Errand::Wake(token)) => {
                self.visit(token, |entry, turn| entry.wake(turn));
            }
            Item::Errand(_) => {}
            Item::Run(runnable) => {
                guard("a future", || {
                    runnable.run();
                });
            }
            Item::Call(call) => guard("a call", call),
            Item::Adopt(adopt) => guard("a connection's factory", || adopt(self)),
            Item::TakeLocal => self.take_local(),
        }
        1
    }

    /// Walks a group for all that was said to it without anything else in between. When nothing
    /// else waits either, each member is sent its share at once, while it is in the cache.
    fn walk(&mut self, group: &Arc<dyn Gathering>) -> usize {
        let mut entries = 1;
        while entries < ITEMS
            && let Some(Item::Errand(Errand::Group(next))) = self.batch.front()
            && Arc::ptr_eq(next, group)
        {
            self.batch.pop_front();
            entries += 1;
        }
        let more = match self.batch.front() {
            Some(Item::Errand(Errand::Group(next))) => !Arc::ptr_eq(next, group),
            other => other.is_some(),
        };
        let alone = !more && self.dirty.is_empty();
        self.flush = if alone { Flush::Now } else { Flush::Later };
        let lane = Arc::clone(&self.turn.lane);
        group.walk(&lane, entries, self);
        self.flush = Flush::Later;
        entries
    }

    fn flush_dirty(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for token in dirty.drain(..) {
            self.visit(token, |entry, turn| entry.flush(turn));
        }
        self.dirty = dirty;
    }

    fn timed_work(&mut self) {
        while let Some(token) = self.turn.wheel.pop(self.turn.now) {
            self.visit(token, |entry, turn| entry.wake(turn));
        }
        while let Some(call) = self.timers.as_ref().and_then(|timers| timers.due(self.turn.now)) {
            guard("a delayed call", call);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let timers = self.timers.as_ref().and_then(Timers::next);
        let next = [self.turn.wheel.next(), timers, self.closing_until];
        let next = next.into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn take_local(&mut self) {
        let own = Arc::as_ptr(&self.turn.inbox) as usize;
        let jobs = LOCAL_JOBS.with_borrow_mut(|jobs| {
            jobs.extract_if(.., |(inbox, _)| *inbox == own).collect::<Vec<_>>()
        });
        for (_, job) in jobs {
            guard("a connection's factory", || job(self));
        }
    }
}

impl Members for Thread {
    fn deliver(&mut self, member: Token, said: &dyn Said) -> bool {
        let flush = self.flush;
        let there = self.visit(member, |entry, turn| entry.deliver(said, flush, turn));
        if there && flush == Flush::Later {
            self.dirty.push(member);
            if self.dirty.len() >= DIRTY {
                self.flush_dirty();
            }
        }
        there
    }
}

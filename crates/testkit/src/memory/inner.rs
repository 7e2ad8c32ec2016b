//! What the handles of one reactor in memory share.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Wake, Waker},
    time::{Duration, Instant},
};

use ropewalk_clock::{Clock, ManualClock};
use ropewalk_protocol::{Address, Peer, Phase, Timers};

use super::{
    HOST,
    seat::{Driven, End, Piece},
};

pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(super) type Call = Box<dyn FnOnce() + Send>;
type Build = Box<dyn FnMut(Peer) -> Option<Box<dyn Driven>> + Send>;

/// The lock is held for one look-up or change, never while a callback, task or factory runs.
pub(super) struct Inner {
    state: Mutex<State>,
    pub(super) ready: Arc<Ready>,
    pub(super) clock: ManualClock,
    pub(super) timers: Timers,
}

pub(super) struct State {
    pub(super) stage: Stage,
    pub(super) ends: BTreeMap<u64, End>,
    pub(super) ports: HashMap<Address, PortEntry>,
    pub(super) swallowed: HashSet<Address>,
    pub(super) latency: Duration,
    /// `None` while it is polled.
    pub(super) tasks: BTreeMap<u64, Option<Task>>,
    pub(super) calls: VecDeque<Call>,
    pub(super) thread_calls: VecDeque<Call>,
    pub(super) threads_held: bool,
    pub(super) triggers: Vec<(Phase, Task)>,
    ids: u64,
    port: u16,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Stage {
    New,
    Running,
    Stopping,
    Stopped,
}

pub(super) struct PortEntry {
    pub(super) id: u64,
    /// Taken while it builds.
    pub(super) build: Option<Build>,
}

/// What was woken and waits for its turn, in order of age.
#[derive(Default)]
pub(super) struct Ready {
    woken: Mutex<Woken>,
    changed: Condvar,
}

#[derive(Default)]
struct Woken {
    ends: BTreeSet<u64>,
    tasks: BTreeSet<u64>,
    notified: bool,
}

enum Sleeper {
    End(u64),
    Task(u64),
}

struct ReadyWaker {
    ready: Arc<Ready>,
    sleeper: Sleeper,
}

impl Wake for ReadyWaker {
    fn wake(self: Arc<Self>) {
        match self.sleeper {
            Sleeper::End(id) => self.ready.add_end(id),
            Sleeper::Task(id) => self.ready.add_task(id),
        }
    }
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Woken> {
        // Nothing that can panic runs under the lock.
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_end(&self, id: u64) {
        self.lock().ends.insert(id);
        self.changed.notify_all();
    }

    pub(super) fn add_task(&self, id: u64) {
        self.lock().tasks.insert(id);
        self.changed.notify_all();
    }

    pub(super) fn notify(&self) {
        self.lock().notified = true;
        self.changed.notify_all();
    }

    pub(super) fn take(&self) -> (BTreeSet<u64>, BTreeSet<u64>) {
        let mut woken = self.lock();
        woken.notified = false;
        (std::mem::take(&mut woken.tasks), std::mem::take(&mut woken.ends))
    }

    /// Waits for other threads; false when nothing came from them.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        let idle =
            |woken: &mut Woken| woken.ends.is_empty() && woken.tasks.is_empty() && !woken.notified;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, idle);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub(super) fn end_waker(self: &Arc<Self>, id: u64) -> Waker {
        Arc::new(ReadyWaker { ready: Arc::clone(self), sleeper: Sleeper::End(id) }).into()
    }

    pub(super) fn task_waker(self: &Arc<Self>, id: u64) -> Waker {
        Arc::new(ReadyWaker { ready: Arc::clone(self), sleeper: Sleeper::Task(id) }).into()
    }
}

impl Inner {
    pub(super) fn new() -> Arc<Self> {
        let clock = ManualClock::new();
        let ready = Arc::new(Ready::default());
        let (reads, wakes) = (clock.clone(), Arc::clone(&ready));
        let timers = Timers::new(move || reads.now(), move || wakes.notify());
        let state = State {
            stage: Stage::New,
            ends: BTreeMap::new(),
            ports: HashMap::new(),
            swallowed: HashSet::new(),
            latency: Duration::ZERO,
            tasks: BTreeMap::new(),
            calls: VecDeque::new(),
            thread_calls: VecDeque::new(),
            threads_held: false,
            triggers: Vec::new(),
            ids: 0,
            port: 49_151,
        };
        Arc::new(Self { state: Mutex::new(state), ready, clock, timers })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spawn(&self, task: Task) -> u64 {
        let mut state = self.lock();
        let id = state.next_id();
        state.tasks.insert(id, Some(task));
        drop(state);
        self.ready.add_task(id);
        id
    }

    /// Connects two ends; a side without a protocol hangs up at once.
    pub(super) fn join(
        &self,
        state: &mut State,
        client: (Peer, Box<dyn Driven>),
        server: (Peer, Option<Box<dyn Driven>>),
    ) {
        let (one, two) = (state.next_id(), state.next_id());
        let mut first = End::new(client.1, two, client.0);
        match server.1 {
            Some(driven) => {
                state.ends.insert(two, End::new(driven, one, server.0));
                self.ready.add_end(two);
            }
            None => first.inbox.push_back((self.clock.now() + state.latency, Piece::Eof)),
        }
        state.ends.insert(one, first);
        self.ready.add_end(one);
    }

    /// When something is due next.
    pub(super) fn next_event(&self) -> Option<Instant> {
        let now = self.clock.now();
        let state = self.lock();
        let ends = state.ends.values().filter_map(|end| end.next_event(now)).min();
        drop(state);
        [ends, self.timers.next(), self.clock.next_due()].into_iter().flatten().min()
    }
}

impl State {
    pub(super) fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    pub(super) fn pick_port(&mut self) -> SocketAddr {
        self.port = if self.port == u16::MAX { 1024 } else { self.port + 1 };
        SocketAddr::from((HOST, self.port))
    }
}

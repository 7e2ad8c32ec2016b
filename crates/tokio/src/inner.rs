//! What the handles of one reactor share, and its main future.

use std::{
    collections::VecDeque,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ropewalk_clock::Clock;
use ropewalk_protocol::{Phase, Roll, Timers, Word};
use tokio::{
    runtime::{Handle, Runtime},
    signal::unix::{SignalKind, signal},
    sync::{Notify, Semaphore, watch},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

use crate::{Options, TokioClock};

pub(crate) type Call = Box<dyn FnOnce() + Send>;
type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct Inner {
    pub(crate) handle: Handle,
    pub(crate) runtime: Mutex<Option<Runtime>>,
    pub(crate) options: Options,
    pub(crate) timers: Timers,
    /// Connections, and whatever else is served.
    pub(crate) roll: Roll,
    pub(crate) pool: Arc<Semaphore>,
    stage: watch::Sender<Stage>,
    /// It may be told to stop before.
    begun: AtomicBool,
    changed: Arc<Notify>,
    queues: Mutex<Queues>,
}

/// The lock is held to add or take entries.
#[derive(Default)]
struct Queues {
    calls: VecDeque<Call>,
    triggers: Vec<(Phase, Job)>,
    listeners: Vec<AbortHandle>,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Stage {
    New,
    Running,
    /// Nothing more is accepted; triggers run.
    Stopping,
    /// Connections are ending.
    Closing,
    Stopped,
}

impl Inner {
    pub(crate) fn new(handle: Handle, runtime: Option<Runtime>, options: Options) -> Arc<Self> {
        let changed = Arc::new(Notify::new());
        let wakes = Arc::clone(&changed);
        let timers = Timers::new(|| TokioClock.now(), move || wakes.notify_one());
        Arc::new(Self {
            handle,
            runtime: Mutex::new(runtime),
            timers,
            roll: Roll::default(),
            pool: Arc::new(Semaphore::new(options.threads.max(1))),
            options,
            stage: watch::Sender::new(Stage::New),
            begun: AtomicBool::new(false),
            changed,
            queues: Mutex::default(),
        })
    }

    /// Whether somebody runs it, or has.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    pub(crate) fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Goes on to `stage`; never back.
    pub(crate) fn go_to(&self, stage: Stage) {
        self.stage.send_if_modified(|now| {
            let later = stage > *now;
            *now = stage.max(*now);
            later
        });
    }

    pub(crate) async fn reached(&self, stage: Stage) {
        // The sender lives in `self`, so that the wait ends only as it should.
        let _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }

    /// Waits for the start without holding the reactor, which may be dropped before; whether it came.
    pub(crate) fn started(&self) -> impl Future<Output = bool> + Send + 'static {
        let mut stage = self.stage.subscribe();
        async move { stage.wait_for(|now| *now >= Stage::Running).await.is_ok() }
    }

    pub(crate) fn call(&self, call: Call) {
        self.queues().calls.push_back(call);
        self.changed.notify_one();
    }

    pub(crate) fn add_trigger(&self, phase: Phase, job: Job) {
        self.queues().triggers.push((phase, job));
    }

    pub(crate) fn add_listener(&self, listener: AbortHandle) {
        self.queues().listeners.push(listener);
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        // Nothing that can panic runs under the lock.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From start to stop.
    pub(crate) async fn main(self: Arc<Self>) {
        self.begun.store(true, Ordering::Release);
        self.go_to(Stage::Running);
        let inner = Arc::clone(&self);
        let caller = self.handle.spawn(async move { inner.make_calls().await });
        let startup = self.trigger(Phase::Startup);
        self.until_stopped().await;
        self.go_to(Stage::Stopping);
        for listener in std::mem::take(&mut self.queues().listeners) {
            listener.abort();
        }
        let limit = self.options.shutdown;
        let mut before = self.trigger(Phase::BeforeShutdown);
        if timeout(limit, async { while before.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!("triggers before the shutdown took longer than {limit:?}");
        }
        self.go_to(Stage::Closing);
        self.roll.say(Word::End);
        if timeout(limit, self.emptied()).await.is_err() {
            self.roll.say(Word::Cut);
            // They end in their next turn.
            let _ = timeout(limit, self.emptied()).await;
        }
        let mut after = self.trigger(Phase::AfterShutdown);
        if timeout(limit, async { while after.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!("triggers after the shutdown took longer than {limit:?}");
        }
        drop(startup);
        caller.abort();
        self.go_to(Stage::Stopped);
    }

    /// Waits until nobody is served.
    async fn emptied(&self) {
        std::future::poll_fn(|cx| self.roll.poll_empty(cx)).await;
    }

    fn trigger(&self, phase: Phase) -> JoinSet<()> {
        let mut queues = self.queues();
        let all = std::mem::take(&mut queues.triggers);
        let (now, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|(at, _)| *at == phase);
        queues.triggers = later;
        drop(queues);
        let mut jobs = JoinSet::new();
        for (_, job) in now {
            jobs.spawn_on(job, &self.handle);
        }
        jobs
    }

    async fn until_stopped(&self) {
        if !self.options.signals {
            return self.reached(Stage::Stopping).await;
        }
        let (interrupt, terminate) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
            tracing::warn!("cannot listen for signals");
            return self.reached(Stage::Stopping).await;
        };
        let mut reached = std::pin::pin!(self.reached(Stage::Stopping));
        std::future::poll_fn(|cx| {
            let signalled =
                interrupt.poll_recv(cx).is_ready() || terminate.poll_recv(cx).is_ready();
            if signalled {
                tracing::info!("stopping on a signal");
                return std::task::Poll::Ready(());
            }
            reached.as_mut().poll(cx)
        })
        .await;
    }

    /// Makes the calls that are due or asked for, until aborted.
    async fn make_calls(&self) {
        loop {
            while let Some(call) = self.timers.due(TokioClock.now()) {
                guarded(call);
            }
            loop {
                let call = self.queues().calls.pop_front();
                let Some(call) = call else { break };
                guarded(call);
            }
            let changed = self.changed.notified();
            match self.timers.next() {
                // Either way the queues are looked at again.
                Some(at) => drop(tokio::time::timeout_at(at.into(), changed).await),
                None => changed.await,
            }
            tokio::task::yield_now().await;
        }
    }
}

fn guarded(call: Call) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        tracing::error!("a call panicked");
    }
}

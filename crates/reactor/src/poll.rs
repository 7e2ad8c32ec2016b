//! The fast reactor: one poller a thread, no task a connection, direct calls.

mod accept;
mod connect;
mod entry;
mod inbox;
pub(crate) mod poller;
mod stream;
mod thread;
mod watching;

use std::{
    future::Future,
    io,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use futures_channel::oneshot;

use ropewalk_protocol::{
    Attach, Connect, ConnectError, DelayedCall, Factory, Listen, ListenError, Peer, Phase, Port,
    Protocol, Reactor, Reason, Roll, Timers, Token, Word,
};

use self::{
    accept::{Here, Listener, Options, Place, RoundRobin},
    inbox::{Inbox, Item},
    thread::{Thread, leave_local},
};
use crate::{
    Listening, ReactorClock, Settings, ThreadPool,
    run::{Lifecycle, all},
    signals::Signals,
    socket,
};

/// The reactor that serves connections straight from the system's poller.
///
/// Connections stay on the thread that they were given at first; a [`Group`](ropewalk_protocol::Group)
/// costs one queue entry a thread and message.
///
/// ```
/// use ropewalk_protocol::Reactor;
/// use ropewalk_reactor::{PollReactor, Settings};
///
/// let reactor = PollReactor::new(Settings { signals: false, ..Settings::default() })?;
/// let handle = reactor.clone();
/// reactor.call_when_running(move || handle.stop());
/// reactor.run();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct PollReactor {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    inboxes: Vec<Arc<Inbox>>,
    timers: Timers,
    pool: ThreadPool,
    lifecycle: Lifecycle,
    /// Those that are served as futures.
    roll: Roll,
    /// The thread for the next connection that this side makes.
    next: AtomicUsize,
}

/// A future that waits to run holds its inbox, which holds the future: without this, what a reactor
/// never came to do would never be dropped.
impl Drop for Shared {
    fn drop(&mut self) {
        for inbox in &self.inboxes {
            inbox.clear();
        }
    }
}

impl PollReactor {
    /// A reactor that does not run yet.
    ///
    /// # Errors
    /// What the system answered when it has no poller to give.
    pub fn new(settings: Settings) -> io::Result<Self> {
        let count = settings.threads.max(1);
        let inboxes =
            (0..count).map(|_| Inbox::new().map(Arc::new)).collect::<io::Result<Vec<_>>>()?;
        let first = Arc::clone(&inboxes[0]);
        let timers = Timers::new(Instant::now, move || first.wake());
        let pool = ThreadPool::between(settings.idle_workers, settings.workers);
        let (lifecycle, roll, next) = (Lifecycle::default(), Roll::default(), AtomicUsize::new(0));
        let shared = Shared { settings, inboxes, timers, pool, lifecycle, roll, next };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Listens as [`listen`](Reactor::listen) does, with protocols that need not be [`Send`]. They
    /// are served on the calling thread, which must be the one that calls
    /// [`run`](Reactor::run).
    ///
    /// # Errors
    /// [`ListenError`] says where and what the system answered.
    pub fn listen_local<F>(&self, listen: Listen, factory: F) -> Result<Port, ListenError>
    where
        F: Factory + 'static,
        F::Protocol: 'static,
        <F::Protocol as Protocol>::Message: 'static,
    {
        let inbox = Arc::clone(self.first());
        let here = Here { factory, limits: Arc::clone(&listen.limits), inbox };
        self.listen_with(&listen, here, |job| leave_local(self.first(), job))
    }

    fn listen_with<T, J>(
        &self,
        listen: &Listen,
        place: T,
        leave: impl FnOnce(J),
    ) -> Result<Port, ListenError>
    where
        T: Place + 'static,
        J: From<AdoptListener<T>>,
    {
        let listening = Listening::new(listen)
            .map_err(|source| ListenError { address: listen.address.clone(), source })?;
        let token = Arc::new(OnceLock::new());
        let (inbox, found) = (Arc::clone(self.first()), Arc::clone(&token));
        let port = listening.port(move || {
            let token = Arc::clone(&found);
            inbox.add(Item::Adopt(Box::new(move |thread| {
                if let Some(token) = token.get() {
                    thread.visit(*token, |entry, turn| entry.close(turn));
                }
            })));
        });
        leave(J::from(AdoptListener {
            listening,
            options: Options::of(listen),
            place,
            known: token,
        }));
        Ok(port)
    }

    fn first(&self) -> &Arc<Inbox> {
        &self.shared.inboxes[0]
    }

    fn next(&self) -> &Arc<Inbox> {
        let next = self.shared.next.fetch_add(1, Ordering::Relaxed);
        &self.shared.inboxes[next % self.shared.inboxes.len()]
    }

    fn run_first(&self) -> io::Result<()> {
        let shared = &*self.shared;
        let _signals = self.listen_for_signals()?;
        let others = self.start_others()?;
        for job in shared.lifecycle.take(Phase::Startup) {
            self.spawn(job);
        }
        let mut thread =
            Thread::new(self.first(), Some(shared.timers.clone()), shared.inboxes.len());
        let mut ran =
            thread.run(|thread| thread.is_closed() && (shared.roll.is_empty() || thread.is_late()));
        shared.roll.say(Word::Cut);
        if ran.is_ok() {
            // Each ends when it is polled.
            let until = Instant::now() + CUT;
            ran = thread.run(|thread| shared.roll.is_empty() || thread.now() >= until);
        }
        thread.lose_all(&Reason::Shutdown);
        for other in others {
            if other.join().is_err() {
                tracing::error!("a reactor thread panicked");
            }
        }
        ran?;
        let after = shared.lifecycle.take(Phase::AfterShutdown);
        if !after.is_empty() {
            let done = Arc::new(OnceLock::new());
            let (tell, clock) = (Arc::clone(&done), self.clock());
            let limit = shared.settings.shutdown;
            self.spawn(async move {
                all(after, clock, limit).await;
                let _ = tell.set(());
            });
            thread.run(|_| done.get().is_some())?;
            thread.lose_all(&Reason::Shutdown);
        }
        Ok(())
    }

    fn start_others(&self) -> io::Result<Vec<JoinHandle<()>>> {
        let rest = self.shared.inboxes.iter().enumerate().skip(1);
        rest.map(|(number, inbox)| {
            let (inbox, threads) = (Arc::clone(inbox), self.shared.inboxes.len());
            std::thread::Builder::new().name(format!("ropewalk-{number}")).spawn(move || {
                let mut thread = Thread::new(&inbox, None, threads);
                if let Err(error) = thread.run(Thread::is_closed) {
                    tracing::error!(%error, "a reactor thread cannot wait for events and ends");
                }
                thread.lose_all(&Reason::Shutdown);
            })
        })
        .collect()
    }

    fn listen_for_signals(&self) -> io::Result<Option<Signals>> {
        if !self.shared.settings.signals {
            return Ok(None);
        }
        let reactor = self.clone();
        let signals = Signals::watch(self, move || {
            if reactor.shared.lifecycle.begin_to_stop() {
                reactor.shut_down();
            } else {
                reactor.close_all(Duration::ZERO); // asked for again: at once
            }
        })?;
        Ok(Some(signals))
    }

    fn shut_down(&self) {
        let reactor = self.clone();
        self.spawn(async move {
            let shared = &reactor.shared;
            reactor.first().add(Item::Adopt(Box::new(Thread::close_listeners)));
            let before = shared.lifecycle.take(Phase::BeforeShutdown);
            all(before, reactor.clock(), shared.settings.shutdown).await;
            reactor.close_all(shared.settings.shutdown);
        });
    }

    fn close_all(&self, limit: Duration) {
        self.shared.lifecycle.close();
        self.shared.roll.say(Word::End);
        for inbox in &self.shared.inboxes {
            inbox.add(Item::Adopt(Box::new(move |thread| {
                thread.close_streams(thread.now() + limit);
            })));
        }
    }
}

impl Reactor for PollReactor {
    type Clock = ReactorClock;

    fn clock(&self) -> ReactorClock {
        ReactorClock { timers: self.shared.timers.clone() }
    }

    fn listen<F>(&self, listen: Listen, factory: F) -> Result<Port, ListenError>
    where
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        let inboxes = self.shared.inboxes.clone();
        let factories = inboxes.iter().map(|_| Mutex::new(factory.clone())).collect();
        let limits = Arc::clone(&listen.limits);
        let place = RoundRobin { inboxes, factories, limits, next: 0 };
        self.listen_with(&listen, place, |job| self.first().add(Item::Adopt(job)))
    }

    fn connect<P>(
        &self,
        connect: Connect,
        protocol: P,
    ) -> impl Future<Output = Result<Peer, ConnectError>> + Send + 'static
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let address = connect.address.clone();
        let open = !self.shared.lifecycle.is_closed();
        let begun = open.then(|| socket::connect(&connect)).transpose().map(|socket| {
            let socket = socket?;
            let (tell, hear) = oneshot::channel();
            self.next().add(Item::Adopt(Box::new(move |thread| {
                connect::adopt(thread, socket, connect, protocol, tell);
            })));
            Some(hear)
        });
        async move {
            match begun {
                Ok(None) => Err(ConnectError::Stopped { address }),
                Ok(Some(hear)) => hear.await.unwrap_or(Err(ConnectError::Stopped { address })),
                Err(source) => Err(ConnectError::Failed { address, source }),
            }
        }
    }

    fn attach<P>(&self, attach: Attach, protocol: P) -> io::Result<()>
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        crate::attach(self, attach, protocol)
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let inbox = Arc::clone(self.first());
        let schedule = move |runnable| inbox.add(Item::Run(runnable));
        let (runnable, task) = async_task::spawn(future, schedule);
        task.detach();
        runnable.schedule();
    }

    fn call_later(&self, delay: Duration, call: impl FnOnce() + Send + 'static) -> DelayedCall {
        self.shared.timers.call_later(delay, call)
    }

    fn call_when_running(&self, call: impl FnOnce() + Send + 'static) {
        self.first().add(Item::Call(Box::new(call)));
    }

    fn call_in_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        self.shared.pool.run(call)
    }

    fn add_trigger(&self, phase: Phase, job: impl Future<Output = ()> + Send + 'static) {
        self.shared.lifecycle.add(phase, Box::pin(job));
    }

    fn run(&self) {
        if !self.shared.lifecycle.begin() {
            tracing::error!("this reactor runs or has run already");
            return;
        }
        if self.shared.lifecycle.is_to_stop() {
            self.stop();
        }
        if let Err(error) = self.run_first() {
            tracing::error!(%error, "the reactor cannot go on");
        }
        self.shared.lifecycle.end();
    }

    fn stop(&self) {
        if self.shared.lifecycle.begin_to_stop() {
            self.shut_down();
        }
    }

    fn is_running(&self) -> bool {
        self.shared.lifecycle.is_running()
    }
}

/// What puts a listening socket on the first thread.
struct AdoptListener<T> {
    listening: Listening,
    options: Options,
    place: T,
    known: Arc<OnceLock<Token>>,
}

impl<T: Place + 'static> AdoptListener<T> {
    fn adopt(self, thread: &mut Thread) {
        let Self { listening, options, place, known } = self;
        let at = listening.address().clone();
        match Listener::adopt(thread, listening, options, place) {
            Ok(token) => {
                let _ = known.set(token);
            }
            Err(error) => tracing::error!(address = %at, %error, "cannot watch a listening socket"),
        }
    }
}

impl<T: Place + Send + 'static> From<AdoptListener<T>> for Box<dyn FnOnce(&mut Thread) + Send> {
    fn from(job: AdoptListener<T>) -> Self {
        Box::new(move |thread| job.adopt(thread))
    }
}

impl<T: Place + 'static> From<AdoptListener<T>> for Box<dyn FnOnce(&mut Thread)> {
    fn from(job: AdoptListener<T>) -> Self {
        Box::new(move |thread| job.adopt(thread))
    }
}

/// How long those that were cut off may take to notice.
const CUT: Duration = Duration::from_secs(1);

impl std::fmt::Debug for PollReactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PollReactor").field("running", &self.is_running()).finish_non_exhaustive()
    }
}

//! The reactor on async-io and async-executor: a task a connection, beside any other future.

mod accept;
mod stream;
mod watching;

use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use async_executor::{Executor, Task};
use async_io::{Async, Timer, block_on};
use atomic_waker::AtomicWaker;

use ropewalk_protocol::{
    Attach, Connect, ConnectError, DelayedCall, Factory, Listen, ListenError, Peer, Phase, Port,
    Protocol, Reactor, Roll, Timers, Word,
};

use self::accept::Listener;
use crate::{
    Listening, ReactorClock, Settings, ThreadPool,
    run::{Lifecycle, all},
    signals::Signals,
    socket,
};

/// The reactor on async-io: every connection is a task.
///
/// It shares the process's one async-io poller with whatever else uses that, and its connections
/// run on the same executor as the futures given to [`spawn`](Reactor::spawn).
///
/// ```
/// use ropewalk_protocol::Reactor;
/// use ropewalk_reactor::{AsyncIoReactor, Settings};
///
/// let reactor = AsyncIoReactor::new(Settings { signals: false, ..Settings::default() });
/// let handle = reactor.clone();
/// reactor.call_when_running(move || handle.stop());
/// reactor.run();
/// ```
#[derive(Clone)]
pub struct AsyncIoReactor {
    shared: Arc<Shared>,
}

/// The task of a listener; taken out, and so dropped, when it is to stop.
type Accepting = Arc<Mutex<Option<Task<()>>>>;

struct Shared {
    settings: Settings,
    executor: Arc<Executor<'static>>,
    timers: Timers,
    alarm: Arc<AtomicWaker>,
    pool: ThreadPool,
    lifecycle: Lifecycle,
    roll: Roll,
    /// Held to add a listener or take all of them.
    listeners: Mutex<Vec<Accepting>>,
    over: Over,
}

impl AsyncIoReactor {
    /// A reactor that does not run yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let alarm = Arc::new(AtomicWaker::new());
        let waker = Arc::clone(&alarm);
        let shared = Shared {
            executor: Arc::new(Executor::new()),
            timers: Timers::new(Instant::now, move || waker.wake()),
            alarm,
            pool: ThreadPool::between(settings.idle_workers, settings.workers),
            lifecycle: Lifecycle::default(),
            roll: Roll::default(),
            listeners: Mutex::default(),
            over: Over::default(),
            settings,
        };
        Self { shared: Arc::new(shared) }
    }

    fn run_here(&self) -> io::Result<()> {
        let shared = &*self.shared;
        let _signals = self.listen_for_signals()?;
        let calls = DelayedCalls {
            timers: shared.timers.clone(),
            changed: Arc::clone(&shared.alarm),
            timer: Timer::never(),
        };
        let calls = shared.executor.spawn(calls);
        for job in shared.lifecycle.take(Phase::Startup) {
            self.spawn(job);
        }
        let others = self.start_others()?;
        block_on(shared.executor.run(shared.over.clone()));
        for other in others {
            if other.join().is_err() {
                tracing::error!("a reactor thread panicked");
            }
        }
        drop(calls);
        Ok(())
    }

    fn start_others(&self) -> io::Result<Vec<JoinHandle<()>>> {
        (1..self.shared.settings.threads.max(1))
            .map(|number| {
                let shared = Arc::clone(&self.shared);
                std::thread::Builder::new()
                    .name(format!("ropewalk-{number}"))
                    .spawn(move || block_on(shared.executor.run(shared.over.clone())))
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
                reactor.shared.over.set(); // asked for again: at once
            }
        })?;
        Ok(Some(signals))
    }

    fn shut_down(&self) {
        let reactor = self.clone();
        self.spawn(async move {
            let (shared, limit) = (&reactor.shared, reactor.shared.settings.shutdown);
            reactor.close_listeners();
            let before = shared.lifecycle.take(Phase::BeforeShutdown);
            all(before, reactor.clock(), limit).await;
            shared.lifecycle.close();
            shared.roll.say(Word::End);
            if !emptied(&shared.roll, limit).await {
                shared.roll.say(Word::Cut);
                emptied(&shared.roll, limit).await; // each ends when it is polled
            }
            all(shared.lifecycle.take(Phase::AfterShutdown), reactor.clock(), limit).await;
            shared.over.set();
        });
    }

    fn close_listeners(&self) {
        let listeners = std::mem::take(&mut *lock(&self.shared.listeners));
        for listener in listeners {
            drop(lock(&listener).take());
        }
    }
}

impl Reactor for AsyncIoReactor {
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
        let failed = |source| ListenError { address: listen.address.clone(), source };
        let listening = Listening::new(&listen).map_err(failed)?;
        let socket = Async::new_nonblocking(Arc::clone(&listening.socket)).map_err(failed)?;
        let task = Accepting::default();
        let stops = Arc::clone(&task);
        let port = listening.port(move || drop(lock(&stops).take()));
        let listener = Listener {
            socket,
            listening,
            listen,
            factory,
            roll: self.shared.roll.clone(),
            executor: Arc::clone(&self.shared.executor),
        };
        *lock(&task) = Some(self.shared.executor.spawn(listener.serve()));
        lock(&self.shared.listeners).push(task);
        Ok(port)
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
        let (executor, roll) = (&self.shared.executor, self.shared.roll.clone());
        let open = !self.shared.lifecycle.is_closed();
        let begun = open
            .then(|| socket::connect(&connect))
            .transpose()
            .map(|socket| Some(accept::connect(executor, roll, socket?, connect, protocol)));
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
        let guarded = crate::run::Guarded::new("a future", future);
        self.shared.executor.spawn(guarded).detach();
    }

    fn call_later(&self, delay: Duration, call: impl FnOnce() + Send + 'static) -> DelayedCall {
        self.shared.timers.call_later(delay, call)
    }

    fn call_when_running(&self, call: impl FnOnce() + Send + 'static) {
        self.spawn(async move { call() });
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
        if let Err(error) = self.run_here() {
            tracing::error!(%error, "the reactor cannot go on");
        }
        self.close_listeners();
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

/// Waits until nobody is on the roll, but no longer than `limit`; whether it is so.
async fn emptied(roll: &Roll, limit: Duration) -> bool {
    let closed = async {
        poll_fn(|cx| roll.poll_empty(cx)).await;
        true
    };
    let late = async {
        Timer::after(limit).await;
        false
    };
    futures_lite::future::or(closed, late).await
}

/// Makes the delayed calls; one task for all of them.
struct DelayedCalls {
    timers: Timers,
    changed: Arc<AtomicWaker>,
    timer: Timer,
}

impl Future for DelayedCalls {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.changed.register(cx.waker());
        loop {
            while let Some(call) = self.timers.due(Instant::now()) {
                crate::run::guard("a delayed call", call);
            }
            match self.timers.next() {
                Some(at) => self.timer.set_at(at),
                None => return Poll::Pending,
            }
            if Pin::new(&mut self.timer).poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// Ends the reactor's threads, however many wait for it.
#[derive(Clone, Default)]
struct Over {
    state: Arc<Mutex<(bool, Vec<Waker>)>>,
}

impl Over {
    fn set(&self) {
        let wakers = {
            let mut state = lock(&self.state);
            state.0 = true;
            std::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Future for Over {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.0 {
            return Poll::Ready(());
        }
        if !state.1.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.1.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Values are only moved under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for AsyncIoReactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsyncIoReactor")
            .field("running", &self.is_running())
            .finish_non_exhaustive()
    }
}

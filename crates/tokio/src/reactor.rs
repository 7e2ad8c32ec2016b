//! The reactor itself.

use std::{
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock, PoisonError},
    time::Duration,
};

use ropewalk_protocol::{
    Attach, Connect, ConnectError, DelayedCall, Factory, Listen, ListenError, Peer, Phase, Port,
    Protocol, Reactor,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::AbortHandle,
};

use crate::{
    Options, TokioClock,
    accept::Accepting,
    dial::{Attempt, dial},
    inner::{Inner, Stage},
    socket::Listener,
};

/// A [`Reactor`] on a tokio runtime.
///
/// ```
/// use ropewalk_protocol::Reactor;
/// use ropewalk_tokio::TokioReactor;
///
/// let reactor = TokioReactor::new()?;
/// let stops = reactor.clone();
/// reactor.call_when_running(move || stops.stop());
/// reactor.run();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct TokioReactor {
    pub(crate) inner: Arc<Inner>,
}

impl TokioReactor {
    /// A reactor with a runtime of its own, of one thread: the one that calls
    /// [`run`](Reactor::run).
    ///
    /// # Errors
    /// When the system gives the runtime no poller.
    pub fn new() -> io::Result<Self> {
        Self::with(Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// When the system gives the runtime no poller.
    pub fn with(options: Options) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { inner: Inner::new(runtime.handle().clone(), Some(runtime), options) })
    }

    /// A reactor on a runtime that exists, with its drivers for I/O and time enabled. Run it from
    /// outside the runtime, or await [`main`](Self::main) inside.
    #[must_use]
    pub fn on(handle: Handle, options: Options) -> Self {
        Self { inner: Inner::new(handle, None, options) }
    }

    /// What [`run`](Reactor::run) does, as a future for a runtime that exists. Dropping it leaves
    /// the connections running.
    pub fn main(&self) -> impl Future<Output = ()> + Send + 'static {
        Arc::clone(&self.inner).main()
    }
}

impl Reactor for TokioReactor {
    type Clock = TokioClock;

    fn clock(&self) -> TokioClock {
        TokioClock
    }

    fn listen<F>(&self, listen: Listen, factory: F) -> Result<Port, ListenError>
    where
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        let entered = self.inner.handle.enter();
        let listener = match Listener::bind(&listen) {
            Ok(listener) => listener,
            Err(source) => return Err(ListenError { address: listen.address, source }),
        };
        drop(entered);
        let running: Arc<OnceLock<AbortHandle>> = Arc::default();
        let stops = Arc::clone(&running);
        let port = listener.listening.port(move || {
            if let Some(task) = stops.get() {
                task.abort();
            }
        });
        let accepting = Accepting {
            inner: Arc::clone(&self.inner),
            address: listener.listening.address().clone(),
            listener,
            factory,
            nodelay: listen.nodelay,
            keepalive: listen.keepalive,
            limits: listen.limits,
        };
        let task = self.inner.handle.spawn(accepting.run()).abort_handle();
        running.get_or_init(|| task.clone());
        self.inner.add_listener(task);
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
        let task = self.inner.handle.spawn(dial(Arc::clone(&self.inner), connect, protocol));
        Attempt { task, address }.ended()
    }

    fn attach<P>(&self, attach: Attach, protocol: P) -> io::Result<()>
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        ropewalk_reactor::attach(self, attach, protocol)
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        if self.inner.stage() > Stage::New {
            self.inner.handle.spawn(future);
            return;
        }
        // A runtime that others share runs already, but this reactor does not.
        let started = self.inner.started();
        self.inner.handle.spawn(async move {
            if started.await {
                future.await;
            }
        });
    }

    fn call_later(&self, delay: Duration, call: impl FnOnce() + Send + 'static) -> DelayedCall {
        self.inner.timers.call_later(delay, call)
    }

    fn call_when_running(&self, call: impl FnOnce() + Send + 'static) {
        self.inner.call(Box::new(call));
    }

    fn call_in_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (tell, asks) = oneshot::channel();
        let (inner, pool) = (Arc::clone(&self.inner), Arc::clone(&self.inner.pool));
        self.inner.handle.spawn(async move {
            // The pool is never closed.
            let Ok(permit) = pool.acquire_owned().await else { return };
            inner.handle.spawn_blocking(move || {
                if let Ok(result) = catch_unwind(AssertUnwindSafe(call)) {
                    // Nobody may be waiting any more.
                    let _ = tell.send(result);
                }
                drop(permit);
            });
        });
        async move { asks.await.ok() }
    }

    fn add_trigger(&self, phase: Phase, job: impl Future<Output = ()> + Send + 'static) {
        self.inner.add_trigger(phase, Box::pin(job));
    }

    fn run(&self) {
        let runtime = self.inner.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.block_on(self.main());
            runtime.shutdown_background();
        } else if !self.inner.has_begun() {
            self.inner.handle.block_on(self.main());
        }
    }

    fn stop(&self) {
        self.inner.go_to(Stage::Stopping);
    }

    fn is_running(&self) -> bool {
        (Stage::Running..Stage::Stopped).contains(&self.inner.stage())
    }
}

impl std::fmt::Debug for TokioReactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokioReactor").field("stage", &self.inner.stage()).finish_non_exhaustive()
    }
}

//! What every reactor offers: one interface, several implementations.

use std::{future::Future, io, net::SocketAddr, os::fd::OwnedFd, sync::Arc, time::Duration};

use thiserror::Error;

use ropewalk_clock::Clock;

use crate::{Address, Attach, DelayedCall, Factory, Limits, Peer, Port, Protocol};

/// Runs protocols on real (or simulated) connections, and calls things at their time.
///
/// Clones are handles to the same reactor; they may be used from any thread.
///
/// ```
/// use ropewalk_protocol::{Address, Factory, Listen, ListenError, Protocol, Reactor, factory};
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::Context;
/// # #[derive(Clone)] struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// fn serve(reactor: &impl Reactor) -> Result<(), ListenError> {
///     let address = Address::Tcp(([127, 0, 0, 1], 0).into());
///     let port = reactor.listen(Listen::new(address), factory(|_| Some(Echo)))?;
///     println!("listening on {}", port.address());
///     reactor.run();
///     Ok(())
/// }
/// ```
pub trait Reactor: Clone + Send + Sync + 'static {
    /// The reactor's clock.
    type Clock: Clock;

    /// The reactor's clock.
    fn clock(&self) -> Self::Clock;

    /// Listens, and gives each connection a protocol from `factory`. It is listening when this
    /// returns; connections are served once the reactor runs.
    ///
    /// # Errors
    /// [`ListenError`] says where and what the system answered.
    fn listen<F>(&self, listen: Listen, factory: F) -> Result<Port, ListenError>
    where
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static;

    /// Connects, and gives the connection `protocol`. The attempt begins at once; dropping the
    /// future before it ends gives it up.
    fn connect<P>(
        &self,
        connect: Connect,
        protocol: P,
    ) -> impl Future<Output = Result<Peer, ConnectError>> + Send + 'static
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static;

    /// Gives descriptors that exist already `protocol`: a connected socket, the two ends of pipes,
    /// standard input and output, a serial line. It begins once the reactor runs.
    ///
    /// # Errors
    /// What the system answered when the descriptors are not of that kind;
    /// [`Unsupported`](io::ErrorKind::Unsupported) where a reactor has no descriptors.
    fn attach<P>(&self, attach: Attach, protocol: P) -> io::Result<()>
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static;

    /// Runs a future on the reactor.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static);

    /// Calls `call` on the reactor after `delay`.
    fn call_later(&self, delay: Duration, call: impl FnOnce() + Send + 'static) -> DelayedCall;

    /// Calls `call` on the reactor as soon as it runs: the way in from other threads.
    fn call_when_running(&self, call: impl FnOnce() + Send + 'static);

    /// Calls `call` on a bounded pool of threads made for work that blocks, and gives its result.
    /// Dropping the future does not stop the call. A call that panics gives `None`.
    fn call_in_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static;

    /// Does something when the reactor starts or stops.
    fn add_trigger(&self, phase: Phase, job: impl Future<Output = ()> + Send + 'static);

    /// Runs until [`stop`](Self::stop) is called, or a SIGINT or SIGTERM arrives where the reactor
    /// listens for them. A reactor runs once.
    fn run(&self);

    /// Stops: accepts nothing more, runs the triggers, lets connections flush for as long as the
    /// reactor's shutdown limit says, and makes [`run`](Self::run) return. Before the start it is
    /// remembered: `run` then starts, stops, and returns.
    fn stop(&self);

    /// Whether it runs.
    fn is_running(&self) -> bool;
}

/// When a trigger runs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Phase {
    /// When the reactor starts to run.
    Startup,
    /// When it stops, while connections still work; the shutdown waits for it.
    BeforeShutdown,
    /// When connections have been closed; the shutdown waits for it.
    AfterShutdown,
}

/// Where and how to listen.
///
/// ```
/// use ropewalk_protocol::{Address, Listen};
///
/// let mut listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 6667).into()));
/// listen.backlog = 4096;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listen {
    /// Where.
    pub address: Address,
    /// A socket that listens already, from systemd or a predecessor: a duplicate of it is used, and
    /// `address`, `backlog`, `reuse_port`, `mode` and `lock` do not matter.
    pub socket: Option<Arc<OwnedFd>>,
    /// The permissions of a UNIX socket's file, such as `0o660`, set before anybody can connect.
    /// Without it they are what the process's umask leaves.
    pub mode: Option<u32>,
    /// For a UNIX socket: hold the lock file `PATH.lock` while it listens, so that no other server
    /// takes the path away meanwhile. The file stays there.
    pub lock: bool,
    /// Connections that the system holds before they are accepted.
    pub backlog: u32,
    /// Lets other sockets listen on the same port (`SO_REUSEPORT`).
    pub reuse_port: bool,
    /// For each connection: send small writes at once (`TCP_NODELAY`).
    pub nodelay: bool,
    /// For each connection: after how long a silence to probe whether the peer is there.
    pub keepalive: Option<Duration>,
    /// For each connection.
    pub limits: Arc<Limits>,
}

impl Listen {
    /// There, with the defaults: a backlog of 1,024, no delay, no keepalive.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            socket: None,
            mode: None,
            lock: false,
            backlog: 1024,
            reuse_port: false,
            nodelay: true,
            keepalive: None,
            limits: Arc::default(),
        }
    }
}

/// Where and how to connect to.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_protocol::{Address, Connect};
///
/// let mut connect = Connect::new(Address::Tcp(([127, 0, 0, 1], 6667).into()));
/// connect.timeout = Duration::from_secs(5);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connect {
    /// Where to.
    pub address: Address,
    /// The address of this end, where it matters.
    pub bind: Option<SocketAddr>,
    /// How long it may take.
    pub timeout: Duration,
    /// Send small writes at once (`TCP_NODELAY`).
    pub nodelay: bool,
    /// After how long a silence to probe whether the peer is there.
    pub keepalive: Option<Duration>,
    /// For the connection.
    pub limits: Arc<Limits>,
}

impl Connect {
    /// There, with the defaults: 30 seconds, no delay, no keepalive.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            bind: None,
            timeout: Duration::from_secs(30),
            nodelay: true,
            keepalive: None,
            limits: Arc::default(),
        }
    }
}

/// Listening did not work.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// Where.
    pub address: Address,
    /// What the system answered.
    pub source: io::Error,
}

/// Connecting did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The system's answer.
    #[error("cannot connect to {}: {source}", address.client())]
    Failed {
        /// Where to.
        address: Address,
        /// What the system answered.
        source: io::Error,
    },
    /// It took longer than [`Connect::timeout`].
    #[error("cannot connect to {}: no answer within {timeout:?}", address.client())]
    TimedOut {
        /// Where to.
        address: Address,
        /// The limit.
        timeout: Duration,
    },
    /// The reactor has stopped.
    #[error("cannot connect to {}: the reactor has stopped", address.client())]
    Stopped {
        /// Where to.
        address: Address,
    },
}

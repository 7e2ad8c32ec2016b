//! A client that connects again.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use ropewalk_clock::Clock;
use ropewalk_endpoints::{ClientEndpoint, DialError};
use ropewalk_protocol::{Mailbox, Protocol, Reactor};
use ropewalk_task::{Backoff, Delays};
use thiserror::Error;

use crate::{
    Service, ServiceError, Stopping,
    background::{Background, Told},
    tracked::Tracked,
};

/// Keeps a connection to an endpoint while it runs: connects, and connects again when that failed
/// or the connection was lost, after a [`Backoff`] that begins anew with each connection.
///
/// Stopping gives an attempt up, or ends the connection in good order and waits for its end.
///
/// ```
/// use ropewalk_endpoints::ClientEndpoint;
/// use ropewalk_protocol::Reactor;
/// use ropewalk_service::{NotConnected, ReconnectingClient, Service};
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Uplink;
/// # impl Protocol for Uplink {
/// #     type Message = String;
/// #     fn data_received(&mut self, _: &mut Context<'_, String>, input: &mut bytes::BytesMut) {
/// #         input.clear();
/// #     }
/// # }
///
/// async fn report<R: Reactor>(reactor: R, to: ClientEndpoint) -> Result<(), NotConnected> {
///     let mut client = ReconnectingClient::new(&reactor, to, || Uplink);
///     client.start().expect("a client always starts");
///     let uplink = client.handle().when_connected().await?;
///     let _ = uplink.post("hello".to_owned());
///     Ok(())
/// }
/// # let _ = report::<ropewalk_reactor::PollReactor>;
/// ```
pub struct ReconnectingClient<R, P: Protocol, F> {
    reactor: R,
    endpoint: ClientEndpoint,
    /// Locked to make one protocol.
    build: Arc<Mutex<F>>,
    backoff: Backoff,
    shared: Arc<Shared<P::Message>>,
    running: Option<Background>,
}

/// Locked to note a change or ask for one, never while anything is called.
struct Shared<M> {
    state: Mutex<State<M>>,
}

struct State<M> {
    running: bool,
    connected: Option<Mailbox<M>>,
    waiting: Vec<Waiting<M>>,
}

struct Waiting<M> {
    /// After how many failures from now on to give up.
    failures: Option<u32>,
    tell: oneshot::Sender<Result<Mailbox<M>, NotConnected>>,
}

/// Why there is no connection.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum NotConnected {
    /// The client does not run, or stopped meanwhile.
    #[error("the client does not run")]
    Stopped,
    /// As many attempts failed as whoever waits wanted to bear.
    #[error("{last}")]
    Failed {
        /// What became of the last one.
        last: Arc<DialError>,
    },
}

impl<R, P, F> ReconnectingClient<R, P, F>
where
    R: Reactor,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
    F: FnMut() -> P + Send + 'static,
{
    /// A client that does not run yet; `build` makes a protocol for each attempt.
    pub fn new(reactor: &R, endpoint: ClientEndpoint, build: F) -> Self {
        let state = State { running: false, connected: None, waiting: Vec::new() };
        Self {
            reactor: reactor.clone(),
            endpoint,
            build: Arc::new(Mutex::new(build)),
            backoff: Backoff::default(),
            shared: Arc::new(Shared { state: Mutex::new(state) }),
            running: None,
        }
    }

    /// The same with this policy.
    #[must_use]
    pub fn backing_off(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// What waits for a connection; it stays valid when the client moves into a tree.
    pub fn handle(&self) -> ClientHandle<P::Message> {
        ClientHandle { shared: Arc::clone(&self.shared) }
    }
}

/// Asks a [`ReconnectingClient`] for its connection.
pub struct ClientHandle<M> {
    shared: Arc<Shared<M>>,
}

impl<M> Clone for ClientHandle<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<M: Send + 'static> ClientHandle<M> {
    /// The mailbox of the connection: at once where there is one, else when there is, however often
    /// connecting fails before.
    pub fn when_connected(
        &self,
    ) -> impl Future<Output = Result<Mailbox<M>, NotConnected>> + Send + 'static + use<M> {
        self.wait(None)
    }

    /// The same, but no longer than until so many further attempts have failed.
    pub fn connected_within(
        &self,
        failures: u32,
    ) -> impl Future<Output = Result<Mailbox<M>, NotConnected>> + Send + 'static + use<M> {
        self.wait(Some(failures.max(1)))
    }

    fn wait(
        &self,
        failures: Option<u32>,
    ) -> impl Future<Output = Result<Mailbox<M>, NotConnected>> + Send + 'static + use<M> {
        let (tell, hear) = oneshot::channel();
        let mut state = self.shared.lock();
        let known = match &state.connected {
            Some(mailbox) => Some(Ok(mailbox.clone())),
            None if !state.running => Some(Err(NotConnected::Stopped)),
            None => None,
        };
        if known.is_none() {
            state.waiting.retain(|waiting| !waiting.tell.is_canceled());
            state.waiting.push(Waiting { failures, tell });
        }
        drop(state);
        async move {
            match known {
                Some(known) => known,
                None => hear.await.unwrap_or(Err(NotConnected::Stopped)),
            }
        }
    }
}

impl<M> Shared<M> {
    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connected(&self, mailbox: &Mailbox<M>) {
        let mut state = self.lock();
        state.connected = Some(mailbox.clone());
        for waiting in std::mem::take(&mut state.waiting) {
            let _ = waiting.tell.send(Ok(mailbox.clone())); // who waited may have gone
        }
    }

    fn failed(&self, last: &Arc<DialError>) {
        let mut state = self.lock();
        for waiting in &mut state.waiting {
            waiting.failures = waiting.failures.map(|failures| failures - 1);
        }
        let over = state.waiting.extract_if(.., |waiting| waiting.failures == Some(0));
        for waiting in over.collect::<Vec<_>>() {
            let _ = waiting.tell.send(Err(NotConnected::Failed { last: Arc::clone(last) }));
        }
    }

    fn stopped(&self) {
        let mut state = self.lock();
        (state.running, state.connected) = (false, None);
        for waiting in std::mem::take(&mut state.waiting) {
            let _ = waiting.tell.send(Err(NotConnected::Stopped));
        }
    }
}

/// Connects again and again, until it is told to stop.
struct Keeper<R, P: Protocol, F> {
    reactor: R,
    endpoint: ClientEndpoint,
    build: Arc<Mutex<F>>,
    delays: Delays,
    shared: Arc<Shared<P::Message>>,
}

impl<R, P, F> Keeper<R, P, F>
where
    R: Reactor,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
    F: FnMut() -> P + Send + 'static,
{
    async fn run(mut self, mut told: Told) {
        loop {
            match self.connect(&mut told).await {
                Some(Ok(())) => self.delays.reset(),
                Some(Err(error)) => self.failed(error),
                None => break,
            }
            let delay = self.delays.next_delay();
            let clock = self.reactor.clock();
            let sleep = pin!(clock.sleep_until(clock.now() + delay));
            if let Either::Left(_) = select(&mut told, sleep).await {
                break;
            }
        }
    }

    fn failed(&self, error: DialError) {
        tracing::warn!(failures = self.delays.failures() + 1, "{error}");
        self.shared.failed(&Arc::new(error));
    }

    /// Has a connection until that is lost; `None` when told to stop.
    async fn connect(&self, told: &mut Told) -> Option<Result<(), DialError>> {
        let protocol = (self.build.lock().unwrap_or_else(PoisonError::into_inner))();
        let (protocol, made, lost) = Tracked::new(protocol);
        let dialing = pin!(self.endpoint.connect(&self.reactor, protocol));
        let peer = match select(&mut *told, dialing).await {
            Either::Left(_) => return None,
            Either::Right((outcome, _)) => match outcome {
                Ok(peer) => peer,
                Err(error) => return Some(Err(error)),
            },
        };
        let Ok(mailbox) = made.await else { return Some(Ok(())) }; // lost already
        tracing::info!(peer = %peer.address, "connected");
        self.shared.connected(&mailbox);
        let mut lost: Pin<&mut _> = pin!(lost);
        let stopped = matches!(select(&mut *told, lost.as_mut()).await, Either::Left(_));
        if stopped {
            mailbox.shut_down();
            let _ = lost.await;
            return None;
        }
        self.shared.lock().connected = None;
        tracing::info!(peer = %peer.address, "the connection was lost");
        Some(Ok(()))
    }
}

impl<R, P, F> Service for ReconnectingClient<R, P, F>
where
    R: Reactor,
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
    F: FnMut() -> P + Send + 'static,
{
    fn start(&mut self) -> Result<(), ServiceError> {
        self.shared.lock().running = true;
        let keeper = Keeper::<R, P, F> {
            reactor: self.reactor.clone(),
            endpoint: self.endpoint.clone(),
            build: Arc::clone(&self.build),
            delays: Delays::new(self.backoff),
            shared: Arc::clone(&self.shared),
        };
        let shared = Arc::clone(&self.shared);
        let work = |told| async move {
            keeper.run(told).await;
            shared.stopped();
        };
        self.running = Some(Background::start(&self.reactor, work));
        Ok(())
    }

    fn stop(&mut self) -> Stopping<'_> {
        let running = self.running.take();
        Box::pin(async {
            if let Some(running) = running {
                running.stop().await;
            }
            self.shared.stopped();
        })
    }

    fn status(&self) -> Vec<String> {
        let connected = self.shared.lock().connected.is_some();
        let how = if connected { "connected to" } else { "connecting to" };
        vec![format!("{how} {}", self.endpoint)]
    }
}

impl<R, P: Protocol, F> std::fmt::Debug for ReconnectingClient<R, P, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReconnectingClient")
            .field("endpoint", &self.endpoint.to_string())
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

impl<M> std::fmt::Debug for ClientHandle<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let connected = self.shared.lock().connected.is_some();
        f.debug_struct("ClientHandle").field("connected", &connected).finish_non_exhaustive()
    }
}

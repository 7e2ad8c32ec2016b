//! A whole reactor in memory, with a network of its own and a clock that tests move.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use ropewalk_clock::{Clock, ManualClock};
use ropewalk_protocol::{
    Address, Attach, Connect, ConnectError, Connection, DelayedCall, Factory, Listen, ListenError,
    Peer, Phase, Port, Protocol, Reactor, Reason,
};

mod answer;
mod inner;
mod seat;
mod turn;

use crate::Client;

use answer::answer;
use inner::{Inner, PortEntry, Stage};
use seat::{Driven, Seat};

/// A [`Reactor`] whose connections are in memory and whose time is a [`ManualClock`].
///
/// A test lets it work with [`run_until_idle`](Self::run_until_idle) and
/// [`advance`](Self::advance), and then everything happens in an order that depends on nothing but
/// the test. [`run`](Reactor::run) does the same until someone calls `stop`, and moves the clock to
/// whatever is due next: no test waits.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Address, Connect, Context, Listen, Protocol, Reactor, factory};
/// use ropewalk_testkit::{Client, MemoryReactor};
///
/// #[derive(Clone)]
/// struct Echo;
/// impl Protocol for Echo {
///     type Message = ();
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         cx.send(input.split().freeze());
///     }
/// }
///
/// let reactor = MemoryReactor::new();
/// let address = Address::Tcp(([127, 0, 0, 1], 0).into());
/// let port = reactor.listen(Listen::new(address), factory(|_| Some(Echo))).unwrap();
/// let client = Client::new();
/// let connecting = reactor.connect(Connect::new(port.address().clone()), client.protocol());
/// reactor.run_until_idle();
/// client.write(b"hello");
/// reactor.run_until_idle();
/// assert_eq!(client.received(), b"hello");
/// # drop(connecting);
/// ```
#[derive(Clone)]
pub struct MemoryReactor {
    inner: Arc<Inner>,
}

/// How fast one end of a connection reads.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Pace {
    /// Everything at once.
    #[default]
    Full,
    /// That many bytes each millisecond.
    Bytes(usize),
    /// Nothing at all.
    Stopped,
}

impl MemoryReactor {
    /// A reactor with an empty network, whose clock stands.
    #[must_use]
    pub fn new() -> Self {
        Self { inner: Inner::new() }
    }

    /// Lets everything happen that can without time passing.
    pub fn run_until_idle(&self) {
        self.inner.run_until_idle();
    }

    /// Moves the clock, and lets everything happen that is due on the way, at its time.
    pub fn advance(&self, by: Duration) {
        let until = self.inner.clock.now() + by;
        self.inner.run_until_idle();
        while let Some(at) = self.inner.next_event().filter(|at| *at <= until) {
            self.inner.clock.advance_to(at);
            self.inner.run_until_idle();
        }
        self.inner.clock.advance_to(until);
        self.inner.run_until_idle();
    }

    /// A client that is connecting to `address`; it is connected once the reactor has worked. A
    /// refusal shows in what it is told: nothing.
    #[must_use]
    pub fn client(&self, address: &Address) -> Client {
        let client = Client::new();
        let connecting = self.connect(Connect::new(address.clone()), client.protocol());
        self.spawn(async move { drop(connecting.await) });
        client
    }

    /// From now on bytes, ends and connection attempts take this long.
    pub fn set_latency(&self, latency: Duration) {
        self.inner.lock().latency = latency;
    }

    /// Whether attempts to connect to `address` are neither answered nor refused.
    pub fn swallow(&self, address: &Address) {
        self.inner.lock().swallowed.insert(address.clone());
    }

    /// How fast the end of a connection whose own address is `local` reads.
    pub fn set_pace(&self, local: &Address, pace: Pace) {
        let mut state = self.inner.lock();
        let now = self.inner.clock.now();
        for end in state.ends.values_mut().filter(|end| end.peer.local == *local) {
            end.set_pace(pace, now);
        }
        drop(state);
        self.inner.run_until_idle();
    }

    /// Breaks the connections of which one end has the address `local`: both ends lose them.
    pub fn cut(&self, local: &Address) {
        let now = self.inner.clock.now();
        let mut state = self.inner.lock();
        let pairs = state.ends.iter().filter(|(_, end)| end.peer.local == *local);
        let ids: Vec<u64> = pairs.flat_map(|(id, end)| [*id, end.other]).collect();
        for id in ids {
            if let Some(end) = state.ends.get_mut(&id) {
                end.reset(now);
                self.inner.ready.add_end(id);
            }
        }
        drop(state);
        self.inner.run_until_idle();
    }

    /// Keeps calls of [`call_in_thread`](Reactor::call_in_thread) until
    /// [`release_threads`](Self::release_threads).
    pub fn hold_threads(&self) {
        self.inner.lock().threads_held = true;
    }

    /// Makes the calls that were held, and from now on all at once.
    pub fn release_threads(&self) {
        self.inner.lock().threads_held = false;
        self.inner.run_until_idle();
    }

    /// How many ends of connections there are.
    #[must_use]
    pub fn open_ends(&self) -> usize {
        self.inner.lock().ends.len()
    }

    fn attempt<P>(&self, connect: &Connect, protocol: P) -> Result<Peer, ConnectError>
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let address = &connect.address;
        let refused = |kind: io::ErrorKind| ConnectError::Failed {
            address: address.clone(),
            source: kind.into(),
        };
        let mut state = self.inner.lock();
        if state.stage > Stage::Running {
            return Err(ConnectError::Stopped { address: address.clone() });
        }
        let Some(entry) = state.ports.get_mut(address) else {
            return Err(refused(io::ErrorKind::ConnectionRefused));
        };
        // Taken while it builds, so that a factory may use the reactor.
        let Some(mut build) = entry.build.take() else {
            return Err(refused(io::ErrorKind::ConnectionRefused));
        };
        let local = match (address, connect.bind) {
            (Address::Tcp(_), Some(bind)) if bind.port() != 0 => Address::Tcp(bind),
            (Address::Tcp(_), _) => Address::Tcp(state.pick_port()),
            _ => Address::Unnamed,
        };
        drop(state);
        let client = Peer::new(address.clone(), local.clone());
        let server = Peer::new(local, address.clone());
        let built = catch_unwind(AssertUnwindSafe(|| build(server.clone())));
        let built = built.unwrap_or_else(|_| {
            tracing::error!(peer = %server.address, "a factory panicked");
            None
        });
        let limits = Arc::clone(&connect.limits);
        let seat = Seat::new(Connection::new(protocol, client.clone(), limits));
        let mut state = self.inner.lock();
        if let Some(entry) = state.ports.get_mut(address) {
            entry.build = Some(build);
        }
        self.inner.join(&mut state, (client.clone(), Box::new(seat)), (server, built));
        Ok(client)
    }
}

impl Default for MemoryReactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Reactor for MemoryReactor {
    type Clock = ManualClock;

    fn clock(&self) -> ManualClock {
        self.inner.clock.clone()
    }

    fn listen<F>(&self, listen: Listen, mut factory: F) -> Result<Port, ListenError>
    where
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        let limits = Arc::clone(&listen.limits);
        if listen.socket.is_some() {
            let source = io::Error::new(io::ErrorKind::Unsupported, NO_DESCRIPTORS);
            return Err(ListenError { address: listen.address, source });
        }
        let mut state = self.inner.lock();
        let address = match listen.address {
            Address::Tcp(at) if at.port() == 0 => {
                let picked = state.pick_port();
                Address::Tcp(SocketAddr::new(at.ip(), picked.port()))
            }
            address => address,
        };
        if state.ports.contains_key(&address) {
            return Err(ListenError { address, source: io::ErrorKind::AddrInUse.into() });
        }
        let build = move |peer: Peer| -> Option<Box<dyn Driven>> {
            let protocol = factory.build(&peer)?;
            Some(Box::new(Seat::new(Connection::new(protocol, peer, Arc::clone(&limits)))))
        };
        let id = state.next_id();
        let entry = PortEntry { id, build: Some(Box::new(build)) };
        state.ports.insert(address.clone(), entry);
        let (inner, closes) = (Arc::downgrade(&self.inner), address.clone());
        Ok(Port::new(address, move || {
            let Some(inner) = inner.upgrade() else { return };
            let mut state = inner.lock();
            if state.ports.get(&closes).is_some_and(|entry| entry.id == id) {
                let entry = state.ports.remove(&closes);
                drop(state);
                drop(entry); // outside the lock: a factory may own ports
            }
        }))
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
        let (teller, asker) = answer();
        let state = self.inner.lock();
        let lost = state.swallowed.contains(&connect.address) || state.latency > connect.timeout;
        let delay = if lost { connect.timeout } else { state.latency };
        drop(state);
        let reactor = self.clone();
        self.inner.timers.call_later(delay, move || {
            if teller.is_alone() {
                return;
            }
            if lost {
                let (address, timeout) = (connect.address, connect.timeout);
                teller.tell(Err(ConnectError::TimedOut { address, timeout }));
            } else {
                teller.tell(reactor.attempt(&connect, protocol));
            }
        });
        async move { asker.await.unwrap_or_else(|| unreachable!("the call tells always")) }
    }

    fn attach<P>(&self, _: Attach, _: P) -> io::Result<()>
    where
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        Err(io::Error::new(io::ErrorKind::Unsupported, NO_DESCRIPTORS))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.inner.spawn(Box::pin(future));
    }

    fn call_later(&self, delay: Duration, call: impl FnOnce() + Send + 'static) -> DelayedCall {
        self.inner.timers.call_later(delay, call)
    }

    fn call_when_running(&self, call: impl FnOnce() + Send + 'static) {
        self.inner.lock().calls.push_back(Box::new(call));
        self.inner.ready.notify();
    }

    fn call_in_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (teller, asker) = answer();
        let call = move || {
            if let Ok(result) = catch_unwind(AssertUnwindSafe(call)) {
                teller.tell(result);
            }
        };
        self.inner.lock().thread_calls.push_back(Box::new(call));
        self.inner.ready.notify();
        asker
    }

    fn add_trigger(&self, phase: Phase, job: impl Future<Output = ()> + Send + 'static) {
        self.inner.lock().triggers.push((phase, Box::pin(job)));
    }

    fn run(&self) {
        self.inner.run();
    }

    fn stop(&self) {
        let mut state = self.inner.lock();
        if state.stage <= Stage::Running {
            state.stage = Stage::Stopping;
        }
        drop(state);
        self.inner.ready.notify();
    }

    fn is_running(&self) -> bool {
        matches!(self.inner.lock().stage, Stage::Running | Stage::Stopping)
    }
}

impl std::fmt::Debug for MemoryReactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryReactor")
            .field("open_ends", &self.open_ends())
            .finish_non_exhaustive()
    }
}

/// What the end of a connection sees when the network fails.
fn broken() -> Reason {
    io::Error::from(io::ErrorKind::ConnectionReset).into()
}

const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const NO_DESCRIPTORS: &str = "a reactor in memory has no descriptors";

//! Where a client connects to.

use std::{
    fmt,
    future::Future,
    net::{IpAddr, SocketAddr},
    path::Path,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use ropewalk_protocol::{Address, Connect, Limits, Peer, Protocol, Reactor};

use crate::{
    DialError, EndpointError, Layer, Resolver, Schemes, SystemResolver,
    dial::dial,
    options::{self, Escaped},
    schemes::Layers,
};

/// Where a client connects to, and how.
///
/// ```
/// use ropewalk_endpoints::ClientEndpoint;
///
/// let endpoint: ClientEndpoint = "tcp:host=chat.example:port=6667:timeout=5".parse()?;
/// assert_eq!(endpoint.to_string(), "tcp:chat.example:6667:timeout=5");
/// # Ok::<(), ropewalk_endpoints::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientEndpoint {
    plan: ClientPlan,
    layers: Layers,
}

/// Where a client connects to, without the layers over it: what a scheme for clients makes.
///
/// What is `None` is left to the reactor.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClientPlan {
    /// Where to.
    pub target: Target,
    /// How long it may take: looking up, connecting, and the handshakes of the layers together.
    pub timeout: Option<Duration>,
    /// The address of this end.
    pub bind: Option<IpAddr>,
    /// Whether small writes are sent at once.
    pub nodelay: Option<bool>,
    /// After how long a silence to probe whether the peer is there.
    pub keepalive: Option<Duration>,
}

/// Whom a client connects to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// A host, by name or address.
    Host {
        /// Its name or address.
        host: Arc<str>,
        /// The TCP port.
        port: u16,
        /// Which of its addresses will do.
        family: Family,
    },
    /// A UNIX socket.
    Unix(Arc<Path>),
}

/// Which of a name's addresses will do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Family {
    /// All of them.
    Either,
    /// Those of IPv6.
    V6,
}

impl ClientPlan {
    /// To there, and everything else as the reactor has it.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self { target, timeout: None, bind: None, nodelay: None, keepalive: None }
    }

    /// What to ask a reactor for, at this address.
    #[must_use]
    pub fn connect(&self, address: Address) -> Connect {
        let mut connect = Connect::new(address);
        connect.timeout = self.timeout.unwrap_or(connect.timeout);
        connect.bind = self.bind.map(|ip| SocketAddr::new(ip, 0));
        connect.nodelay = self.nodelay.unwrap_or(connect.nodelay);
        connect.keepalive = self.keepalive;
        connect
    }
}

impl ClientEndpoint {
    /// Where it connects to, without what is layered over it.
    #[must_use]
    pub fn plan(&self) -> &ClientPlan {
        &self.plan
    }

    /// The layers, that nearest to the wire first.
    #[must_use]
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.layers
    }

    /// Connects on `reactor`, with the default limits and the [`SystemResolver`].
    ///
    /// A host with several addresses is tried as RFC 8305 has it: IPv6 and IPv4 by turns, a further
    /// one every 250 milliseconds or as soon as one fails, and the first that connects is taken.
    /// The future ends when `protocol` was told of its connection; with layers such as TLS that is
    /// after their handshakes, and the [`Peer`] has what they found. Dropping the future gives it
    /// up.
    ///
    /// ```
    /// use ropewalk_endpoints::{ClientEndpoint, DialError};
    /// use ropewalk_protocol::Reactor;
    /// # use ropewalk_protocol::{Context, Protocol};
    /// # struct Greeter;
    /// # impl Protocol for Greeter {
    /// #     type Message = ();
    /// #     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
    /// #         input.clear();
    /// #     }
    /// # }
    ///
    /// async fn greet(reactor: &impl Reactor, to: &ClientEndpoint) -> Result<(), DialError> {
    ///     let peer = to.connect(reactor, Greeter).await?;
    ///     println!("connected to {}", peer.address);
    ///     Ok(())
    /// }
    /// ```
    pub fn connect<R, P>(
        &self,
        reactor: &R,
        protocol: P,
    ) -> impl Future<Output = Result<Peer, DialError>> + Send + 'static + use<R, P>
    where
        R: Reactor,
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let resolver = SystemResolver::new(reactor);
        self.connect_with(reactor, &resolver, Arc::default(), protocol)
    }

    /// The same, with a resolver and limits of one's own.
    pub fn connect_with<R, P>(
        &self,
        reactor: &R,
        resolver: &dyn Resolver,
        limits: Arc<Limits>,
        protocol: P,
    ) -> impl Future<Output = Result<Peer, DialError>> + Send + 'static + use<R, P>
    where
        R: Reactor,
        P: Protocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let host = self.plan.target.host();
        let prepare = |layer: &Arc<dyn Layer>| {
            let failed = |source| DialError::Prepare { endpoint: self.to_string(), source };
            layer.prepare(host).map_err(failed)
        };
        let filters: Result<Arc<[_]>, _> = self.layers.iter().map(prepare).collect();
        let answers = self.plan.target.addresses(resolver);
        dial(self.plan.clone(), filters, limits, answers, reactor.clone(), protocol)
    }

    pub(crate) fn new(plan: ClientPlan, layers: Layers) -> Self {
        Self { plan, layers }
    }
}

impl Target {
    fn host(&self) -> Option<&str> {
        match self {
            Self::Host { host, .. } => Some(host),
            Self::Unix(_) => None,
        }
    }
}

/// Equal where they print the same.
impl PartialEq for ClientEndpoint {
    fn eq(&self, other: &Self) -> bool {
        self.plan == other.plan && options::same(&self.layers, &other.layers)
    }
}

impl Eq for ClientEndpoint {}

/// Reads it by the schemes of this crate.
impl FromStr for ClientEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Schemes::clients().parse(text)
    }
}

/// The string that is read as this endpoint.
impl fmt::Display for ClientEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        options::write_layers(f, &self.layers)?;
        write!(f, "{}", self.plan)
    }
}

/// The string without what is layered over it.
impl fmt::Display for ClientPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Host { host, port, family } => {
                let scheme = if *family == Family::V6 { "tcp6" } else { "tcp" };
                write!(f, "{scheme}:{}:{port}", Escaped(host))?;
            }
            Target::Unix(path) => write!(f, "unix:{}", Escaped(&path.to_string_lossy()))?,
        }
        if let Some(timeout) = self.timeout {
            options::write_seconds(f, "timeout", timeout)?;
        }
        if let Some(ip) = self.bind {
            write!(f, ":bindAddress={}", Escaped(&ip.to_string()))?;
        }
        if let Some(nodelay) = self.nodelay {
            options::write_yes_or_no(f, "nodelay", nodelay)?;
        }
        if let Some(keepalive) = self.keepalive {
            options::write_seconds(f, "keepalive", keepalive)?;
        }
        Ok(())
    }
}

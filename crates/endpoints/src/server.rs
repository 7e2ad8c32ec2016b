//! Where a server listens.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use ropewalk_protocol::{Address, Factory, Limits, Listen, Protocol, Reactor};

use crate::{
    EndpointError, Layer, ListenFailure, Listening, Schemes, layered,
    options::{self, Escaped},
    schemes::Layers,
};

/// Where a server listens, and how.
///
/// ```
/// use ropewalk_endpoints::ServerEndpoint;
///
/// let endpoint: ServerEndpoint = "haproxy:unix:/run/a\\:b.sock".parse()?;
/// assert_eq!(endpoint.to_string(), "haproxy:unix:/run/a\\:b.sock");
/// # Ok::<(), ropewalk_endpoints::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerEndpoint {
    plan: ServerPlan,
    layers: Layers,
}

/// Where a server listens, without the layers over it: what a scheme for servers makes.
///
/// What is `None` is left to the reactor.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServerPlan {
    /// Where the sockets come from.
    pub place: Place,
    /// Connections that the system holds before they are accepted.
    pub backlog: Option<u32>,
    /// Whether other sockets may listen on the same port.
    pub reuse_port: Option<bool>,
    /// Whether small writes are sent at once.
    pub nodelay: Option<bool>,
    /// After how long a silence to probe whether the peer is there.
    pub keepalive: Option<Duration>,
    /// The permissions of a UNIX socket's file.
    pub mode: Option<u32>,
    /// Whether a lock file keeps others from a UNIX socket's path.
    pub lock: Option<bool>,
}

/// Where a server's sockets come from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// An address to bind; or a socket that was passed in and listens there already.
    Address(Address),
    /// A socket that systemd passed in, by its index from 0.
    Index(usize),
    /// A socket that systemd passed in, by its `FileDescriptorName`.
    Name(String),
    /// Standard input and output: one connection, which is there at once.
    Stdio,
}

impl ServerPlan {
    /// There, and everything else as the reactor has it.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self {
            place,
            backlog: None,
            reuse_port: None,
            nodelay: None,
            keepalive: None,
            mode: None,
            lock: None,
        }
    }

    /// What to ask a reactor for, at this address.
    #[must_use]
    pub fn listen(&self, address: Address) -> Listen {
        let mut listen = Listen::new(address);
        listen.backlog = self.backlog.unwrap_or(listen.backlog);
        listen.reuse_port = self.reuse_port.unwrap_or(listen.reuse_port);
        listen.nodelay = self.nodelay.unwrap_or(listen.nodelay);
        listen.keepalive = self.keepalive;
        listen.mode = self.mode;
        listen.lock = self.lock.unwrap_or(listen.lock);
        listen
    }
}

impl ServerEndpoint {
    /// Where it listens, without what is layered over it.
    #[must_use]
    pub fn plan(&self) -> &ServerPlan {
        &self.plan
    }

    /// The layers, that nearest to the wire first.
    #[must_use]
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.layers
    }

    /// Listens on `reactor`, with the default limits.
    ///
    /// # Errors
    /// A layer that cannot be prepared, a socket that was not passed in, and what
    /// [`Reactor::listen`] says.
    ///
    /// ```
    /// use ropewalk_endpoints::{ListenFailure, ServerEndpoint};
    /// use ropewalk_protocol::{Reactor, factory};
    /// # use ropewalk_protocol::{Context, Protocol};
    /// # struct Echo;
    /// # impl Protocol for Echo {
    /// #     type Message = ();
    /// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
    /// #         cx.send(input.split().freeze());
    /// #     }
    /// # }
    ///
    /// fn serve(reactor: &impl Reactor, endpoint: &ServerEndpoint) -> Result<(), ListenFailure> {
    ///     let listening = endpoint.listen(reactor, factory(|_| Some(Echo)))?;
    ///     println!("listening on {listening}");
    ///     Ok(())
    /// }
    /// ```
    pub fn listen<R, F>(&self, reactor: &R, factory: F) -> Result<Listening, ListenFailure>
    where
        R: Reactor,
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        self.listen_with(reactor, Arc::default(), factory)
    }

    /// The same, with `limits` for each connection.
    ///
    /// # Errors
    /// As [`listen`](Self::listen).
    pub fn listen_with<R, F>(
        &self,
        reactor: &R,
        limits: Arc<Limits>,
        factory: F,
    ) -> Result<Listening, ListenFailure>
    where
        R: Reactor,
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        let prepare = |layer: &Arc<dyn Layer>| {
            let failed = |source| ListenFailure::Layer { endpoint: self.to_string(), source };
            layer.prepare(None).map_err(failed)
        };
        let filters: Arc<[_]> = self.layers.iter().map(prepare).collect::<Result<_, _>>()?;
        let port = if filters.is_empty() {
            self.plan.open(reactor, limits, factory)?
        } else {
            let layered = layered::Layers::new(Arc::clone(&filters), factory);
            self.plan.open(reactor, limits, layered)?
        };
        Ok(Listening::new(self.plan.place.clone(), port, self.layers.clone(), filters))
    }

    pub(crate) fn new(plan: ServerPlan, layers: Layers) -> Self {
        Self { plan, layers }
    }
}

/// Equal where they print the same.
impl PartialEq for ServerEndpoint {
    fn eq(&self, other: &Self) -> bool {
        self.plan == other.plan && options::same(&self.layers, &other.layers)
    }
}

impl Eq for ServerEndpoint {}

/// Reads it by the schemes of this crate.
impl FromStr for ServerEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Schemes::servers().parse(text)
    }
}

/// The string that is read as this endpoint.
impl fmt::Display for ServerEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        options::write_layers(f, &self.layers)?;
        write!(f, "{}", self.plan)
    }
}

/// The string without what is layered over it.
impl fmt::Display for ServerPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Address(address) => write!(f, "{address}")?,
            Place::Index(index) => write!(f, "systemd:index={index}")?,
            Place::Name(name) => write!(f, "systemd:name={}", Escaped(name))?,
            Place::Stdio => f.write_str("stdio:")?,
        }
        if let Some(backlog) = self.backlog {
            write!(f, ":backlog={backlog}")?;
        }
        if let Some(mode) = self.mode {
            write!(f, ":mode={mode:o}")?;
        }
        if let Some(lock) = self.lock {
            options::write_yes_or_no(f, "lockfile", lock)?;
        }
        if let Some(reuse_port) = self.reuse_port {
            options::write_yes_or_no(f, "reuse_port", reuse_port)?;
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

//! Where a server listens.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    str::FromStr,
    time::Duration,
};

use ropewalk_protocol::{Address, Factory, Listen, ListenError, Port, Protocol, Reactor};

use crate::{
    EndpointError,
    arguments::{Arguments, Scheme, plan},
    options::{self, number},
};

/// Where a server listens, and how.
///
/// ```
/// use ropewalk_endpoints::ServerEndpoint;
///
/// let endpoint: ServerEndpoint = "unix:/run/a\\:b.sock".parse()?;
/// assert_eq!(endpoint.to_string(), "unix:/run/a\\:b.sock");
/// # Ok::<(), ropewalk_endpoints::EndpointError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerEndpoint {
    address: Address,
    backlog: Option<u32>,
    reuse_port: Option<bool>,
    nodelay: Option<bool>,
    keepalive: Option<Duration>,
}

impl ServerEndpoint {
    /// What to ask a reactor for; its limits, for one, can be changed before.
    #[must_use]
    pub fn plan(&self) -> Listen {
        let mut listen = Listen::new(self.address.clone());
        listen.backlog = self.backlog.unwrap_or(listen.backlog);
        listen.reuse_port = self.reuse_port.unwrap_or(listen.reuse_port);
        listen.nodelay = self.nodelay.unwrap_or(listen.nodelay);
        listen.keepalive = self.keepalive;
        listen
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Listens on `reactor`, with the default limits.
    ///
    /// # Errors
    /// See [`Reactor::listen`].
    ///
    /// ```
    /// use ropewalk_endpoints::ServerEndpoint;
    /// use ropewalk_protocol::{ListenError, Reactor, factory};
    /// # use ropewalk_protocol::{Context, Protocol};
    /// # struct Echo;
    /// # impl Protocol for Echo {
    /// #     type Message = ();
    /// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
    /// #         cx.send(input.split().freeze());
    /// #     }
    /// # }
    ///
    /// fn serve(reactor: &impl Reactor, endpoint: &ServerEndpoint) -> Result<(), ListenError> {
    ///     let port = endpoint.listen(reactor, factory(|_| Some(Echo)))?;
    ///     println!("listening on {}", port.address());
    ///     Ok(())
    /// }
    /// ```
    pub fn listen<R, F>(&self, reactor: &R, factory: F) -> Result<Port, ListenError>
    where
        R: Reactor,
        F: Factory + Clone + Send + 'static,
        F::Protocol: Send + 'static,
        <F::Protocol as Protocol>::Message: Send + 'static,
    {
        reactor.listen(self.plan(), factory)
    }
}

impl FromStr for ServerEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        plan(text, SCHEMES)
    }
}

/// The string that is read as this endpoint.
impl fmt::Display for ServerEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        if let Some(backlog) = self.backlog {
            write!(f, ":backlog={backlog}")?;
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

/// Every scheme there is; a new one is a new row.
const SCHEMES: &[Scheme<ServerEndpoint>] = &[
    Scheme {
        name: "tcp",
        places: &["port", "interface", "backlog"],
        options: &["reuse_port", "nodelay", "keepalive"],
        plan: tcp,
    },
    Scheme {
        name: "tcp6",
        places: &["port", "interface", "backlog"],
        options: &["reuse_port", "nodelay", "keepalive"],
        plan: tcp6,
    },
    Scheme { name: "unix", places: &["address"], options: &["backlog"], plan: unix },
];

fn tcp(arguments: &mut Arguments<'_>) -> Result<ServerEndpoint, EndpointError> {
    let interface = arguments.optional("interface", "an IP address", |value| value.parse().ok())?;
    stream(arguments, interface.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
}

fn tcp6(arguments: &mut Arguments<'_>) -> Result<ServerEndpoint, EndpointError> {
    let interface =
        arguments.optional("interface", "an IPv6 address", |value| value.parse().ok())?;
    stream(arguments, interface.unwrap_or(Ipv6Addr::UNSPECIFIED).into())
}

fn stream(
    arguments: &mut Arguments<'_>,
    interface: IpAddr,
) -> Result<ServerEndpoint, EndpointError> {
    let port = options::port(arguments)?;
    Ok(ServerEndpoint {
        address: SocketAddr::new(interface, port).into(),
        backlog: backlog(arguments)?,
        reuse_port: options::yes_or_no(arguments, "reuse_port")?,
        nodelay: options::yes_or_no(arguments, "nodelay")?,
        keepalive: options::seconds(arguments, "keepalive")?,
    })
}

fn unix(arguments: &mut Arguments<'_>) -> Result<ServerEndpoint, EndpointError> {
    let path = arguments.required("address", "a path", |value| {
        let usable = !value.is_empty() && !value.contains('\0');
        usable.then(|| Path::new(value).to_owned())
    })?;
    Ok(ServerEndpoint {
        address: Address::unix(path),
        backlog: backlog(arguments)?,
        reuse_port: None,
        nodelay: None,
        keepalive: None,
    })
}

fn backlog(arguments: &mut Arguments<'_>) -> Result<Option<u32>, EndpointError> {
    arguments.optional("backlog", "a number of connections, at least 1", |value| {
        number(value).filter(|backlog| *backlog > 0)
    })
}

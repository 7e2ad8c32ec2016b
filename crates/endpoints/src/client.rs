//! Where a client connects to.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    path::Path,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use ropewalk_protocol::{Address, Connect, ConnectError, Peer, Protocol, Reactor};
use thiserror::Error;

use crate::{
    EndpointError,
    arguments::{Arguments, Scheme, plan},
    options::{self, Escaped},
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
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClientEndpoint {
    target: Target,
    timeout: Option<Duration>,
    bind: Option<IpAddr>,
    nodelay: Option<bool>,
    keepalive: Option<Duration>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Target {
    Host { host: Arc<str>, port: u16, family: Family },
    Unix(Arc<Path>),
}

/// Which of a name's addresses will do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    /// IPv4 where the name has such an address.
    Either,
    V6,
}

/// Connecting to an endpoint did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DialError {
    /// The name could not be looked up.
    #[error("cannot look up {host}: {source}")]
    LookUp {
        /// The name.
        host: Arc<str>,
        /// What the system answered.
        source: io::Error,
    },
    /// The name has no address that the endpoint allows.
    #[error("{host} has no address that will do")]
    NoAddress {
        /// The name.
        host: Arc<str>,
    },
    /// There was no connection to the address.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl ClientEndpoint {
    /// Connects on `reactor`, with the default limits. A name is looked up on the reactor's pool of
    /// threads; of its addresses one is tried. Dropping the future gives it up.
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
        let (endpoint, reactor) = (self.clone(), reactor.clone());
        async move {
            let address = endpoint.target.address(&reactor).await?;
            Ok(reactor.connect(endpoint.plan(address), protocol).await?)
        }
    }

    /// What to ask a reactor for, once the address is known.
    #[must_use]
    pub fn plan(&self, address: Address) -> Connect {
        let mut connect = Connect::new(address);
        connect.timeout = self.timeout.unwrap_or(connect.timeout);
        connect.bind = self.bind.map(|ip| SocketAddr::new(ip, 0));
        connect.nodelay = self.nodelay.unwrap_or(connect.nodelay);
        connect.keepalive = self.keepalive;
        connect
    }
}

impl Target {
    async fn address<R: Reactor>(&self, reactor: &R) -> Result<Address, DialError> {
        let (host, port, family) = match self {
            Self::Unix(path) => return Ok(Address::Unix(path.clone())),
            Self::Host { host, port, family } => (host.clone(), *port, *family),
        };
        let found = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => look_up(reactor, host.clone(), port).await?,
        };
        let mut wanted = found.iter().filter(|it| it.is_ipv6() == (family == Family::V6));
        let other = if family == Family::Either { found.first() } else { None };
        let address = wanted.next().or(other);
        address.map(|address| (*address).into()).ok_or(DialError::NoAddress { host })
    }
}

async fn look_up<R: Reactor>(
    reactor: &R,
    host: Arc<str>,
    port: u16,
) -> Result<Vec<SocketAddr>, DialError> {
    let name = host.clone();
    let found = reactor.call_in_thread(move || (&*name, port).to_socket_addrs()).await;
    match found {
        Some(Ok(addresses)) => Ok(addresses.collect()),
        Some(Err(source)) => Err(DialError::LookUp { host, source }),
        None => Err(DialError::NoAddress { host }),
    }
}

impl FromStr for ClientEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        plan(text, SCHEMES)
    }
}

/// The string that is read as this endpoint.
impl fmt::Display for ClientEndpoint {
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

/// Every scheme there is; a new one is a new row.
const SCHEMES: &[Scheme<ClientEndpoint>] = &[
    Scheme { name: "tcp", places: &["host", "port"], options: TCP_OPTIONS, plan: tcp },
    Scheme { name: "tcp6", places: &["host", "port"], options: TCP_OPTIONS, plan: tcp6 },
    Scheme { name: "unix", places: &["path"], options: &["timeout"], plan: unix },
];

const TCP_OPTIONS: &[&str] = &["timeout", "bindAddress", "nodelay", "keepalive"];

fn tcp(arguments: &mut Arguments<'_>) -> Result<ClientEndpoint, EndpointError> {
    stream(arguments, Family::Either)
}

fn tcp6(arguments: &mut Arguments<'_>) -> Result<ClientEndpoint, EndpointError> {
    stream(arguments, Family::V6)
}

fn stream(arguments: &mut Arguments<'_>, family: Family) -> Result<ClientEndpoint, EndpointError> {
    let expected = match family {
        Family::Either => "a name or an address",
        Family::V6 => "a name or an IPv6 address",
    };
    let host = arguments.required("host", expected, |value| {
        let usable = !value.is_empty() && !value.contains(char::is_whitespace);
        let wrong = family == Family::V6 && value.parse::<Ipv4Addr>().is_ok();
        (usable && !wrong).then(|| value.into())
    })?;
    let port = arguments.required("port", "a number from 1 to 65535", |value| {
        options::number(value).filter(|port| *port > 0)
    })?;
    Ok(ClientEndpoint {
        target: Target::Host { host, port, family },
        timeout: options::seconds(arguments, "timeout")?,
        bind: arguments.optional("bindAddress", "an IP address", |value| value.parse().ok())?,
        nodelay: options::yes_or_no(arguments, "nodelay")?,
        keepalive: options::seconds(arguments, "keepalive")?,
    })
}

fn unix(arguments: &mut Arguments<'_>) -> Result<ClientEndpoint, EndpointError> {
    let path = arguments.required("path", "a path", |value| {
        let usable = !value.is_empty() && !value.contains('\0');
        usable.then(|| Path::new(value).into())
    })?;
    Ok(ClientEndpoint {
        target: Target::Unix(path),
        timeout: options::seconds(arguments, "timeout")?,
        bind: None,
        nodelay: None,
        keepalive: None,
    })
}

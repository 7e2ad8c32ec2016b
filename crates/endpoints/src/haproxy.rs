//! The prefix `haproxy:`: a PROXY header comes first, and says who the peer is.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_policies::Network;
use ropewalk_protocol::{Address, Filter, Malformed, Outbox, Reason, Wire};

use crate::{
    Arguments, EndpointError, Filters, Layer, LayerError, Prefix, ProxyHeader,
    options::{self, Escaped},
};

pub(crate) const PREFIX: Prefix = Prefix { name: "haproxy", options: &["from", "timeout"], layer };

/// How long a proxy may take to send its header, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `haproxy:` says.
#[derive(Clone, Debug)]
struct Haproxy {
    /// Who may say who the peer is; empty means everybody.
    from: Arc<[Network]>,
    timeout: Option<Duration>,
}

fn layer(arguments: &mut Arguments<'_>) -> Result<Arc<dyn Layer>, EndpointError> {
    let expected = "networks such as 192.0.2.0/24, with commas between them";
    let from = arguments.optional("from", expected, |value| {
        value.split(',').map(|network| network.parse().ok()).collect::<Option<Vec<Network>>>()
    })?;
    let timeout = options::seconds(arguments, "timeout")?;
    Ok(Arc::new(Haproxy { from: from.unwrap_or_default().into(), timeout }))
}

impl fmt::Display for Haproxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("haproxy")?;
        if !self.from.is_empty() {
            let from: Vec<_> = self.from.iter().map(ToString::to_string).collect();
            write!(f, ":from={}", Escaped(&from.join(",")))?;
        }
        match self.timeout {
            Some(timeout) => options::write_seconds(f, "timeout", timeout),
            None => Ok(()),
        }
    }
}

impl Layer for Haproxy {
    fn prepare(&self, _: Option<&str>) -> Result<Arc<dyn Filters>, LayerError> {
        Ok(Arc::new(self.clone()))
    }
}

impl Filters for Haproxy {
    fn filter(&self) -> Box<dyn Filter + Send> {
        let filter = ProxyFilter::new(self.timeout.unwrap_or(PATIENCE));
        Box::new(ProxyFilter { from: Arc::clone(&self.from), ..filter })
    }
}

/// Takes a PROXY header off the front of a connection, and amends the
/// [`Peer`](ropewalk_protocol::Peer) with what it says.
///
/// The protocol above is made only then, so that limits and bans see the true address. A connection
/// that begins otherwise is ended. Use it only where nobody but the proxy can connect, or name the
/// proxies: `haproxy:from=192.0.2.0/24:tcp:6667`.
///
/// ```
/// use std::time::Duration;
///
/// use ropewalk_endpoints::ProxyFilter;
/// use ropewalk_protocol::Filtered;
/// # use ropewalk_protocol::{Context, Protocol, factory};
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut bytes::BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// let filter = ProxyFilter::new(Duration::from_secs(5));
/// let protocol = Filtered::new(filter, factory(|peer| {
///     println!("connected: {}", peer.address);
///     Some(Echo)
/// }));
/// # let _ = protocol;
/// ```
#[derive(Debug)]
pub struct ProxyFilter {
    from: Arc<[Network]>,
    timeout: Duration,
    /// Until when the header is waited for; none once it has come.
    until: Option<Instant>,
}

impl ProxyFilter {
    /// A filter that waits so long for the header.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { from: Arc::default(), timeout, until: None }
    }

    fn trusts(&self, proxy: &Address) -> bool {
        self.from.is_empty()
            || proxy.ip().is_none_or(|ip| self.from.iter().any(|network| network.contains(ip)))
    }
}

fn failed(what: &str) -> Reason {
    Reason::Layer { layer: "haproxy", what: what.into() }
}

impl Filter for ProxyFilter {
    fn connection_made(&mut self, wire: &mut Wire<'_>) {
        let proxy = &wire.peer().address;
        if self.trusts(proxy) {
            self.until = Some(wire.now() + self.timeout);
        } else {
            let what = format!("{proxy} is none of the proxies that may connect");
            wire.fail(failed(&what));
        }
    }

    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        if self.until.is_some() {
            let Some((length, header)) = ProxyHeader::parse(input)? else { return Ok(()) };
            let _ = input.split_to(length);
            self.until = None;
            amend(wire, header);
            wire.open();
        }
        plain.unsplit(input.split());
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        wire.pass(plain);
    }

    fn deadline(&self) -> Option<Instant> {
        self.until
    }

    fn timed_out(&mut self, wire: &mut Wire<'_>) {
        let what = format!("no PROXY header came within {:?}", self.timeout);
        wire.fail(failed(&what));
    }
}

fn amend(wire: &mut Wire<'_>, header: ProxyHeader) {
    let peer = wire.amend();
    if let Some(addresses) = header.addresses {
        peer.proxy = Some(std::mem::replace(&mut peer.address, addresses.source));
        peer.local = addresses.destination;
    }
    if let Some(facts) = header.tls {
        peer.tls = Some(Arc::new(*facts));
    }
}

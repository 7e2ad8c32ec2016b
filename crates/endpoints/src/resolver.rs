//! Names into addresses.

use std::{
    io,
    net::{IpAddr, ToSocketAddrs},
    pin::Pin,
};

use futures_core::Stream;
use futures_util::stream;
use ropewalk_protocol::Reactor;

/// Looks up the addresses of a name.
///
/// ```
/// use std::net::{IpAddr, Ipv4Addr};
///
/// use futures_util::stream;
/// use ropewalk_endpoints::{Answers, Resolver};
///
/// /// Knows one name.
/// struct Here;
///
/// impl Resolver for Here {
///     fn resolve(&self, host: &str) -> Answers {
///         let found = match host {
///             "here.example" => Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]),
///             _ => Err(std::io::Error::other("no such name")),
///         };
///         Box::pin(stream::iter([found]))
///     }
/// }
/// ```
pub trait Resolver: Send + Sync {
    /// The addresses of `host`, best first, as they become known: a resolver that asks for IPv6 and
    /// IPv4 apart gives two answers, so that connecting can begin with the first (RFC 8305 section
    /// 3). Dropping the stream gives the look-up up.
    fn resolve(&self, host: &str) -> Answers;
}

/// What a [`Resolver`] found, answer by answer.
pub type Answers = Pin<Box<dyn Stream<Item = io::Result<Vec<IpAddr>>> + Send>>;

/// The system's resolver (`getaddrinfo`), on the reactor's pool of threads.
///
/// It follows the system's configuration (`/etc/hosts`, `nsswitch.conf`, `gai.conf`), and gives one
/// answer, sorted by the system (RFC 6724).
#[derive(Clone, Debug)]
pub struct SystemResolver<R> {
    reactor: R,
}

impl<R: Reactor> SystemResolver<R> {
    /// Asks on the threads of `reactor`.
    pub fn new(reactor: &R) -> Self {
        Self { reactor: reactor.clone() }
    }
}

impl<R: Reactor> Resolver for SystemResolver<R> {
    fn resolve(&self, host: &str) -> Answers {
        let host = host.to_owned();
        let look_up = move || {
            let found = (&*host, 0).to_socket_addrs()?;
            Ok(found.map(|address| address.ip()).collect())
        };
        let asked = self.reactor.call_in_thread(look_up);
        let answer = async move {
            asked.await.unwrap_or_else(|| Err(io::Error::other("the look-up panicked")))
        };
        Box::pin(stream::once(answer))
    }
}

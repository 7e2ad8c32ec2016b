//! A resolver in the process: asks name servers itself, on a tokio runtime.

use std::{io, net::IpAddr};

use futures_util::{StreamExt, stream::FuturesUnordered};
use hickory_resolver::{
    ResolverBuilder, TokioResolver,
    proto::rr::{RData, RecordType},
};
use ropewalk_endpoints::{Answers, Resolver};
use tokio::runtime::Handle;

/// Looks names up with hickory, for [`ClientEndpoint::connect_with`].
///
/// Unlike the system's resolver it needs no thread, keeps answers as long as they are valid, and
/// asks for IPv6 and IPv4 at the same time, so that connecting begins with the first answer (RFC
/// 8305 section 3). The queries run on a tokio runtime; who connects may be on any reactor.
///
/// [`ClientEndpoint::connect_with`]: ropewalk_endpoints::ClientEndpoint::connect_with
///
/// ```no_run
/// use ropewalk_endpoints::{ClientEndpoint, DialError};
/// use ropewalk_protocol::{Peer, Protocol, Reactor};
/// use ropewalk_tokio::HickoryResolver;
///
/// async fn connect<P>(
///     reactor: &impl Reactor,
///     resolver: &HickoryResolver,
///     to: &ClientEndpoint,
///     protocol: P,
/// ) -> Result<Peer, DialError>
/// where
///     P: Protocol + Send + 'static,
///     P::Message: Send + 'static,
/// {
///     to.connect_with(reactor, resolver, Default::default(), protocol).await
/// }
///
/// let runtime = tokio::runtime::Runtime::new()?;
/// let resolver = HickoryResolver::from_system(runtime.handle())?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct HickoryResolver {
    runtime: Handle,
    resolver: TokioResolver,
}

impl HickoryResolver {
    /// With the name servers of `/etc/resolv.conf`; asks on `runtime`.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn from_system(runtime: &Handle) -> io::Result<Self> {
        let resolver = TokioResolver::builder_tokio().and_then(ResolverBuilder::build);
        Ok(Self::new(runtime, resolver.map_err(io::Error::other)?))
    }

    /// With a resolver that is configured already.
    #[must_use]
    pub fn new(runtime: &Handle, resolver: TokioResolver) -> Self {
        Self { runtime: runtime.clone(), resolver }
    }
}

impl Resolver for HickoryResolver {
    fn resolve(&self, host: &str) -> Answers {
        let asked = [RecordType::AAAA, RecordType::A].map(|kind| {
            let (resolver, host) = (self.resolver.clone(), host.to_owned());
            let query = async move { resolver.lookup(host, kind).await };
            AbortOnDrop(self.runtime.spawn(query))
        });
        let asked: FuturesUnordered<_> = asked.into_iter().map(answer).collect();
        Box::pin(asked.boxed())
    }
}

async fn answer(
    mut asked: AbortOnDrop<
        Result<hickory_resolver::lookup::Lookup, impl std::error::Error + Send + Sync + 'static>,
    >,
) -> io::Result<Vec<IpAddr>> {
    let found = (&mut asked.0).await.map_err(io::Error::other)?.map_err(io::Error::other)?;
    let ips = found.answers().iter().filter_map(|record| match &record.data {
        RData::A(v4) => Some(IpAddr::V4(v4.0)),
        RData::AAAA(v6) => Some(IpAddr::V6(v6.0)),
        _ => None, // the names on the way
    });
    Ok(ips.collect())
}

/// A query that is given up when nobody waits for it any more.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl std::fmt::Debug for HickoryResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HickoryResolver").finish_non_exhaustive()
    }
}

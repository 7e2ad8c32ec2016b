//! What a TLS server is configured with.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    server::{NoServerSessionStorage, ServerSessionMemoryCache},
};

use crate::{
    ClientCertificates, Identity, Tls, TlsError,
    chooser::Chooser,
    filter::Start,
    session::HANDSHAKE_TIMEOUT,
    versions::{self, Versions},
};

/// A TLS server's configuration: certificates, and what is asked of clients. Makes the [`Tls`]
/// filter of each connection.
///
/// Clones share everything: [`reload`](Self::reload) on one is seen by all.
///
/// Defaults: TLS 1.2 and 1.3, no ALPN, no client certificates, sessions are resumed by tickets and
/// from a cache, a handshake has ten seconds. TLS 1.2 only with extended master secrets (RFC 7627),
/// without which channel bindings and resumption could not be trusted.
///
/// ```no_run
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Address, Context, Filtered, Listen, Protocol, Reactor, factory};
/// use ropewalk_reactor::{PollReactor, Settings};
/// use ropewalk_tls::{Identity, ServerTls};
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
/// let tls = ServerTls::builder().identity(Identity::directory("certs")).alpn(["irc"]).build()?;
/// let reactor = PollReactor::new(Settings::default())?;
/// let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 6697).into()));
/// let for_connections = tls.clone();
/// reactor.listen(
///     listen,
///     factory(move |_| Some(Filtered::new(for_connections.filter(), factory(|_| Some(Echo))))),
/// )?;
/// // On SIGHUP: `tls.reload()?`.
/// reactor.run();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerTls {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: ServerTlsBuilder,
    /// Held for as long as it takes to clone the `Arc`, once a connection; and to put another in
    /// its place.
    current: RwLock<Arc<Current>>,
}

/// What a connection begins with, and keeps until its end.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) chooser: Arc<Chooser>,
}

impl ServerTls {
    /// Begins with the defaults.
    #[must_use]
    pub fn builder() -> ServerTlsBuilder {
        ServerTlsBuilder::default()
    }

    /// The filter of one connection that is TLS from its first byte. The protocol above is made
    /// when the handshake is done.
    #[must_use]
    pub fn filter(&self) -> Tls {
        Tls::new(Start::Server(self.clone()))
    }

    /// The filter of one connection that is plain until the protocol above says
    /// [`start_tls`](ropewalk_protocol::Transport::start_tls).
    #[must_use]
    pub fn starttls(&self) -> Tls {
        Tls::plain(Start::Server(self.clone()))
    }

    /// Reads all files again. Handshakes that begin from now on use what is there; connections
    /// that stand go on undisturbed. Sessions from before are not resumed.
    ///
    /// It reads files as it goes: where they lie on a slow disk, call it
    /// [in a thread](ropewalk_protocol::Reactor::call_in_thread).
    ///
    /// # Errors
    /// As those of [`ServerTlsBuilder::build`]; then everything stays as it was.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(self.shared.settings.load()?);
        *self.shared.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<Current> {
        Arc::clone(&self.shared.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn handshake_timeout(&self) -> Duration {
        self.shared.settings.handshake_timeout
    }
}

/// Collects what a [`ServerTls`] is made of.
///
/// ```
/// use ropewalk_tls::{ClientCertificates, Identity, Roots, ServerTls, TlsError};
///
/// let wrong = ServerTls::builder()
///     .identity(Identity::files("nowhere.pem", "nowhere.key"))
///     .client_certificates(ClientCertificates::Required(Roots::file("clients-ca.pem")))
///     .build();
/// assert!(wrong.unwrap_err().to_string().starts_with("nowhere.pem: "));
/// ```
#[derive(Clone, Debug)]
pub struct ServerTlsBuilder {
    identities: Vec<Identity>,
    alpn: Vec<Vec<u8>>,
    clients: ClientCertificates,
    resumption: bool,
    versions: Versions,
    handshake_timeout: Duration,
}

impl Default for ServerTlsBuilder {
    fn default() -> Self {
        Self {
            identities: Vec::new(),
            alpn: Vec::new(),
            clients: ClientCertificates::None,
            resumption: true,
            versions: versions::ALL,
            handshake_timeout: HANDSHAKE_TIMEOUT,
        }
    }
}

impl ServerTlsBuilder {
    /// One more certificate, or a folder of them. The client's SNI chooses: the exact name in
    /// subjectAltName, then a wildcard for the first label, then the very first certificate.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// The protocols that are spoken here, in order of preference (ALPN, RFC 7301). A client that
    /// offers some, but none of these, is refused; one that offers none is not.
    #[must_use]
    pub fn alpn<T: AsRef<[u8]>>(mut self, protocols: impl IntoIterator<Item = T>) -> Self {
        self.alpn = protocols.into_iter().map(|name| name.as_ref().to_vec()).collect();
        self
    }

    /// What is asked of clients.
    #[must_use]
    pub fn client_certificates(mut self, clients: ClientCertificates) -> Self {
        self.clients = clients;
        self
    }

    /// Every handshake is a full one.
    #[must_use]
    pub fn without_resumption(mut self) -> Self {
        self.resumption = false;
        self
    }

    /// Refuses TLS 1.2.
    #[must_use]
    pub fn only_tls13(mut self) -> Self {
        self.versions = versions::ONLY_TLS13;
        self
    }

    /// How long a handshake may take.
    #[must_use]
    pub fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
    }

    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what is wrong with it.
    pub fn build(self) -> Result<ServerTls, TlsError> {
        let current = RwLock::new(Arc::new(self.load()?));
        Ok(ServerTls { shared: Arc::new(Shared { settings: self, current }) })
    }

    fn load(&self) -> Result<Current, TlsError> {
        let mut loaded = Vec::new();
        for identity in &self.identities {
            identity.load(&mut loaded)?;
        }
        let chooser = Arc::new(Chooser::new(loaded).ok_or(TlsError::NoIdentity)?);
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)?;
        let builder = match self.clients.verifier(&provider)? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::clone(&chooser) as _);
        config.alpn_protocols.clone_from(&self.alpn);
        config.require_ems = true;
        // A session remembers the client's certificate and ours: it must not outlive what it was
        // checked against, so each load has keys and a cache of its own.
        if self.resumption {
            config.ticketer = ring::Ticketer::new()?;
            config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Current { config: Arc::new(config), chooser })
    }
}

/// Sessions that are remembered for clients that take no tickets.
const SESSIONS: usize = 1024;

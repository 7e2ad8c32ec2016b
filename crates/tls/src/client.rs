//! What a TLS client is configured with.

use std::{sync::Arc, time::Duration};

use rustls::{
    ClientConfig,
    client::{Resumption, WebPkiServerVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::ServerName,
};

use crate::{
    Identity, Pin, Roots, Tls, TlsError,
    filter::Start,
    session::HANDSHAKE_TIMEOUT,
    verifier::Verifier,
    versions::{self, Versions},
};

/// A TLS client's configuration: whom it trusts, and what it shows. Makes the [`Tls`] filter of
/// each connection.
///
/// Defaults: the system's certificate authorities, TLS 1.2 and 1.3, no ALPN, no certificate of its
/// own, sessions are resumed, a handshake has ten seconds.
///
/// ```no_run
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Address, Connect, Context, Filtered, Protocol, Reactor, Reason};
/// use ropewalk_reactor::{PollReactor, Settings};
/// use ropewalk_tls::ClientTls;
///
/// struct Hello;
/// impl Protocol for Hello {
///     type Message = ();
///     fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///         cx.write(b"hello\r\n");
///     }
///     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
///         println!("{}", String::from_utf8_lossy(&input.split()));
///     }
///     fn connection_lost(&mut self, reason: &Reason) {
///         // tls: the server's certificate is for a.example, not for irc.example
///         eprintln!("{reason}");
///     }
/// }
///
/// let tls = ClientTls::builder().build()?;
/// let reactor = PollReactor::new(Settings::default())?;
/// let connect = Connect::new(Address::Tcp(([192, 0, 2, 1], 6697).into()));
/// let stack = Filtered::around(tls.filter("irc.example")?, Hello);
/// let connecting = reactor.connect(connect, stack);
/// reactor.spawn(async { drop(connecting.await) });
/// reactor.run();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientTls {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) handshake_timeout: Duration,
}

impl ClientTls {
    /// Begins with the defaults.
    #[must_use]
    pub fn builder() -> ClientTlsBuilder {
        ClientTlsBuilder::default()
    }

    /// The filter of one connection that is TLS from its first byte, to the server `name`: a host
    /// name, which is also asked for by SNI, or an IP address. The protocol above is made when the
    /// handshake is done. Where that fails, a protocol given to
    /// [`Filtered::around`](ropewalk_protocol::Filtered::around) hears the reason in
    /// `connection_lost`, and a factory in
    /// [`connection_failed`](ropewalk_protocol::Factory::connection_failed).
    ///
    /// # Errors
    /// [`TlsError::Name`].
    pub fn filter(&self, name: &str) -> Result<Tls, TlsError> {
        Ok(Tls::new(self.start(name)?))
    }

    /// The same for a connection that is plain until the protocol above says
    /// [`start_tls`](ropewalk_protocol::Transport::start_tls).
    ///
    /// # Errors
    /// [`TlsError::Name`].
    pub fn starttls(&self, name: &str) -> Result<Tls, TlsError> {
        Ok(Tls::plain(self.start(name)?))
    }

    fn start(&self, name: &str) -> Result<Start, TlsError> {
        let server = ServerName::try_from(name.to_owned())
            .map_err(|_| TlsError::Name { name: name.into() })?;
        Ok(Start::Client(self.clone(), server))
    }
}

/// Collects what a [`ClientTls`] is made of.
///
/// ```
/// use ropewalk_tls::{ClientTls, Pin};
///
/// // A server with a certificate of its own making, known by its key.
/// let pin: Pin = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".parse()?;
/// let tls = ClientTls::builder().pin(pin).alpn(["irc"]).build()?;
/// # let _ = tls;
/// # Ok::<(), ropewalk_tls::TlsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientTlsBuilder {
    roots: Option<Roots>,
    pins: Vec<Pin>,
    identity: Option<Identity>,
    alpn: Vec<Vec<u8>>,
    resumption: bool,
    versions: Versions,
    handshake_timeout: Duration,
}

impl Default for ClientTlsBuilder {
    fn default() -> Self {
        Self {
            roots: None,
            pins: Vec::new(),
            identity: None,
            alpn: Vec::new(),
            resumption: true,
            versions: versions::ALL,
            handshake_timeout: HANDSHAKE_TIMEOUT,
        }
    }
}

impl ClientTlsBuilder {
    /// The authorities to trust, instead of the system's.
    #[must_use]
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = Some(roots);
        self
    }

    /// A key that the server may have; call it again for another.
    ///
    /// With [`roots`](Self::roots) as well, both must hold. Without, a pinned key is all the proof
    /// that is wanted: who signed the certificate, its names and its dates do not matter.
    #[must_use]
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pins.push(pin);
        self
    }

    /// The certificate to show to a server that asks for one: the first of this identity.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// The protocols to offer, in order of preference (ALPN, RFC 7301). What the server chose, if
    /// it did, is in [`TlsFacts::alpn`](ropewalk_protocol::TlsFacts).
    #[must_use]
    pub fn alpn<T: AsRef<[u8]>>(mut self, protocols: impl IntoIterator<Item = T>) -> Self {
        self.alpn = protocols.into_iter().map(|name| name.as_ref().to_vec()).collect();
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
    pub fn build(self) -> Result<ClientTls, TlsError> {
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let roots = match self.roots {
            Some(roots) => Some(roots.load()?),
            None if self.pins.is_empty() => Some(Roots::platform().load()?),
            None => None,
        };
        let by_roots = roots.map(|roots| {
            let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
            builder.build().map_err(|error| rustls::Error::General(error.to_string()))
        });
        let algorithms = provider.signature_verification_algorithms;
        let verifier = Verifier::new(by_roots.transpose()?, self.pins, algorithms);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.versions)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let mut loaded = Vec::new();
                identity.load(&mut loaded)?;
                let own = loaded.into_iter().next().ok_or(TlsError::NoIdentity)?;
                let own = rustls::sign::SingleCertAndKey::from(own.key);
                builder.with_client_cert_resolver(Arc::new(own))
            }
        };
        config.alpn_protocols = self.alpn;
        config.require_ems = true;
        if !self.resumption {
            config.resumption = Resumption::disabled();
        }
        let handshake_timeout = self.handshake_timeout;
        Ok(ClientTls { config: Arc::new(config), handshake_timeout })
    }
}

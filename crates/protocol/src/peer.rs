//! Who is at the other end, as far as the layers below know.

use std::sync::Arc;

use bytes::Bytes;

use crate::Address;

/// The two ends of a connection, and what the layers below found out about the other one.
///
/// A filter may amend it: TLS adds its facts, a PROXY header the true addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Peer {
    /// The other end.
    pub address: Address,
    /// This end.
    pub local: Address,
    /// The other end as the socket has it, where `address` was amended by a proxy's header.
    pub proxy: Option<Address>,
    /// Facts about TLS, once its handshake is done.
    pub tls: Option<Arc<TlsFacts>>,
}

impl Peer {
    /// A peer at `address`, seen from `local`.
    ///
    /// ```
    /// use ropewalk_protocol::{Address, Peer};
    ///
    /// let peer = Peer::new(Address::Tcp(([192, 0, 2, 7], 40_000).into()), Address::Unnamed);
    /// assert!(peer.tls.is_none());
    /// ```
    #[must_use]
    pub fn new(address: Address, local: Address) -> Self {
        Self { address, local, proxy: None, tls: None }
    }

    /// A peer without a name, as streams in memory have.
    #[must_use]
    pub fn unnamed() -> Self {
        Self::new(Address::Unnamed, Address::Unnamed)
    }
}

/// What a TLS handshake settled.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TlsFacts {
    /// The version, such as `TLSv1.3`.
    pub version: String,
    /// The cipher suite's standard name.
    pub cipher: String,
    /// The protocol chosen by ALPN.
    pub alpn: Option<Bytes>,
    /// The name that the client asked for (SNI).
    pub server_name: Option<String>,
    /// The certificates that the peer showed, its own first, in DER.
    pub certificates: Vec<Bytes>,
    /// The channel binding `tls-exporter` (RFC 9266).
    pub exporter: Option<[u8; 32]>,
    /// The channel binding `tls-server-end-point` (RFC 5929).
    pub server_end_point: Option<Bytes>,
}

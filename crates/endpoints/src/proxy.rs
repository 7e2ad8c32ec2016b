//! The header of the PROXY protocol, versions 1 and 2.

use ropewalk_protocol::{Address, Malformed, TlsFacts};

mod v1;
mod v2;

/// What a proxy says of the connection that it passes on, before anything else.
///
/// Follows HAProxy's specification "The PROXY protocol, versions 1 & 2". Version 2 may carry what
/// TLS settled between the proxy and the client.
///
/// ```
/// use ropewalk_endpoints::ProxyHeader;
/// use ropewalk_protocol::Address;
///
/// let input = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 6667\r\nNICK alice\r\n";
/// let (length, header) = ProxyHeader::parse(input)?.expect("all of it is there");
/// assert_eq!(&input[length..], b"NICK alice\r\n");
/// assert_eq!(header.source(), Some(&Address::Tcp(([192, 0, 2, 7], 40_000).into())));
/// # Ok::<(), ropewalk_protocol::Malformed>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProxyHeader {
    pub(crate) addresses: Option<Addresses>,
    pub(crate) tls: Option<Box<TlsFacts>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Addresses {
    pub(crate) source: Address,
    pub(crate) destination: Address,
}

impl ProxyHeader {
    /// The most bytes that a header may have. The specification has a sender stay far below.
    pub const LONGEST: usize = 4096;

    /// A header that says: from `source` to `destination`.
    #[must_use]
    pub fn new(source: Address, destination: Address) -> Self {
        Self { addresses: Some(Addresses { source, destination }), tls: None }
    }

    /// A header that says nothing: the proxy speaks for itself, to see whether somebody answers.
    #[must_use]
    pub fn local() -> Self {
        Self::default()
    }

    /// Who connected to the proxy; `None` where the proxy speaks for itself or does not know.
    #[must_use]
    pub fn source(&self) -> Option<&Address> {
        self.addresses.as_ref().map(|addresses| &addresses.source)
    }

    /// To which address of the proxy.
    #[must_use]
    pub fn destination(&self) -> Option<&Address> {
        self.addresses.as_ref().map(|addresses| &addresses.destination)
    }

    /// What TLS settled between the client and the proxy, where they spoke it.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_deref()
    }

    /// The header that `input` begins with, and its length in bytes; `None` until all of it is
    /// there.
    ///
    /// # Errors
    /// It begins with no header, or with one that breaks the specification.
    pub fn parse(input: &[u8]) -> Result<Option<(usize, Self)>, Malformed> {
        let begins = |signature: &[u8]| {
            let known = input.len().min(signature.len());
            input[..known] == signature[..known]
        };
        if begins(v2::SIGNATURE) {
            v2::parse(input)
        } else if begins(v1::SIGNATURE) {
            v1::parse(input)
        } else {
            Err(Malformed::Syntax("it does not begin with a PROXY header".into()))
        }
    }

    /// The header in version 1, a line of text, where it can be: between two TCP addresses of one
    /// family. Everything else is `UNKNOWN`.
    #[must_use]
    pub fn to_v1(&self) -> Vec<u8> {
        v1::write(self)
    }

    /// The addresses in version 2, with a checksum.
    #[must_use]
    pub fn to_v2(&self) -> Vec<u8> {
        v2::write(self)
    }
}

fn malformed<T>(why: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, Malformed> {
    Err(Malformed::Syntax(why.into()))
}

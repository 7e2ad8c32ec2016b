//! Where a stream listens or connects to.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The address of one end of a stream.
///
/// ```
/// use ropewalk_protocol::Address;
///
/// let address = Address::Tcp(([127, 0, 0, 1], 6667).into());
/// assert_eq!(address.to_string(), "tcp:6667:interface=127.0.0.1");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Address {
    /// A TCP address; port 0 lets the system pick.
    Tcp(SocketAddr),
    /// A UNIX stream socket in the file system.
    Unix(Arc<Path>),
    /// One end that has no name: a connected UNIX client, a stream in memory.
    Unnamed,
}

impl Address {
    /// A UNIX socket at `path`.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::Unix(path.into().into())
    }

    /// The same as an endpoint string that connects there; printed as it is, it listens there.
    ///
    /// ```
    /// use ropewalk_protocol::Address;
    ///
    /// let address = Address::Tcp(([127, 0, 0, 1], 6667).into());
    /// assert_eq!(address.client().to_string(), "tcp:127.0.0.1:6667");
    /// ```
    #[must_use]
    pub fn client(&self) -> ClientAddress<'_> {
        ClientAddress(self)
    }

    /// The IP address, where there is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip()),
            _ => None,
        }
    }

    /// The TCP port, where there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(address) => Some(address.port()),
            _ => None,
        }
    }
}

/// An address as an endpoint string that connects there; made by [`Address::client`].
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress<'a>(&'a Address);

impl fmt::Display for ClientAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Address::Tcp(SocketAddr::V4(v4)) => write!(f, "tcp:{}:{}", v4.ip(), v4.port()),
            Address::Tcp(SocketAddr::V6(v6)) => {
                write!(f, "tcp:{}:{}", v6.ip().to_string().replace(':', "\\:"), v6.port())
            }
            other => other.fmt(f),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// As an endpoint string that listens there.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(SocketAddr::V4(v4)) => write!(f, "tcp:{}:interface={}", v4.port(), v4.ip()),
            Self::Tcp(SocketAddr::V6(v6)) => {
                write!(f, "tcp6:{}:interface=", v6.port())?;
                f.write_str(&v6.ip().to_string().replace(':', "\\:"))
            }
            Self::Unix(path) => {
                let path = path.display().to_string();
                let path = path.replace('\\', "\\\\").replace(':', "\\:").replace('=', "\\=");
                write!(f, "unix:{path}")
            }
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}

//! Where datagrams come from and go to.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where datagrams come from and go to.
///
/// ```
/// use ropewalk_protocol::DatagramAddress;
///
/// let address = DatagramAddress::from(([127, 0, 0, 1], 53));
/// assert_eq!(address.to_string(), "udp 127.0.0.1:53");
/// assert_eq!(DatagramAddress::unix("/run/log").to_string(), "unix /run/log");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DatagramAddress {
    /// A UDP address; port 0 lets the system pick.
    Udp(SocketAddr),
    /// A UNIX socket in the file system.
    Unix(Arc<Path>),
    /// A UNIX socket with a name that is no file, on Linux.
    Abstract(Arc<[u8]>),
    /// One end that has no name, and cannot be answered: a UNIX client that was not bound.
    Unnamed,
}

impl DatagramAddress {
    /// A UNIX socket at `path`.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::Unix(path.into().into())
    }

    /// The UDP address, where there is one.
    #[must_use]
    pub fn udp(&self) -> Option<SocketAddr> {
        match self {
            Self::Udp(address) => Some(*address),
            _ => None,
        }
    }
}

impl<A: Into<SocketAddr>> From<A> for DatagramAddress {
    fn from(address: A) -> Self {
        Self::Udp(address.into())
    }
}

impl fmt::Display for DatagramAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(address) => write!(f, "udp {address}"),
            Self::Unix(path) => write!(f, "unix {}", path.display()),
            Self::Abstract(name) => write!(f, "unix @{}", name.escape_ascii()),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}

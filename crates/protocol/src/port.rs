//! A listening socket, as whoever asked for it holds it.

use std::{io, os::fd::OwnedFd, sync::Arc};

use crate::Address;

/// A listening socket. Dropping this leaves it listening.
#[derive(Clone)]
pub struct Port {
    address: Address,
    stop: Arc<dyn Fn() + Send + Sync>,
    lend: Arc<dyn Fn() -> io::Result<OwnedFd> + Send + Sync>,
}

impl Port {
    /// A port at `address` that `stop` closes: for reactors.
    pub fn new(address: Address, stop: impl Fn() + Send + Sync + 'static) -> Self {
        let lend = Arc::new(|| Err(io::ErrorKind::Unsupported.into()));
        Self { address, stop: Arc::new(stop), lend }
    }

    /// The same with a socket that `lend` duplicates: for reactors.
    #[must_use]
    pub fn lending(self, lend: impl Fn() -> io::Result<OwnedFd> + Send + Sync + 'static) -> Self {
        Self { lend: Arc::new(lend), ..self }
    }

    /// Where it listens, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Stops listening. Connections go on.
    pub fn stop_listening(&self) {
        (self.stop)();
    }

    /// A duplicate of the listening socket, for a successor. From now on the file of a UNIX socket
    /// is left in place when this port stops: it is the successor's.
    ///
    /// # Errors
    /// When the system has no descriptor left, or it does not listen any more;
    /// [`Unsupported`](io::ErrorKind::Unsupported) where there is no socket.
    pub fn hand_over(&self) -> io::Result<OwnedFd> {
        (self.lend)()
    }
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Port").field("address", &self.address).finish_non_exhaustive()
    }
}

//! Sockets for datagrams: UDP with multicast, and UNIX datagrams, on any reactor that watches.

use std::{
    io,
    net::IpAddr,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use atomic_waker::AtomicWaker;
use thiserror::Error;

use ropewalk_protocol::{DatagramAddress, DatagramLimits, DatagramProtocol, Interface, WatchFd};

use self::{socket::Opened, task::Task};

mod socket;
mod task;

/// Reactors that open sockets for datagrams: all that watch descriptors.
pub trait BindDatagrams: WatchFd {
    /// Opens a socket for datagrams, and gives it `protocol`. It is bound when this returns;
    /// datagrams are received once the reactor runs.
    ///
    /// ```
    /// use ropewalk_protocol::{DatagramAddress, DatagramContext, DatagramProtocol};
    /// use ropewalk_reactor::{Bind, BindDatagrams, BindError, DatagramPort};
    ///
    /// struct Echo;
    /// impl DatagramProtocol for Echo {
    ///     type Message = ();
    ///     fn datagram_received(
    ///         &mut self,
    ///         cx: &mut DatagramContext<'_, ()>,
    ///         datagram: &[u8],
    ///         from: &DatagramAddress,
    ///     ) {
    ///         cx.send_to(datagram, from);
    ///     }
    /// }
    ///
    /// fn serve(reactor: &impl BindDatagrams) -> Result<DatagramPort, BindError> {
    ///     reactor.bind(Bind::new(([127, 0, 0, 1], 7)), Echo)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`BindError`] says where and what the system answered.
    fn bind<P>(&self, bind: Bind, protocol: P) -> Result<DatagramPort, BindError>
    where
        P: DatagramProtocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let address = bind.address.clone();
        let failed = |source| BindError { address: address.clone(), source };
        let limits = Arc::clone(&bind.limits);
        let connected = bind.connect.is_some();
        let opened = Opened::new(bind).map_err(failed)?;
        let port = DatagramPort { address: opened.local.clone(), stop: Arc::default() };
        let task = Task::new(self, opened, connected, protocol, limits, Arc::clone(&port.stop))
            .map_err(failed)?;
        self.spawn(task);
        Ok(port)
    }
}

impl<R: WatchFd> BindDatagrams for R {}

/// Where and how to receive datagrams.
///
/// ```
/// use std::net::Ipv4Addr;
/// use ropewalk_protocol::Interface;
/// use ropewalk_reactor::Bind;
///
/// // Several programs on this machine may listen to the group.
/// let mut bind = Bind::new((Ipv4Addr::UNSPECIFIED, 5353));
/// bind.groups.push(([224, 0, 0, 251].into(), Interface::Any));
/// bind.reuse_address = true;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Bind {
    /// This end; port 0 lets the system pick.
    pub address: DatagramAddress,
    /// The one other end: only what comes from there is received, and
    /// [`connection_refused`](DatagramProtocol::connection_refused) is told.
    pub connect: Option<DatagramAddress>,
    /// A socket that is bound already, from systemd or a predecessor; then `address`,
    /// `reuse_address`, `reuse_port` and `mode` do not matter.
    pub socket: Option<Arc<OwnedFd>>,
    /// Multicast groups to join.
    pub groups: Vec<(IpAddr, Interface)>,
    /// Lets other sockets have the same address (`SO_REUSEADDR`), as several receivers of a
    /// multicast group need.
    pub reuse_address: bool,
    /// Shares the port out among the sockets that say so (`SO_REUSEPORT`).
    pub reuse_port: bool,
    /// Whether broadcasts may be sent.
    pub broadcast: bool,
    /// The permissions of a UNIX socket's file.
    pub mode: Option<u32>,
    /// For the socket.
    pub limits: Arc<DatagramLimits>,
}

impl Bind {
    /// There, with the defaults: not connected, no groups, no broadcasts.
    pub fn new(address: impl Into<DatagramAddress>) -> Self {
        Self {
            address: address.into(),
            connect: None,
            socket: None,
            groups: Vec::new(),
            reuse_address: false,
            reuse_port: false,
            broadcast: false,
            mode: None,
            limits: Arc::default(),
        }
    }

    /// A UDP socket on a port that the system picks, connected to `peer`.
    pub fn connected(peer: impl Into<std::net::SocketAddr>) -> Self {
        let peer = peer.into();
        let any: IpAddr = match peer {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        Self { connect: Some(peer.into()), ..Self::new((any, 0)) }
    }
}

/// Opening a socket for datagrams did not work.
#[derive(Debug, Error)]
#[error("cannot receive datagrams on {address}: {source}")]
pub struct BindError {
    /// Where.
    pub address: DatagramAddress,
    /// What the system answered.
    pub source: io::Error,
}

/// An open socket for datagrams. Dropping this leaves it open.
#[derive(Clone, Debug)]
pub struct DatagramPort {
    address: DatagramAddress,
    stop: Arc<Stop>,
}

impl DatagramPort {
    /// This end, with the port that the system picked.
    #[must_use]
    pub fn address(&self) -> &DatagramAddress {
        &self.address
    }

    /// Closes the socket once what is queued has left.
    pub fn stop(&self) {
        self.stop.asked.store(true, Ordering::Release);
        self.stop.waker.wake();
    }
}

#[derive(Debug, Default)]
struct Stop {
    asked: AtomicBool,
    waker: AtomicWaker,
}

//! TCP and UNIX sockets, made with the options that were asked for.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{Address, Listen, Peer};
use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Reads into the spare room of `input`; 0 is the end of file.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        // The future holds nothing between polls, so making one each time loses nothing.
        match self {
            Self::Tcp(stream) => std::pin::pin!(stream.read_buf(input)).poll(cx),
            Self::Unix(stream) => std::pin::pin!(stream.read_buf(input)).poll(cx),
        }
    }

    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Unix(stream) => stream.try_write(bytes),
        }
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write_vectored(slices),
            Self::Unix(stream) => stream.try_write_vectored(slices),
        }
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_ready(cx),
            Self::Unix(stream) => stream.poll_write_ready(cx),
        }
    }

    /// Shuts the writing half down.
    pub(crate) fn shut_down(&self) -> io::Result<()> {
        self.with(|socket| socket.shutdown(std::net::Shutdown::Write))
    }

    /// Makes dropping it reset the connection.
    pub(crate) fn set_reset(&self) {
        if matches!(self, Self::Tcp(_)) {
            // A socket that is gone already needs no reset.
            let _ = self.with(|socket| socket.set_linger(Some(Duration::ZERO)));
        }
    }

    /// Sets what was asked for each connection.
    pub(crate) fn prepare(&self, nodelay: bool, keepalive: Option<Duration>) -> io::Result<()> {
        if matches!(self, Self::Unix(_)) {
            return Ok(());
        }
        self.with(|socket| {
            if nodelay {
                socket.set_tcp_nodelay(true)?;
            }
            match keepalive {
                Some(time) => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(time)),
                None => Ok(()),
            }
        })
    }

    pub(crate) fn peer(&self) -> io::Result<Peer> {
        Ok(match self {
            Self::Tcp(stream) => Peer::new(stream.peer_addr()?.into(), stream.local_addr()?.into()),
            Self::Unix(stream) => {
                let local = stream.local_addr()?;
                let remote = stream.peer_addr()?;
                Peer::new(unix_address(remote.as_pathname()), unix_address(local.as_pathname()))
            }
        })
    }

    fn with<T>(&self, f: impl FnOnce(&SockRef<'_>) -> T) -> T {
        match self {
            Self::Tcp(stream) => f(&SockRef::from(stream)),
            Self::Unix(stream) => f(&SockRef::from(stream)),
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _unlink: Unlink },
}

/// Removes the file of a UNIX socket when nobody listens on it any more.
#[derive(Debug)]
pub(crate) struct Unlink(Arc<Path>);

impl Drop for Unlink {
    fn drop(&mut self) {
        // Someone else may have removed it.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Listens; to be called inside the runtime. Gives the address as the system has it.
    pub(crate) fn bind(listen: &Listen) -> io::Result<(Self, Address)> {
        match &listen.address {
            Address::Tcp(address) => Self::bind_tcp(*address, listen),
            Address::Unix(path) => Self::bind_unix(path, listen),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn bind_tcp(address: SocketAddr, listen: &Listen) -> io::Result<(Self, Address)> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        if listen.reuse_port {
            socket.set_reuse_port(true)?;
        }
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(backlog(listen))?;
        let listener = TcpListener::from_std(socket.into())?;
        let address = listener.local_addr()?;
        Ok((Self::Tcp(listener), address.into()))
    }

    fn bind_unix(path: &Arc<Path>, listen: &Listen) -> io::Result<(Self, Address)> {
        let address = SockAddr::unix(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        if let Err(error) = socket.bind(&address) {
            // A file that a program which is gone has left does not keep its successor out.
            let used = error.kind() == io::ErrorKind::AddrInUse;
            let probe = std::os::unix::net::UnixStream::connect(path);
            let stale = probe.is_err_and(|why| why.kind() == io::ErrorKind::ConnectionRefused);
            if !(used && stale) {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        let unlink = Unlink(Arc::clone(path));
        socket.set_nonblocking(true)?;
        socket.listen(backlog(listen))?;
        let listener = UnixListener::from_std(socket.into())?;
        Ok((Self::Unix { listener, _unlink: unlink }, listen.address.clone()))
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(listener) => Stream::Tcp(listener.accept().await?.0),
            Self::Unix { listener, .. } => Stream::Unix(listener.accept().await?.0),
        })
    }
}

fn backlog(listen: &Listen) -> i32 {
    i32::try_from(listen.backlog).unwrap_or(i32::MAX)
}

fn unix_address(path: Option<&Path>) -> Address {
    path.map_or(Address::Unnamed, Address::unix)
}

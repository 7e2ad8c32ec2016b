//! TCP and UNIX sockets, made with the options that were asked for.

use std::{
    io::{self, IoSlice},
    path::Path,
    task::{Context, Poll},
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{Address, Listen, Peer};
use ropewalk_reactor::Listening;
use socket2::{SockRef, TcpKeepalive};
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
pub(crate) struct Listener {
    accepts: Accepts,
    /// What holds its name, file and lock.
    pub(crate) listening: Listening,
}

#[derive(Debug)]
enum Accepts {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Listens; to be called inside the runtime.
    pub(crate) fn bind(listen: &Listen) -> io::Result<Self> {
        let listening = Listening::new(listen)?;
        let socket = listening.duplicate()?;
        let accepts = match listening.address() {
            Address::Tcp(_) => Accepts::Tcp(TcpListener::from_std(socket.into())?),
            _ => Accepts::Unix(UnixListener::from_std(socket.into())?),
        };
        Ok(Self { accepts, listening })
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        Ok(match &self.accepts {
            Accepts::Tcp(listener) => Stream::Tcp(listener.accept().await?.0),
            Accepts::Unix(listener) => Stream::Unix(listener.accept().await?.0),
        })
    }
}

fn unix_address(path: Option<&Path>) -> Address {
    path.map_or(Address::Unnamed, Address::unix)
}

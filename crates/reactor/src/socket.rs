//! Sockets with the options that were asked for, and who is at their ends.

use std::{
    io::{self, ErrorKind},
    os::fd::AsFd,
    time::Duration,
};

use rustix::net::{SendFlags, send, sendmsg};
use socket2::{Domain, SockAddr, Socket, TcpKeepalive, Type};

use ropewalk_protocol::{Address, Connect, Connection, Peer, Protocol};

/// Pieces of output that one system call takes.
const PIECES: usize = 32;

/// Begins to connect. The socket becomes writable when that has ended.
pub(crate) fn connect(connect: &Connect) -> io::Result<Socket> {
    let (domain, address) = system_address(&connect.address)?;
    let socket = Socket::new(domain, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    tune(&socket, &connect.address, connect.nodelay, connect.keepalive)?;
    if let Some(bind) = connect.bind {
        socket.bind(&bind.into())?;
    }
    match socket.connect(&address) {
        Err(error) if !in_progress(&error) => Err(error),
        _ => Ok(socket),
    }
}

/// The peer of a connected socket.
pub(crate) fn peer(socket: &Socket, local: &Address) -> io::Result<Peer> {
    let address = known(&socket.peer_addr()?);
    let local = match local {
        Address::Unix(path) => Address::Unix(path.clone()),
        _ => known(&socket.local_addr()?),
    };
    Ok(Peer::new(address, local))
}

/// Sets the options of one connection.
pub(crate) fn tune(
    socket: &Socket,
    address: &Address,
    nodelay: bool,
    keepalive: Option<Duration>,
) -> io::Result<()> {
    if matches!(address, Address::Tcp(_)) {
        socket.set_tcp_nodelay(nodelay)?;
        if let Some(after) = keepalive {
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(after))?;
        }
    }
    Ok(())
}

/// Sends once what is outgoing; the number of bytes that the system took.
pub(crate) fn transmit<P: Protocol>(
    socket: impl AsFd,
    connection: &Connection<P>,
) -> io::Result<usize> {
    if connection.is_contiguous() {
        return Ok(send(socket, connection.outgoing(), SendFlags::NOSIGNAL)?);
    }
    let mut slices = [io::IoSlice::new(&[]); PIECES];
    let filled = connection.slices(&mut slices);
    let mut none = rustix::net::SendAncillaryBuffer::default();
    Ok(sendmsg(socket, &slices[..filled], &mut none, SendFlags::NOSIGNAL)?)
}

/// Writes once what is outgoing, to whatever it is; the number of bytes that the system took.
pub(crate) fn put<P: Protocol>(fd: impl AsFd, connection: &Connection<P>) -> io::Result<usize> {
    let mut slices = [io::IoSlice::new(&[]); PIECES];
    let filled = connection.slices(&mut slices);
    Ok(rustix::io::writev(fd, &slices[..filled])?)
}

/// Whether to try again when the socket is ready.
pub(crate) fn would_block(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Whether the process or the system has run out of something that may come back.
pub(crate) fn exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether only the one connection that was about to be accepted failed.
pub(crate) fn gone_before_accept(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    ) || error.raw_os_error() == Some(rustix::io::Errno::PROTO.raw_os_error())
}

fn in_progress(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}

pub(crate) fn system_address(address: &Address) -> io::Result<(Domain, SockAddr)> {
    match address {
        Address::Tcp(tcp) => Ok((Domain::for_address(*tcp), (*tcp).into())),
        Address::Unix(path) => Ok((Domain::UNIX, SockAddr::unix(path)?)),
        other => Err(io::Error::new(ErrorKind::Unsupported, format!("{other} has no socket"))),
    }
}

pub(crate) fn known(address: &SockAddr) -> Address {
    if let Some(tcp) = address.as_socket() {
        Address::Tcp(tcp)
    } else if let Some(path) = address.as_pathname() {
        Address::unix(path)
    } else {
        Address::Unnamed
    }
}

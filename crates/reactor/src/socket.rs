//! Sockets with the options that were asked for, and who is at their ends.

use std::{
    io::{self, ErrorKind},
    os::fd::AsFd,
    path::Path,
    time::Duration,
};

use rustix::net::{SendFlags, send, sendmsg};
use socket2::{Domain, SockAddr, Socket, TcpKeepalive, Type};

use ropewalk_protocol::{Address, Connect, Connection, Listen, Peer, Protocol};

/// Pieces of output that one system call takes.
const PIECES: usize = 32;

/// Binds and listens; the address has the port that the system picked.
pub(crate) fn listen(listen: &Listen) -> io::Result<(Socket, Address)> {
    let (domain, address) = system_address(&listen.address)?;
    let socket = Socket::new(domain, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    if let Address::Unix(path) = &listen.address {
        remove_stale(path)?;
    } else {
        socket.set_reuse_address(true)?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(true)?;
        }
        if listen.reuse_port {
            socket.set_reuse_port(true)?;
        }
    }
    socket.bind(&address)?;
    socket.listen(i32::try_from(listen.backlog).unwrap_or(i32::MAX))?;
    let local = match &listen.address {
        Address::Unix(path) => Address::Unix(path.clone()),
        _ => known(&socket.local_addr()?),
    };
    Ok((socket, local))
}

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

fn system_address(address: &Address) -> io::Result<(Domain, SockAddr)> {
    match address {
        Address::Tcp(tcp) => Ok((Domain::for_address(*tcp), (*tcp).into())),
        Address::Unix(path) => Ok((Domain::UNIX, SockAddr::unix(path)?)),
        other => Err(io::Error::new(ErrorKind::Unsupported, format!("{other} has no socket"))),
    }
}

fn known(address: &SockAddr) -> Address {
    if let Some(tcp) = address.as_socket() {
        Address::Tcp(tcp)
    } else if let Some(path) = address.as_pathname() {
        Address::unix(path)
    } else {
        Address::Unnamed
    }
}

/// Removes a socket file that nobody listens on any more; one in use is left alone.
fn remove_stale(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {}
        _ => return Ok(()),
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Ok(()), // in use, or not ours to judge: bind will say
    }
}

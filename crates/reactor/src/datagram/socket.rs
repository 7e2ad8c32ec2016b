//! System calls on sockets for datagrams.

use std::{
    io::{self, ErrorKind, IoSlice, IoSliceMut},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::{fd::AsFd, unix::ffi::OsStrExt},
};

use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny,
    SocketAddrUnix, recvmsg, send, sendmsg_addr, sendto,
};
use socket2::{Domain, InterfaceIndexOrAddress, SockAddr, Socket, Type};

use ropewalk_protocol::{DatagramAddress, DatagramRequest, Interface};

use super::Bind;
use crate::listening::{SocketFile, adopted, remove_stale, set_mode};

/// An open socket, and what belongs to it in the file system.
pub(super) struct Opened {
    pub(super) socket: Socket,
    pub(super) local: DatagramAddress,
    pub(super) file: Option<SocketFile>,
}

impl Opened {
    pub(super) fn new(bind: Bind) -> io::Result<Self> {
        let (socket, file) = match &bind.socket {
            Some(socket) => (adopted(socket, Type::DGRAM)?, None),
            None => bound(&bind)?,
        };
        socket.set_nonblocking(true)?;
        if bind.broadcast {
            socket.set_broadcast(true)?;
        }
        for (group, interface) in bind.groups {
            request(&socket, is_v4(&socket)?, DatagramRequest::Join(group, interface))?;
        }
        if let Some(peer) = &bind.connect {
            socket.connect(&system_address(peer)?.1)?;
        }
        let local = known(&socket.local_addr()?);
        Ok(Self { socket, local, file })
    }
}

fn bound(bind: &Bind) -> io::Result<(Socket, Option<SocketFile>)> {
    if bind.address == DatagramAddress::Unnamed {
        return Ok((Socket::new(Domain::UNIX, Type::DGRAM, None)?, None));
    }
    let (domain, address) = system_address(&bind.address)?;
    let socket = Socket::new(domain, Type::DGRAM, None)?;
    if let DatagramAddress::Unix(path) = &bind.address {
        remove_stale(path, Type::DGRAM)?;
        socket.bind(&address)?;
        let file = SocketFile::new(path, None)?;
        set_mode(path, bind.mode)?;
        return Ok((socket, Some(file)));
    }
    if bind.reuse_address {
        socket.set_reuse_address(true)?;
    }
    if bind.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address)?;
    Ok((socket, None))
}

/// Does what a protocol asks of its socket.
pub(super) fn request(socket: &Socket, is_v4: bool, request: DatagramRequest) -> io::Result<()> {
    match request {
        DatagramRequest::Join(IpAddr::V4(group), interface) => {
            socket.join_multicast_v4_n(&group, &v4_interface(interface)?)
        }
        DatagramRequest::Leave(IpAddr::V4(group), interface) => {
            socket.leave_multicast_v4_n(&group, &v4_interface(interface)?)
        }
        DatagramRequest::Join(IpAddr::V6(group), interface) => {
            socket.join_multicast_v6(&group, v6_interface(interface)?)
        }
        DatagramRequest::Leave(IpAddr::V6(group), interface) => {
            socket.leave_multicast_v6(&group, v6_interface(interface)?)
        }
        DatagramRequest::MulticastTtl(hops) if is_v4 => socket.set_multicast_ttl_v4(hops),
        DatagramRequest::MulticastTtl(hops) => socket.set_multicast_hops_v6(hops),
        DatagramRequest::MulticastLoop(hears) if is_v4 => socket.set_multicast_loop_v4(hears),
        DatagramRequest::MulticastLoop(hears) => socket.set_multicast_loop_v6(hears),
        DatagramRequest::MulticastInterface(interface) if is_v4 => match interface {
            Interface::Index(_) => Err(wrong("an IPv4 socket sends by an interface's address")),
            Interface::Address(address) => socket.set_multicast_if_v4(&address),
            _ => socket.set_multicast_if_v4(&Ipv4Addr::UNSPECIFIED),
        },
        DatagramRequest::MulticastInterface(interface) => {
            socket.set_multicast_if_v6(v6_interface(interface)?)
        }
        DatagramRequest::Broadcast(may) => socket.set_broadcast(may),
        _ => Err(ErrorKind::Unsupported.into()),
    }
}

pub(super) fn is_v4(socket: &Socket) -> io::Result<bool> {
    Ok(socket.local_addr()?.is_ipv4())
}

fn v4_interface(interface: Interface) -> io::Result<InterfaceIndexOrAddress> {
    match interface {
        Interface::Any => Ok(InterfaceIndexOrAddress::Address(Ipv4Addr::UNSPECIFIED)),
        Interface::Address(address) => Ok(InterfaceIndexOrAddress::Address(address)),
        Interface::Index(index) => Ok(InterfaceIndexOrAddress::Index(index)),
        _ => Err(ErrorKind::Unsupported.into()),
    }
}

fn v6_interface(interface: Interface) -> io::Result<u32> {
    match interface {
        Interface::Any => Ok(0),
        Interface::Index(index) => Ok(index),
        _ => Err(wrong("an interface is named by its number for IPv6")),
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, what.to_owned())
}

/// A datagram that was received.
pub(super) struct Received {
    /// Bytes that are in the buffer.
    pub(super) there: usize,
    /// Bytes that were sent: more when it was cut off.
    pub(super) length: usize,
    pub(super) from: DatagramAddress,
    pub(super) is_truncated: bool,
}

pub(super) fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    let room = buffer.len();
    let mut none = RecvAncillaryBuffer::default();
    let mut pieces = [IoSliceMut::new(buffer)];
    let received = recvmsg(socket, &mut pieces, &mut none, RecvFlags::TRUNC)?;
    Ok(Received {
        there: received.bytes.min(room),
        length: received.bytes,
        from: received.address.map_or(DatagramAddress::Unnamed, from_any),
        is_truncated: received.flags.contains(ReturnFlags::TRUNC),
    })
}

pub(super) fn transmit(
    socket: impl AsFd,
    datagram: &[u8],
    to: Option<&DatagramAddress>,
) -> io::Result<usize> {
    match to {
        None => Ok(send(socket, datagram, SendFlags::NOSIGNAL)?),
        Some(DatagramAddress::Udp(to)) => Ok(sendto(socket, datagram, SendFlags::NOSIGNAL, to)?),
        Some(to) => {
            let to = unix_address(to)?;
            let mut none = SendAncillaryBuffer::default();
            let pieces = [IoSlice::new(datagram)];
            Ok(sendmsg_addr(socket, &to, &pieces, &mut none, SendFlags::NOSIGNAL)?)
        }
    }
}

fn unix_address(address: &DatagramAddress) -> io::Result<SocketAddrUnix> {
    match address {
        DatagramAddress::Unix(path) => Ok(SocketAddrUnix::new(&**path)?),
        #[cfg(target_os = "linux")]
        DatagramAddress::Abstract(name) => Ok(SocketAddrUnix::new_abstract_name(name)?),
        other => Err(wrong(&format!("{other} is not the address of a UNIX socket"))),
    }
}

fn from_any(address: SocketAddrAny) -> DatagramAddress {
    if let Ok(udp) = SocketAddr::try_from(address.clone()) {
        return DatagramAddress::Udp(udp);
    }
    let Ok(unix) = SocketAddrUnix::try_from(address) else { return DatagramAddress::Unnamed };
    #[cfg(target_os = "linux")]
    if let Some(name) = unix.abstract_name() {
        return DatagramAddress::Abstract(name.into());
    }
    match unix.path_bytes() {
        Some(path) if !path.is_empty() => {
            DatagramAddress::unix(std::path::PathBuf::from(std::ffi::OsStr::from_bytes(path)))
        }
        _ => DatagramAddress::Unnamed,
    }
}

fn system_address(address: &DatagramAddress) -> io::Result<(Domain, SockAddr)> {
    match address {
        DatagramAddress::Udp(udp) => Ok((Domain::for_address(*udp), (*udp).into())),
        DatagramAddress::Unix(path) => Ok((Domain::UNIX, SockAddr::unix(path)?)),
        DatagramAddress::Abstract(name) if cfg!(target_os = "linux") => {
            let name = [b"\0", &**name].concat();
            Ok((Domain::UNIX, SockAddr::unix(std::ffi::OsStr::from_bytes(&name))?))
        }
        other => Err(io::Error::new(ErrorKind::Unsupported, format!("{other} has no socket"))),
    }
}

fn known(address: &SockAddr) -> DatagramAddress {
    if let Some(udp) = address.as_socket() {
        return DatagramAddress::Udp(udp);
    }
    #[cfg(target_os = "linux")]
    if let Some(name) = address.as_abstract_namespace() {
        return DatagramAddress::Abstract(name.into());
    }
    address.as_pathname().map_or(DatagramAddress::Unnamed, DatagramAddress::unix)
}

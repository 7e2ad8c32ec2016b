//! Sockets as both sides of a bench want them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};

use lexopt::{Arg, ValueExt};
use socket2::{Domain, Socket, Type};

/// Listens where `--listen tcp:PORT:interface=127.0.0.1` says (port 0 without it), and prints the
/// line that servers print when they are ready.
pub fn listen() -> Result<TcpListener, Box<dyn std::error::Error>> {
    listen_with(|_| false)
}

/// The same for a program with options of its own: `known` is asked about each.
pub fn listen_with(
    mut known: impl FnMut(&str) -> bool,
) -> Result<TcpListener, Box<dyn std::error::Error>> {
    let mut port = 0;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("listen") => {
                let endpoint = parser.value()?.string()?;
                let number = endpoint.strip_prefix("tcp:").and_then(|rest| rest.split(':').next());
                port = number.ok_or("--listen wants tcp:PORT:interface=127.0.0.1")?.parse()?;
            }
            Arg::Long(option) if known(option) => {}
            other => return Err(other.unexpected().into()),
        }
    }
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(4096)?;
    socket.set_nonblocking(true)?;
    let listener = TcpListener::from(socket);
    println!("listening on tcp:{}:interface=127.0.0.1", listener.local_addr()?.port());
    Ok(listener)
}

/// Connects the `index`th client, from one of several loopback addresses, so that ten thousand do
/// not use up the ports of one.
pub fn connect(port: u16, index: usize) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let source = Ipv4Addr::new(127, 0, 0, 2 + (index % SOURCES) as u8);
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into())?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

const SOURCES: usize = 40;

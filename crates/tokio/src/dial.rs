//! Connecting.

use std::{io, net::SocketAddr, sync::Arc};

use ropewalk_protocol::{Address, Connect, ConnectError, Connection, Peer, Protocol};
use tokio::{
    net::{TcpSocket, UnixStream},
    task::JoinHandle,
};

use crate::{
    inner::{Inner, Stage},
    socket::Stream,
    task::Task,
};

/// Connects, and starts the connection's task.
pub(crate) async fn dial<P>(
    inner: Arc<Inner>,
    connect: Connect,
    protocol: P,
) -> Result<Peer, ConnectError>
where
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
{
    let address = connect.address.clone();
    if inner.stage() >= Stage::Closing {
        return Err(ConnectError::Stopped { address });
    }
    let timeout = connect.timeout;
    let stream = match tokio::time::timeout(timeout, open(&connect)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(source)) => return Err(ConnectError::Failed { address, source }),
        Err(_) => return Err(ConnectError::TimedOut { address, timeout }),
    };
    let prepared = stream.prepare(connect.nodelay, connect.keepalive);
    let peer = match prepared.and_then(|()| stream.peer()) {
        Ok(peer) => peer,
        Err(source) => return Err(ConnectError::Failed { address, source }),
    };
    let connection = Connection::new(protocol, peer.clone(), connect.limits);
    inner.handle.spawn(Task::new(&inner, stream, connection));
    Ok(peer)
}

async fn open(connect: &Connect) -> io::Result<Stream> {
    match &connect.address {
        Address::Tcp(address) => open_tcp(*address, connect.bind).await,
        Address::Unix(path) => Ok(Stream::Unix(UnixStream::connect(path).await?)),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

async fn open_tcp(address: SocketAddr, bind: Option<SocketAddr>) -> io::Result<Stream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bind) = bind {
        socket.set_reuseaddr(true)?;
        socket.bind(bind)?;
    }
    Ok(Stream::Tcp(socket.connect(address).await?))
}

/// An attempt under way; dropping this gives it up.
pub(crate) struct Attempt {
    pub(crate) task: JoinHandle<Result<Peer, ConnectError>>,
    pub(crate) address: Address,
}

impl Attempt {
    pub(crate) async fn ended(mut self) -> Result<Peer, ConnectError> {
        match (&mut self.task).await {
            Ok(result) => result,
            // Cancelled: the runtime has ended.
            Err(_) => Err(ConnectError::Stopped { address: self.address.clone() }),
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.task.abort();
    }
}

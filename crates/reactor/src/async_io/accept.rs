//! A listening socket as one task, and an attempt to connect as another.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use async_executor::Executor;
use async_io::{Async, Timer};
use futures_channel::oneshot;
use futures_lite::future;
use socket2::Socket;

use ropewalk_protocol::{Address, Connect, ConnectError, Factory, Listen, Peer, Protocol, Roll};

use super::stream::{Stream, watched};
use crate::{Listening, socket};

/// Connections accepted in a row before other tasks get their turn.
const ACCEPTS: usize = 64;
/// How long to leave a listener alone when the process has run out of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a listening task needs.
pub(crate) struct Listener<F> {
    pub(crate) socket: Async<Arc<Socket>>,
    pub(crate) listening: Listening,
    pub(crate) listen: Listen,
    pub(crate) factory: F,
    pub(crate) roll: Roll,
    pub(crate) executor: Arc<Executor<'static>>,
}

impl<F> Listener<F>
where
    F: Factory,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    /// Accepts until it is dropped.
    pub(crate) async fn serve(mut self) {
        loop {
            if let Err(error) = self.accept_some().await {
                let address = self.listening.address();
                tracing::warn!(%address, %error, "cannot accept connections; trying again shortly");
                Timer::after(PAUSE).await;
            }
        }
    }

    async fn accept_some(&mut self) -> io::Result<()> {
        self.socket.readable().await?;
        for _ in 0..ACCEPTS {
            match self.socket.get_ref().accept() {
                Ok((socket, _)) => {
                    if let Err(error) = self.accepted(socket) {
                        tracing::debug!(%error, "a connection was gone before it was served");
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if socket::gone_before_accept(&error) => {}
                Err(error) => return Err(error),
            }
        }
        future::yield_now().await;
        Ok(())
    }

    fn accepted(&mut self, socket: Socket) -> io::Result<()> {
        socket.set_nonblocking(true)?;
        socket::tune(
            &socket,
            self.listening.address(),
            self.listen.nodelay,
            self.listen.keepalive,
        )?;
        let peer = socket::peer(&socket, self.listening.address())?;
        let built = catch_unwind(AssertUnwindSafe(|| self.factory.build(&peer)));
        let Ok(built) = built else {
            tracing::error!(peer = %peer.address, "a connection's factory panicked");
            return Ok(());
        };
        let Some(protocol) = built else {
            tracing::debug!(peer = %peer.address, "connection refused by its factory");
            return Ok(());
        };
        let limits = Arc::clone(&self.listen.limits);
        let socket = watched(socket)?;
        begin(&self.executor, Stream::new(socket, protocol, peer, limits, self.roll.enter()));
        Ok(())
    }
}

/// Connects and serves the connection; the answer tells how connecting went.
pub(crate) fn connect<P>(
    executor: &Arc<Executor<'static>>,
    roll: Roll,
    socket: Socket,
    connect: Connect,
    protocol: P,
) -> oneshot::Receiver<Result<Peer, ConnectError>>
where
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
{
    let (mut tell, hear) = oneshot::channel();
    let serving = Arc::clone(executor);
    let attempt = async move {
        let place = roll.enter();
        let (address, timeout) = (connect.address.clone(), connect.timeout);
        let late = async {
            Timer::after(timeout).await;
            Err(ConnectError::TimedOut { address: address.clone(), timeout })
        };
        let goes = async {
            let failed = |source| ConnectError::Failed { address: address.clone(), source };
            connected(socket).await.map_err(failed)
        };
        let unwanted = async {
            tell.cancellation().await;
            Err(ConnectError::Stopped { address: address.clone() })
        };
        let attempt = future::or(future::or(goes, late), unwanted).await;
        match attempt {
            Ok((socket, peer)) => {
                let _ = tell.send(Ok(peer.clone())); // whoever asked may have gone
                begin(&serving, Stream::new(socket, protocol, peer, connect.limits, place));
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        }
    };
    executor.spawn(attempt).detach();
    hear
}

async fn connected(socket: Socket) -> io::Result<(Async<Socket>, Peer)> {
    let socket = watched(socket)?;
    socket.writable().await?;
    if let Some(error) = socket.get_ref().take_error()? {
        return Err(error);
    }
    let peer = socket::peer(socket.get_ref(), &Address::Unnamed)?;
    Ok((socket, peer))
}

fn begin<P>(executor: &Executor<'static>, stream: Stream<P>)
where
    P: Protocol + Send + 'static,
    P::Message: Send + 'static,
{
    executor.spawn(stream).detach();
}

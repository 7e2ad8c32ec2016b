//! A listening socket on the first reactor thread, which shares connections out to all threads.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use socket2::Socket;

use ropewalk_protocol::{Factory, Limits, Listen, Peer, Protocol, Reason};

use super::{
    entry::{Entry, Kind, Next, Turn},
    inbox::{Inbox, Item},
    poller::{Found, Wanted},
    stream,
    thread::Thread,
};
use crate::{Listening, socket};

/// Connections accepted in a row before others get their turn.
const ACCEPTS: usize = 64;
/// How long to leave a listener alone when the process has run out of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Gives an accepted connection a thread and a protocol.
pub(crate) trait Place {
    fn place(&mut self, socket: Socket, peer: Peer, turn: &mut Turn);
}

pub(crate) struct Listener<T> {
    listening: Listening,
    options: Options,
    place: T,
    paused: bool,
}

#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) nodelay: bool,
    pub(crate) keepalive: Option<Duration>,
}

impl Options {
    pub(crate) fn of(listen: &Listen) -> Self {
        Self { nodelay: listen.nodelay, keepalive: listen.keepalive }
    }
}

impl<T: Place + 'static> Listener<T> {
    /// Puts a listening socket on the thread.
    pub(crate) fn adopt(
        thread: &mut Thread,
        listening: Listening,
        options: Options,
        place: T,
    ) -> io::Result<ropewalk_protocol::Token> {
        thread.insert(|turn| {
            let wanted = Wanted { read: true, write: false };
            turn.inbox.poller.add(&*listening.socket, turn.token.0, wanted)?;
            Ok(Box::new(Self { listening, options, place, paused: false }))
        })
    }

    fn accept(&mut self, turn: &mut Turn) {
        for _ in 0..ACCEPTS {
            match self.listening.socket.accept() {
                Ok((socket, _)) => {
                    if let Err(error) = self.accepted(socket, turn) {
                        tracing::debug!(%error, "a connection was gone before it was served");
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if socket::gone_before_accept(&error) => {}
                Err(error) => return self.pause(&error, turn),
            }
        }
    }

    fn accepted(&mut self, socket: Socket, turn: &mut Turn) -> io::Result<()> {
        socket.set_nonblocking(true)?;
        socket::tune(
            &socket,
            self.listening.address(),
            self.options.nodelay,
            self.options.keepalive,
        )?;
        let peer = socket::peer(&socket, self.listening.address())?;
        self.place.place(socket, peer, turn);
        Ok(())
    }

    /// Leaves what waits in the system's queue there for a while: trying again at once would spin.
    fn pause(&mut self, error: &io::Error, turn: &mut Turn) {
        let address = self.listening.address();
        if socket::exhausted(error) {
            tracing::warn!(%address, %error, "cannot accept connections; trying again shortly");
        } else {
            tracing::error!(%address, %error, "accepting failed; trying again shortly");
        }
        self.want(Wanted { read: false, write: false }, turn);
        self.paused = true;
        turn.wheel.insert(turn.now + PAUSE, turn.token);
    }

    fn want(&self, wanted: Wanted, turn: &Turn) {
        if let Err(error) = turn.inbox.poller.change(&*self.listening.socket, turn.token.0, wanted)
        {
            tracing::error!(address = %self.listening.address(), %error, "cannot watch the listening socket");
        }
    }
}

impl<T: Place + 'static> Entry for Listener<T> {
    fn ready(&mut self, _: Found, turn: &mut Turn) -> Next {
        if !self.paused {
            self.accept(turn);
        }
        Next::Stay
    }

    fn wake(&mut self, turn: &mut Turn) -> Next {
        if self.paused {
            self.paused = false;
            self.want(Wanted { read: true, write: false }, turn);
        }
        Next::Stay
    }

    fn close(&mut self, turn: &mut Turn) -> Next {
        self.lose(&Reason::Closed, turn);
        Next::Gone
    }

    fn lose(&mut self, _: &Reason, turn: &mut Turn) {
        let _ = turn.inbox.poller.remove(&*self.listening.socket);
    }

    fn kind(&self) -> Kind {
        Kind::Listener
    }

    fn describe(&self) -> String {
        self.listening.address().to_string()
    }
}

/// Shares connections out to the threads in turn; each thread has a factory of its own.
pub(crate) struct RoundRobin<F> {
    pub(crate) inboxes: Vec<Arc<Inbox>>,
    /// A factory a thread, locked only by its own thread and for one call.
    pub(crate) factories: Arc<[Mutex<F>]>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) next: usize,
}

impl<F> Place for RoundRobin<F>
where
    F: Factory + Send + 'static,
    F::Protocol: 'static,
    <F::Protocol as Protocol>::Message: 'static,
{
    fn place(&mut self, socket: Socket, peer: Peer, _: &mut Turn) {
        let index = self.next % self.inboxes.len();
        self.next = index + 1;
        let (factories, limits) = (Arc::clone(&self.factories), Arc::clone(&self.limits));
        self.inboxes[index].add(Item::Adopt(Box::new(move |thread| {
            let protocol =
                factories[index].lock().unwrap_or_else(PoisonError::into_inner).build(&peer);
            begin(thread, socket, protocol, peer, limits);
        })));
    }
}

/// Serves connections on the listener's own thread, with protocols that need not be `Send`.
pub(crate) struct Here<F> {
    pub(crate) factory: F,
    pub(crate) limits: Arc<Limits>,
    pub(crate) inbox: Arc<Inbox>,
}

impl<F> Place for Here<F>
where
    F: Factory + 'static,
    F::Protocol: 'static,
    <F::Protocol as Protocol>::Message: 'static,
{
    fn place(&mut self, socket: Socket, peer: Peer, _: &mut Turn) {
        let limits = Arc::clone(&self.limits);
        let built = catch_unwind(AssertUnwindSafe(|| self.factory.build(&peer)));
        let Ok(protocol) = built else {
            tracing::error!(peer = %peer.address, "a connection's factory panicked");
            return;
        };
        let job = move |thread: &mut Thread| begin(thread, socket, protocol, peer, limits);
        super::thread::leave_local(&self.inbox, Box::new(job));
    }
}

fn begin<P>(
    thread: &mut Thread,
    socket: Socket,
    protocol: Option<P>,
    peer: Peer,
    limits: Arc<Limits>,
) where
    P: Protocol + 'static,
    P::Message: 'static,
{
    let Some(protocol) = protocol else {
        tracing::debug!(peer = %peer.address, "connection refused by its factory");
        return;
    };
    let address = peer.address.clone();
    if let Err(error) = stream::adopt(thread, socket, protocol, peer, limits) {
        tracing::error!(peer = %address, %error, "cannot serve a connection");
    }
}

//! A connection on a reactor thread: its socket, and the machine that says what to do with it.

use std::{io, net::Shutdown, sync::Arc, time::Instant};

use socket2::Socket;

use ropewalk_protocol::{Connection, Errand, Home, Limits, Peer, Protocol, Reason, Said, TimerKey};

use super::{
    entry::{Entry, Flush, Kind, Next, READ, Turn},
    poller::{Found, Wanted},
    thread::Thread,
};
use crate::{receive::receive, socket};

/// Writes in a row before a connection waits for its next turn.
const WRITES: usize = 16;

pub(crate) struct Stream<P: Protocol> {
    socket: Socket,
    connection: Connection<P>,
    /// What the poller was asked for; `None` when the socket is not registered.
    registered: Option<Wanted>,
    /// The system took less than was offered: wait until it is ready for more.
    blocked: bool,
    alarm: Option<(Instant, TimerKey)>,
}

/// Puts a connected socket on the thread and starts its protocol.
pub(crate) fn adopt<P>(
    thread: &mut Thread,
    socket: Socket,
    protocol: P,
    peer: Peer,
    limits: Arc<Limits>,
) -> io::Result<()>
where
    P: Protocol + 'static,
    P::Message: 'static,
{
    let token = thread.insert(|turn| {
        let wanted = Wanted { read: true, write: false };
        turn.inbox.poller.add(&socket, turn.token.0, wanted)?;
        Ok(Box::new(Stream::new(socket, protocol, peer, limits, Some(wanted), turn)))
    })?;
    thread.visit(token, |entry, turn| entry.start(turn));
    Ok(())
}

impl<P> Stream<P>
where
    P: Protocol + 'static,
    P::Message: 'static,
{
    pub(crate) fn new(
        socket: Socket,
        protocol: P,
        peer: Peer,
        limits: Arc<Limits>,
        registered: Option<Wanted>,
        turn: &Turn,
    ) -> Self {
        let home = Home { lane: Arc::clone(&turn.lane), token: turn.token };
        let connection = Connection::at_home(protocol, peer, limits, home);
        Self { socket, connection, registered, blocked: false, alarm: None }
    }

    fn span(&self) -> tracing::Span {
        let protocol = std::any::type_name::<P>();
        tracing::debug_span!("connection", protocol, peer = %self.connection.peer().address)
    }

    /// Runs a callback in the connection's span, with the thread's write buffer.
    fn call(&mut self, turn: &mut Turn, call: impl FnOnce(&mut Connection<P>, &mut Turn)) {
        let _span = tracing::enabled!(tracing::Level::DEBUG).then(|| self.span().entered());
        self.connection.lend(&mut turn.spare);
        call(&mut self.connection, turn);
    }

    /// Gives the connection a write buffer of its own until it is flushed, if it has none.
    fn borrow_buffer(&mut self, turn: &mut Turn) {
        let mut buffer = turn.lend();
        self.connection.lend(&mut buffer);
        turn.give_back(buffer);
    }

    fn read(&mut self, turn: &mut Turn) {
        let mut input = std::mem::take(&mut turn.input);
        input.clear();
        input.reserve(READ);
        match receive(&self.socket, &mut input) {
            Ok(0) => self.call(turn, |connection, turn| connection.end(turn.now)),
            Ok(_) => self.call(turn, |connection, turn| connection.feed(turn.now, &mut input)),
            Err(error) if socket::would_block(&error) => {}
            Err(error) => self.connection.finish(&error.into()),
        }
        turn.input = input;
    }

    /// Sends what there is to send, straight after the callbacks.
    fn write(&mut self, turn: &mut Turn) {
        let mut writes = 0;
        while self.connection.queued() > 0 && self.connection.over().is_none() {
            if writes == WRITES {
                self.blocked = true; // it will be ready at once, after the others had their turn
                return;
            }
            writes += 1;
            let offered = self.connection.outgoing().len();
            match socket::transmit(&self.socket, &self.connection) {
                Ok(taken) => {
                    self.connection.sent(turn.now, taken);
                    if taken < offered {
                        self.blocked = true;
                        return;
                    }
                }
                Err(error) if socket::would_block(&error) => {
                    self.blocked = true;
                    return;
                }
                Err(error) => self.connection.finish(&error.into()),
            }
        }
    }

    /// What follows from whatever was done.
    fn settle(&mut self, turn: &mut Turn) -> Next {
        if !self.blocked {
            self.write(turn);
        }
        self.connection.reclaim(&mut turn.spare);
        self.arrange(turn)
    }

    fn arrange(&mut self, turn: &mut Turn) -> Next {
        if self.connection.wants_shutdown() {
            // A socket that is no longer connected cannot be shut down: reading will tell.
            let _ = self.socket.shutdown(Shutdown::Write);
            self.connection.shut_down(turn.now);
        }
        if let Some(reason) = self.connection.over() {
            let reason = reason.clone();
            self.lose(&reason, turn);
            return Next::Gone;
        }
        let write = self.blocked && self.connection.queued() > 0;
        let wanted = Wanted { read: self.connection.wants_input(), write };
        if self.registered != Some(wanted)
            && let Err(error) = self.register(wanted, turn)
        {
            self.lose(&error.into(), turn);
            return Next::Gone;
        }
        self.arm(turn);
        Next::Stay
    }

    fn register(&mut self, wanted: Wanted, turn: &Turn) -> io::Result<()> {
        let poller = &turn.inbox.poller;
        match self.registered {
            Some(_) => poller.change(&self.socket, turn.token.0, wanted)?,
            None if wanted.read || wanted.write => {
                poller.add(&self.socket, turn.token.0, wanted)?;
            }
            None => return Ok(()),
        }
        self.registered = Some(wanted);
        Ok(())
    }

    /// Sets the alarm lazily: only when the deadline is earlier than the one that is set.
    fn arm(&mut self, turn: &mut Turn) {
        let Some(deadline) = self.connection.deadline() else { return };
        match self.alarm {
            Some((at, _)) if at <= deadline => {}
            Some((_, key)) => {
                turn.wheel.set(key, deadline);
                self.alarm = Some((deadline, key));
            }
            None => {
                let key = turn.wheel.insert(deadline, turn.token);
                self.alarm = Some((deadline, key));
            }
        }
    }

    /// A peer that is gone altogether is reported for as long as the socket is registered, so one
    /// that nothing is wanted of is taken out; what is still unread there waits behind the pause.
    fn hung_up(&mut self, turn: &Turn) {
        if let Ok(Some(error)) = self.socket.take_error() {
            self.connection.finish(&error.into());
        } else if !self.connection.wants_input() && self.registered.take().is_some() {
            let _ = turn.inbox.poller.remove(&self.socket);
        }
    }
}

impl<P> Entry for Stream<P>
where
    P: Protocol + 'static,
    P::Message: 'static,
{
    fn start(&mut self, turn: &mut Turn) -> Next {
        self.call(turn, |connection, turn| connection.start(turn.now));
        self.settle(turn)
    }

    fn ready(&mut self, found: Found, turn: &mut Turn) -> Next {
        if found.write {
            self.blocked = false;
        }
        if found.hung_up {
            self.hung_up(turn);
        }
        if found.read && self.connection.wants_input() {
            self.read(turn);
        }
        self.settle(turn)
    }

    fn wake(&mut self, turn: &mut Turn) -> Next {
        if let Some((at, key)) = self.alarm
            && at <= turn.now
        {
            turn.wheel.remove(key);
            self.alarm = None;
        }
        let mut more = false;
        self.call(turn, |connection, turn| more = connection.poll(turn.now, None));
        if more {
            turn.lane.push(Errand::Wake(turn.token));
        }
        self.settle(turn)
    }

    fn post(&mut self, turn: &mut Turn) -> Next {
        self.borrow_buffer(turn);
        let _span = tracing::enabled!(tracing::Level::DEBUG).then(|| self.span().entered());
        self.connection.post(turn.now);
        Next::Stay
    }

    fn deliver(&mut self, said: &dyn Said, flush: Flush, turn: &mut Turn) -> Next {
        if flush == Flush::Now {
            self.connection.lend(&mut turn.spare);
            self.connection.deliver(turn.now, said);
            return self.settle(turn);
        }
        self.borrow_buffer(turn);
        self.connection.deliver(turn.now, said);
        Next::Stay
    }

    fn flush(&mut self, turn: &mut Turn) -> Next {
        if !self.blocked {
            self.write(turn);
        }
        let mut buffer = Vec::new();
        self.connection.reclaim(&mut buffer);
        turn.give_back(buffer);
        self.arrange(turn)
    }

    fn close(&mut self, turn: &mut Turn) -> Next {
        self.call(turn, |connection, turn| connection.begin_shutdown(turn.now));
        self.settle(turn)
    }

    fn lose(&mut self, reason: &Reason, turn: &mut Turn) {
        if let Some((_, key)) = self.alarm.take() {
            turn.wheel.remove(key);
        }
        if self.registered.take().is_some() {
            // Closing the socket would do; other pollers than epoll want to be told.
            let _ = turn.inbox.poller.remove(&self.socket);
        }
        tracing::debug!(peer = %self.connection.peer().address, %reason, "connection lost");
        self.connection.finish(reason);
    }

    fn kind(&self) -> Kind {
        Kind::Stream
    }

    fn describe(&self) -> String {
        self.connection.peer().address.to_string()
    }
}

//! IRC clients in memory, on a clock of their own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_protocol::{Address, Connection, Factory, Limits, Peer, Reason};
use ropewalk_words::irc::{Irc, IrcServer, IrcSettings};
use ropewalk_words::{Hall, Settings, Timestamp};

/// A server and its clients; nothing happens until somebody sends or time passes.
pub(crate) struct Chat {
    pub(crate) server: IrcServer,
    pub(crate) now: Instant,
    pub(crate) limits: Limits,
    clients: Vec<Client>,
}

struct Client {
    connection: Option<Connection<Irc>>,
    /// Lines that arrived and were not looked at.
    heard: Vec<u8>,
    reads: bool,
    /// What arrives is counted and dropped.
    counts: bool,
    taken: usize,
}

/// One of the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who(pub(crate) usize);

impl Chat {
    pub(crate) fn new() -> Self {
        Self::with(IrcSettings::default())
    }

    pub(crate) fn with(settings: IrcSettings) -> Self {
        Self::with_realm(settings, Settings::default())
    }

    pub(crate) fn with_realm(settings: IrcSettings, realm: Settings) -> Self {
        let now = Instant::now();
        let hall = Hall::new(realm, now, Timestamp::from_millis(1_700_000_000_000));
        let server = IrcServer::new(hall, settings, now).unwrap();
        Self { server, now, limits: Limits::default(), clients: Vec::new() }
    }

    /// Connects somebody who says nothing yet.
    pub(crate) fn connect(&mut self) -> Who {
        let connection = self.connection();
        self.clients.push(Client {
            connection: Some(connection),
            heard: Vec::new(),
            reads: true,
            counts: false,
            taken: 0,
        });
        Who(self.clients.len() - 1)
    }

    /// A connection that has started, for whoever drives it.
    pub(crate) fn connection(&mut self) -> Connection<Irc> {
        let address = Address::Tcp(([192, 0, 2, 7], 40_000).into());
        let peer = Peer::new(address, Address::Unnamed);
        let irc = self.server.build(&peer).unwrap();
        let mut connection = Connection::new(irc, peer, Arc::new(self.limits.clone()));
        connection.start(self.now);
        connection
    }

    /// Connects somebody and registers them; the welcome is looked at already.
    pub(crate) fn user(&mut self, nick: &str) -> Who {
        let who = self.connect();
        self.send(who, &format!("NICK {nick}\r\nUSER {nick} 0 * :Real {nick}\r\n"));
        let welcome = self.hears(who);
        assert!(welcome[0].contains(" 001 "), "{welcome:?}");
        who
    }

    /// The same, in a room, with what joining it showed looked at.
    pub(crate) fn member(&mut self, nick: &str, room: &str) -> Who {
        let who = self.user(nick);
        self.send(who, &format!("JOIN {room}\r\n"));
        self.hears(who);
        who
    }

    /// Sends text as it is, and lets everything happen that follows.
    pub(crate) fn send(&mut self, who: Who, text: &str) {
        self.send_bytes(who, text.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, who: Who, bytes: &[u8]) {
        self.feed(who, bytes);
        self.settle();
    }

    /// One line, and what comes back for it.
    pub(crate) fn ask(&mut self, who: Who, line: &str) -> Vec<String> {
        self.send(who, &format!("{line}\r\n"));
        self.hears(who)
    }

    /// Gives the bytes to the connection and does nothing else.
    pub(crate) fn feed(&mut self, who: Who, bytes: &[u8]) {
        if let Some(connection) = &mut self.clients[who.0].connection {
            connection.feed(self.now, &mut BytesMut::from(bytes));
        }
    }

    /// The same, from a buffer that is used again.
    pub(crate) fn feed_buffer(&mut self, who: Who, input: &mut BytesMut) {
        if let Some(connection) = &mut self.clients[who.0].connection {
            connection.feed(self.now, input);
        }
    }

    /// Counts what arrives instead of keeping it.
    pub(crate) fn drop_heard(&mut self, counts: bool) {
        self.clients.iter_mut().for_each(|client| client.counts = counts);
    }

    /// How many bytes arrived in all.
    pub(crate) fn taken(&self, who: Who) -> usize {
        self.clients[who.0].taken
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.settle();
    }

    /// The client takes nothing from now on, or again.
    pub(crate) fn set_reading(&mut self, who: Who, reads: bool) {
        self.clients[who.0].reads = reads;
        self.settle();
    }

    /// The client is gone without a word.
    pub(crate) fn lose(&mut self, who: Who, reason: &Reason) {
        let client = &mut self.clients[who.0];
        if let Some(mut connection) = client.connection.take() {
            connection.finish(reason);
        }
        self.settle();
    }

    /// The program forgets the connection, without telling it why.
    pub(crate) fn forget(&mut self, who: Who) {
        self.clients[who.0].connection = None;
        self.settle();
    }

    pub(crate) fn end(&mut self, who: Who) {
        if let Some(connection) = &mut self.clients[who.0].connection {
            connection.end(self.now);
        }
        self.settle();
    }

    /// The lines that arrived since the last look, without their ends.
    pub(crate) fn hears(&mut self, who: Who) -> Vec<String> {
        let heard = std::mem::take(&mut self.clients[who.0].heard);
        let text = String::from_utf8_lossy(&heard).into_owned();
        assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    pub(crate) fn is_connected(&self, who: Who) -> bool {
        self.clients[who.0].connection.is_some()
    }

    pub(crate) fn wants_input(&self, who: Who) -> bool {
        self.clients[who.0].connection.as_ref().is_some_and(Connection::wants_input)
    }

    pub(crate) fn queued(&self, who: Who) -> usize {
        self.clients[who.0].connection.as_ref().map_or(0, Connection::queued)
    }

    /// Until nothing happens any more.
    pub(crate) fn settle(&mut self) {
        while self
            .clients
            .iter_mut()
            .filter_map(|client| client.turn(self.now).then_some(()))
            .count()
            > 0
        {}
    }
}

impl Client {
    /// One turn of a driver; whether anything happened.
    fn turn(&mut self, now: Instant) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        let before = connection.queued();
        let mut busy = connection.poll(now, None) || connection.queued() != before;
        while self.reads && connection.queued() > 0 {
            let length = connection.outgoing().len();
            if !self.counts {
                self.heard.extend_from_slice(connection.outgoing());
            }
            self.taken += length;
            connection.sent(now, length);
            busy = true;
        }
        if connection.wants_shutdown() {
            connection.shut_down(now);
            connection.end(now);
            busy = true;
        }
        if let Some(reason) = connection.over().cloned() {
            connection.finish(&reason);
            self.connection = None;
            busy = true;
        }
        busy
    }
}

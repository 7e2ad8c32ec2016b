//! Whole connections against the realm.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_irc::{LINE_LIMIT, Message};
use ropewalk_protocol::{Connection, Factory, Limits, Peer};
use ropewalk_words::irc::{Flood, Irc, IrcServer, IrcSettings};
use ropewalk_words::{Config, Hall, RealmLimits, Settings, Timestamp};

/// Three IRC clients, as a play in lines. The first byte of each says who and what: `0` to `2`
/// send the rest as a line, `a` to `c` send it without an end, `x` to `z` leave, `t` lets time
/// pass, `p` gives every connection a turn; anything else is sent by the first as it is.
pub fn irc(data: &[u8]) {
    let mut play = Play::new();
    for line in data.split(|byte| *byte == b'\n').take(500) {
        let (first, rest) = line.split_first().map_or((b'p', line), |(first, rest)| (*first, rest));
        match first {
            b'0'..=b'2' => play.send(first - b'0', &[rest, b"\r\n"].concat()),
            b'a'..=b'c' => play.send(first - b'a', rest),
            b'x'..=b'z' => play.clients[usize::from(first - b'x')] = None,
            b't' => play.now += Duration::from_secs(25),
            b'p' => play.turn(),
            _ => play.send(0, line),
        }
    }
    (0..3).for_each(|_| play.turn());
    // The configuration is read from files: anything may be in one.
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Config::parse(text, |_| Ok(()));
    }
}

struct Play {
    clients: [Option<Client>; 3],
    now: Instant,
}

struct Client {
    connection: Connection<Irc>,
    heard: Vec<u8>,
}

impl Play {
    fn new() -> Self {
        let now = Instant::now();
        // Small limits are reached by small inputs.
        let limits =
            RealmLimits { rooms_per_user: 3, masks: 2, invitations: 1, ..RealmLimits::default() };
        let settings = Settings { limits, ..Settings::default() };
        let hall = Hall::new(settings, now, Timestamp::from_millis(1_700_000_000_000));
        let flood = Flood { burst: 200, rate: 10, pending: 4096 };
        let settings = IrcSettings { flood, sendq: 200_000, ..IrcSettings::default() };
        let mut server = IrcServer::new(hall, settings, now).expect("they are right");
        let limits = Arc::new(Limits::default());
        let clients = std::array::from_fn(|number| {
            let irc = server.build(&Peer::unnamed()).expect("nobody is refused");
            let connection = Connection::new(irc, Peer::unnamed(), Arc::clone(&limits));
            let mut client = Client { connection, heard: Vec::new() };
            client.connection.start(now);
            let hello = format!("NICK n{number}\r\nUSER u 0 * :r\r\nJOIN #r\r\n");
            // The last is nobody yet.
            if number < 2 {
                client.connection.feed(now, &mut BytesMut::from(&*hello));
            }
            Some(client)
        });
        let mut play = Self { clients, now };
        play.turn();
        play
    }

    fn send(&mut self, who: u8, bytes: &[u8]) {
        if let Some(client) = &mut self.clients[usize::from(who)] {
            client.connection.feed(self.now, &mut BytesMut::from(bytes));
        }
    }

    fn turn(&mut self) {
        for place in &mut self.clients {
            let Some(client) = place else { continue };
            client.turn(self.now);
            if let Some(reason) = client.connection.over().cloned() {
                client.connection.finish(&reason);
                *place = None;
            }
        }
    }
}

impl Client {
    fn turn(&mut self, now: Instant) {
        while self.connection.poll(now, None) {}
        while self.connection.queued() > 0 {
            let length = self.connection.outgoing().len();
            self.heard.extend_from_slice(self.connection.outgoing());
            self.connection.sent(now, length);
        }
        if self.connection.wants_shutdown() {
            self.connection.shut_down(now);
            self.connection.end(now);
        }
        check(&std::mem::take(&mut self.heard));
    }
}

/// Everything sent is whole lines that are not too long and that can be read.
fn check(mut heard: &[u8]) {
    while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
        let (line, rest) = heard.split_at(end + 1);
        heard = rest;
        let text = line.strip_suffix(b"\r\n").expect("lines end with CR and LF");
        let message = Message::parse(text).expect("what is sent can be read");
        let length = line.len() - message.tags.wire_len();
        assert!(length <= LINE_LIMIT, "{length} bytes: {}", line.escape_ascii());
    }
    assert!(heard.is_empty(), "half a line: {}", heard.escape_ascii());
}

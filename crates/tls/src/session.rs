//! One connection's rustls, between the wire and the plain bytes.

use std::{
    io::{self, BufRead, IoSlice, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use ropewalk_protocol::{Outbox, Reason, TlsFacts, Wire};
use rustls::{
    ClientConfig, ClientConnection, Connection, Error, HandshakeKind, ServerConnection,
    pki_types::ServerName,
};

use crate::{facts, filter::Start, refusal, server::Current};

/// From the beginning of the handshake to the end of the connection.
pub(crate) struct Session {
    connection: Connection,
    side: Side,
    /// Until when the handshake has to be done; `None` when it is.
    deadline: Option<Instant>,
    limit: Duration,
    /// Bytes of the handshake so far.
    received: usize,
    /// The peer has sent its `close_notify`.
    ended: bool,
}

enum Side {
    Server(Arc<Current>),
    Client(Arc<ClientConfig>, ServerName<'static>),
}

impl Session {
    pub(crate) fn new(start: &Start, now: Instant) -> Result<Self, Error> {
        let (connection, side, limit) = match start {
            Start::Server(tls) => {
                let current = tls.current();
                let connection = ServerConnection::new(Arc::clone(&current.config))?;
                (Connection::Server(connection), Side::Server(current), tls.handshake_timeout())
            }
            Start::Client(tls, name) => {
                let config = Arc::clone(&tls.config);
                let connection = ClientConnection::new(Arc::clone(&config), name.clone())?;
                let side = Side::Client(config, name.clone());
                (Connection::Client(connection), side, tls.handshake_timeout)
            }
        };
        let deadline = now.checked_add(limit);
        Ok(Self { connection, side, deadline, limit, received: 0, ended: false })
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Takes what arrived, until there is enough in `plain`, or the handshake is done.
    pub(crate) fn receive(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Reason> {
        let handshaking = self.is_handshaking();
        while !input.is_empty() && plain.len() < PLAIN && self.is_handshaking() == handshaking {
            if self.ended {
                // What follows a closure alert is ignored (RFC 8446, section 6.1).
                input.clear();
                break;
            }
            let mut unread = &input[..];
            let read = self.connection.read_tls(&mut unread);
            let count = input.len() - unread.len();
            input.advance(count);
            read.map_err(|error| refusal::layer(error.to_string()))?;
            let processed = self.connection.process_new_packets();
            self.take(plain);
            self.flush(wire);
            let state = processed.map_err(|error| self.refused(&error))?;
            if handshaking {
                self.count(count)?;
            }
            if state.peer_has_closed() {
                self.ended = true;
                wire.end();
            }
        }
        Ok(())
    }

    /// Encrypts all of `plain`, in as few records as hold it.
    pub(crate) fn send(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) -> Result<(), Reason> {
        while !plain.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = plain.slices(&mut slices);
            let taken = match self.connection.writer().write_vectored(&slices[..filled]) {
                Ok(0) => return Err(refusal::layer("the keys of this connection are used up")),
                Ok(taken) => taken,
                Err(error) => return Err(refusal::layer(error.to_string())),
            };
            plain.consume(taken);
            self.flush(wire);
        }
        Ok(())
    }

    /// Says that nothing more comes from us.
    pub(crate) fn finish(&mut self, wire: &mut Wire<'_>) {
        self.connection.send_close_notify();
        self.flush(wire);
    }

    /// What it means that the wire has ended; nothing where the peer had said goodbye.
    pub(crate) fn cut_off(&self) -> Option<Reason> {
        if self.is_handshaking() {
            return Some(refusal::layer("the peer hung up during the handshake"));
        }
        let truncated = "the peer hung up without a close_notify: its last words may be missing";
        (!self.ended).then(|| refusal::layer(truncated))
    }

    /// What the handshake settled.
    pub(crate) fn facts(&self) -> TlsFacts {
        match (&self.connection, &self.side) {
            (Connection::Server(server), Side::Server(current)) => {
                facts::of_server(server, &current.chooser)
            }
            (Connection::Client(client), Side::Client(_, name)) => facts::of_client(client, name),
            // They are made together.
            _ => TlsFacts::default(),
        }
    }

    /// Moves what rustls has to send to the wire.
    pub(crate) fn flush(&mut self, wire: &mut Wire<'_>) {
        while self.connection.wants_write() {
            // Below takes everything and has no errors.
            if self.connection.write_tls(&mut Below(wire)).is_err() {
                return;
            }
        }
    }

    /// Moves what rustls has decrypted to `plain`.
    fn take(&mut self, plain: &mut BytesMut) {
        let mut reader = self.connection.reader();
        while let Ok(chunk) = reader.fill_buf()
            && !chunk.is_empty()
        {
            plain.extend_from_slice(chunk);
            let taken = chunk.len();
            reader.consume(taken);
        }
    }

    /// Counts what a handshake has sent; at its end there is no deadline any more.
    fn count(&mut self, bytes: usize) -> Result<(), Reason> {
        self.received += bytes;
        if !self.is_handshaking() {
            self.deadline = None;
        } else if self.received > HANDSHAKE {
            let received = self.received;
            let what =
                format!("handshake of {received} bytes is longer than the limit of {HANDSHAKE}");
            return Err(refusal::layer(what));
        }
        Ok(())
    }

    fn refused(&self, error: &Error) -> Reason {
        let (peer, alpn) = match &self.side {
            Side::Server(current) => ("client", &current.config.alpn_protocols),
            Side::Client(config, _) => ("server", &config.alpn_protocols),
        };
        refusal::layer(refusal::words(error, peer, alpn))
    }
}

/// The wire as something to write to.
struct Below<'a, 'b>(&'a mut Wire<'b>);

impl Write for Below<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        slices.iter().for_each(|slice| self.0.write(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How long a handshake may take, unless it is said.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Plain bytes from which on a turn's input has to wait. One record, of 16 KiB, may come on top.
const PLAIN: usize = 64 * 1024;
/// Bytes that a peer may send before the handshake is done: some certificate chains are long, and
/// some servers name every authority that they know.
const HANDSHAKE: usize = 60 * 1024;
/// Pieces of output that are taken together into records.
const SLICES: usize = 16;

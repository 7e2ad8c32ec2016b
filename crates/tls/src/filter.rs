//! The filter of one connection.

use std::time::Instant;

use bytes::BytesMut;
use ropewalk_protocol::{Filter, Malformed, Outbox, Reason, Wire};
use rustls::pki_types::ServerName;

use crate::{ClientTls, ServerTls, refusal, session::Session};

/// TLS on one connection, as a [`Filter`] for [`Filtered`](ropewalk_protocol::Filtered).
///
/// Made by [`ServerTls::filter`], [`ServerTls::starttls`] and their like in [`ClientTls`].
///
/// - From the first byte: the protocol above is made when the handshake is done, and finds
///   [`TlsFacts`](ropewalk_protocol::TlsFacts) in its peer.
/// - STARTTLS: everything passes as it is until the protocol above calls
///   [`start_tls`](ropewalk_protocol::Transport::start_tls). What it had written leaves in plain;
///   input that then lies there already ends the connection, so that nothing a stranger slipped in
///   before the handshake is taken for the peer's.
/// - What the protocol writes in a turn leaves in as few records as hold it.
/// - The end of the peer's half is its `close_notify`. A wire that ends without one may have been
///   cut by a stranger, and is a failure.
/// - Where a handshake or a record is refused, the peer gets the alert, and the protocol above (if
///   there is one) hears in words what did not match: a
///   [`Reason::Layer`](ropewalk_protocol::Reason::Layer) of the layer `tls`.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Filtered, Protocol};
/// use ropewalk_testkit::{Harness, Pair};
/// use ropewalk_tls::{ClientTls, Identity, Pin, ServerTls};
///
/// /// Answers STARTTLS, and then says what was settled.
/// struct Server;
/// impl Protocol for Server {
///     type Message = ();
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         if &input.split()[..] == b"STARTTLS\r\n" && cx.can_start_tls() {
///             cx.write(b"go ahead\r\n"); // leaves in plain
///             cx.start_tls();
///         }
///     }
///     fn secured(&mut self, cx: &mut Context<'_, ()>) {
///         let tls = cx.peer().tls.clone().expect("it is secured");
///         cx.write(tls.version.as_bytes()); // leaves encrypted
///     }
/// }
///
/// struct Client(Vec<u8>);
/// impl Protocol for Client {
///     type Message = ();
///     fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///         cx.write(b"STARTTLS\r\n");
///     }
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         let input = input.split();
///         if &input[..] == b"go ahead\r\n" {
///             cx.start_tls();
///         } else {
///             self.0.extend(input);
///         }
///     }
/// }
///
/// let key = rcgen::generate_simple_self_signed(["irc.example".to_owned()])?;
/// let chain = key.cert.der().to_vec();
/// let pin = Pin::of(&chain).expect("it is a certificate");
/// let identity = Identity::der(vec![chain.into()], key.signing_key.serialize_der());
/// let server = ServerTls::builder().identity(identity).build()?;
/// let client = ClientTls::builder().pin(pin).build()?;
///
/// let mut pair = Pair::of(
///     Harness::new(Filtered::around(client.starttls("irc.example")?, Client(Vec::new()))),
///     Harness::new(Filtered::around(server.starttls(), Server)),
///     std::time::Duration::ZERO,
/// );
/// pair.run();
/// assert_eq!(pair.a.protocol().inner().expect("it opened at once").0, b"TLSv1.3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tls {
    start: Start,
    state: State,
}

/// What a handshake begins with.
pub(crate) enum Start {
    Server(ServerTls),
    Client(ClientTls, ServerName<'static>),
}

enum State {
    /// TLS from the first byte, which has not come.
    New,
    /// STARTTLS, not begun.
    Plain,
    Secure(Box<Session>),
    Failed,
}

impl Tls {
    /// From the first byte.
    pub(crate) fn new(start: Start) -> Self {
        Self { start, state: State::New }
    }

    /// STARTTLS.
    pub(crate) fn plain(start: Start) -> Self {
        Self { start, state: State::Plain }
    }

    /// Whether a handshake is under way.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        matches!(&self.state, State::Secure(session) if session.is_handshaking())
    }

    /// Whether the handshake is done.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        matches!(&self.state, State::Secure(session) if !session.is_handshaking())
    }

    /// Whether the handshake took up a session from before.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        matches!(&self.state, State::Secure(session) if session.is_resumed())
    }

    fn begin(&mut self, wire: &mut Wire<'_>) {
        match Session::new(&self.start, wire.now()) {
            Ok(mut session) => {
                session.flush(wire);
                self.state = State::Secure(Box::new(session));
            }
            Err(error) => self.fail(wire, refusal::layer(error.to_string())),
        }
    }

    fn fail(&mut self, wire: &mut Wire<'_>, reason: Reason) {
        tracing::debug!(peer = %wire.peer().address, "{reason}");
        self.state = State::Failed;
        wire.fail(reason);
    }
}

impl Filter for Tls {
    fn connection_made(&mut self, wire: &mut Wire<'_>) {
        match self.state {
            State::Plain => wire.open(),
            _ => self.begin(wire),
        }
    }

    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        match &mut self.state {
            State::Secure(session) => {
                let was_plain = session.is_handshaking();
                if let Err(reason) = session.receive(wire, input, plain) {
                    self.fail(wire, reason);
                } else if was_plain && !session.is_handshaking() {
                    wire.amend().tls = Some(session.facts().into());
                    // One of the two is waited for.
                    wire.open();
                    wire.secured();
                }
            }
            // A copy: this input does not keep the reader's buffer alive.
            State::Plain => plain.extend_from_slice(&input.split()),
            State::New | State::Failed => input.clear(),
        }
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        match &mut self.state {
            State::Secure(session) => {
                if let Err(reason) = session.send(wire, plain) {
                    self.fail(wire, reason);
                }
            }
            State::Plain => wire.pass(plain),
            State::New | State::Failed => plain.clear(),
        }
    }

    fn finish(&mut self, wire: &mut Wire<'_>) {
        if let State::Secure(session) = &mut self.state {
            session.finish(wire);
        }
    }

    fn eof_received(&mut self, wire: &mut Wire<'_>) {
        match &self.state {
            State::Secure(session) => match session.cut_off() {
                Some(reason) => self.fail(wire, reason),
                None => wire.end(),
            },
            State::New | State::Plain | State::Failed => wire.end(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Secure(session) => session.deadline(),
            _ => None,
        }
    }

    fn timed_out(&mut self, wire: &mut Wire<'_>) {
        if let State::Secure(session) = &self.state
            && session.is_handshaking()
        {
            let limit = session.limit();
            self.fail(wire, refusal::layer(format!("no handshake within {limit:?}")));
        }
    }

    fn can_start_tls(&self) -> bool {
        matches!(self.state, State::Plain)
    }

    fn start_tls(&mut self, wire: &mut Wire<'_>) {
        if self.can_start_tls() {
            self.begin(wire);
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("handshaking", &self.is_handshaking())
            .field("secure", &self.is_secure())
            .finish_non_exhaustive()
    }
}

//! The IRC front end: sessions of the realm that speak IRC.
//!
//! [`IrcServer`] makes one [`Irc`] for each connection. It follows RFC 2812 as clients have come to
//! know it, and says in 005 (`RPL_ISUPPORT`) what differs.
//!
//! ```
//! use std::{sync::Arc, time::Instant};
//! use bytes::BytesMut;
//! use ropewalk_protocol::{Connection, Factory, Limits, Peer};
//! use ropewalk_words::{Hall, Settings, Timestamp, irc::{IrcServer, IrcSettings}};
//!
//! let now = Instant::now();
//! let hall = Hall::new(Settings::default(), now, Timestamp::from_millis(0));
//! let mut server = IrcServer::new(hall, IrcSettings::default(), now)?;
//!
//! let irc = server.build(&Peer::unnamed()).unwrap();
//! let mut connection = Connection::new(irc, Peer::unnamed(), Arc::new(Limits::default()));
//! connection.start(now);
//! connection.feed(now, &mut BytesMut::from("NICK ada\r\nUSER ada 0 * :Ada\r\n"));
//! assert!(connection.outgoing().starts_with(b":words.localhost 001 ada :Welcome"));
//! # Ok::<(), ropewalk_words::irc::SettingsError>(())
//! ```

mod answers;
mod bucket;
mod caps;
mod desk;
mod dispatch;
mod encode;
mod handshake;
mod heard;
mod info;
mod letters;
mod lines;
mod list;
mod modes;
mod reply;
mod rooms;
mod server;
mod settings;
mod talk;
mod who;

use std::{collections::VecDeque, time::Instant};

use bytes::{Buf, BytesMut};
use ropewalk_irc::{Message, Numeric, ParseError};
use ropewalk_protocol::{Context, Flow, Protocol, Reason};

use crate::{Applied, Command, Delivery, MessageId, Prefix, Refusal, Seat, UserId};

use self::{
    answers::Answer,
    bucket::Bucket,
    caps::{Cap, Caps},
    desk::{LINES, Place, Rank},
    handshake::Handshake,
    lines::{Cut, Lines},
};

pub use server::{IrcServer, SettingsError};
pub use settings::{Flood, IrcSettings};

type Cx<'a> = Context<'a, Delivery>;

/// One IRC client, as a protocol.
///
/// What a client does to its rooms and to itself comes back to it through the rooms, among what
/// others do, so that everyone sees one order. Until it has come back no further line is handled:
/// replies to later commands come after it.
#[derive(Debug)]
pub struct Irc {
    server: IrcServer,
    /// None before the connection stands, and when the server is full.
    seat: Option<Seat>,
    me: Option<Me>,
    /// What was said before registration; none after it.
    handshake: Option<Box<Handshake>>,
    clock: Option<Clock>,
    lines: Lines,
    caps: Caps,
    /// The event of our own that has to come back before the next line is handled.
    awaiting: Option<MessageId>,
    /// The last event that may come more than once.
    repeated: Option<MessageId>,
    /// What is still to be written, as the connection drains.
    answers: VecDeque<Answer>,
    turn: Turn,
}

/// What it may still say, before others have theirs.
#[derive(Debug, Default)]
struct Turn {
    /// Lines.
    left: u8,
    /// Where it stands in line; boxed, for hardly any session does.
    place: Option<Box<Place>>,
    /// It has stood in line for the next line already.
    called: bool,
}

/// Who the session is.
#[derive(Debug)]
struct Me {
    id: UserId,
    prefix: Prefix,
}

/// What time means to a connection.
#[derive(Debug)]
struct Clock {
    bucket: Bucket,
    begun: Instant,
    /// When something was last received.
    heard: Instant,
    /// When it was last asked whether it is there, if it has not answered.
    pinged: Option<Instant>,
    /// Until when no line is handled, since there were too many.
    lagged: Option<Instant>,
}

impl Irc {
    pub(crate) fn new(server: IrcServer) -> Self {
        Self {
            server,
            seat: None,
            me: None,
            handshake: Some(Box::default()),
            clock: None,
            lines: Lines::default(),
            caps: Caps::default(),
            awaiting: None,
            repeated: None,
            answers: VecDeque::new(),
            turn: Turn::default(),
        }
    }

    fn settings(&self) -> &IrcSettings {
        self.server.settings()
    }

    fn nick(&self) -> &[u8] {
        match (&self.me, &self.handshake) {
            (Some(me), _) => me.prefix.nick(),
            (None, Some(handshake)) => handshake.nick(),
            (None, None) => b"*",
        }
    }

    /// Handles the lines of `input` as long as the connection takes more; gives how much is done.
    fn handle_lines(&mut self, cx: &mut Cx<'_>, input: &[u8]) -> usize {
        let mut used = 0;
        while used < input.len() && cx.flow() == Flow::Open {
            if self.is_lagging(cx, input.len() - used) || self.stands_in_line(cx, &input[used..]) {
                break;
            }
            let (length, cut) = self.lines.cut(&input[used..]);
            match cut {
                Cut::Line(line) => self.handle_line(cx, line),
                Cut::TooLong => {
                    self.spend(cx);
                    self.reply(cx, Numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
                }
                Cut::Rest => {}
                Cut::Part => break,
            }
            used += length;
        }
        used
    }

    fn handle_line(&mut self, cx: &mut Cx<'_>, line: &[u8]) {
        self.spend(cx);
        match Message::parse(line) {
            Ok(message) => self.dispatch(cx, &message),
            Err(ParseError::Empty) => {}
            Err(why) => self.reply(cx, Numeric::ERR_UNKNOWNERROR, &[b"*"], why.to_string()),
        }
    }

    fn spend(&mut self, cx: &Cx<'_>) {
        let flood = self.settings().flood;
        if let Some(clock) = &mut self.clock {
            clock.bucket.spend(&flood, cx.now());
        }
    }

    /// Whether the client has to wait, as it sent too much. With too much waiting it is cut off.
    fn is_lagging(&mut self, cx: &mut Cx<'_>, waiting: usize) -> bool {
        let flood = self.settings().flood;
        let Some(clock) = &mut self.clock else { return false };
        clock.lagged = clock.bucket.empty_until(&flood, cx.now());
        if clock.lagged.is_none() {
            return false;
        }
        if waiting > flood.pending {
            self.end(cx, "Excess Flood");
        } else {
            cx.pause_reading();
        }
        true
    }

    /// Whether the line that `input` begins with has to wait until others have had their turn.
    fn stands_in_line(&mut self, cx: &mut Cx<'_>, input: &[u8]) -> bool {
        let rank = Rank::of(input);
        if self.turn.left > 0 && (rank != Rank::Behind || self.turn.called) {
            self.turn.left -= 1;
            self.turn.called = false;
            return false;
        }
        let mailbox = cx.mailbox();
        self.turn.place = Some(Box::new(self.server.desk().enter(cx.now(), rank, mailbox)));
        cx.pause_reading();
        true
    }

    /// It is this session's turn.
    #[cold]
    #[inline(never)]
    fn called(&mut self, cx: &mut Cx<'_>) {
        self.turn.place = None;
        self.turn.called = true;
        self.resume(cx);
    }

    /// Whether the next line has to wait: for an event of our own, or for its turn.
    fn is_held(&self) -> bool {
        self.awaiting.is_some()
            || self.turn.place.is_some()
            || self.clock.as_ref().is_some_and(|clock| clock.lagged.is_some())
    }

    /// Lets lines in again, unless something stands in their way.
    fn resume(&mut self, cx: &mut Cx<'_>) {
        if !self.is_held() {
            cx.resume_reading();
        }
    }

    /// Asks the realm. When that comes back as an event the next line waits for it.
    fn apply(&mut self, cx: &mut Cx<'_>, command: Command<'_>) -> Result<Applied, Refusal> {
        let seat = self.seat.as_ref().ok_or(Refusal::NoSuchSession)?;
        let waits = !matches!(command, Command::Say { .. } | Command::SetAway { .. })
            || matches!(command, Command::Say { .. }) && self.caps.has(Cap::EchoMessage);
        let applied = seat.apply(cx.now(), command)?;
        if waits && applied.own.is_some() {
            self.awaiting = applied.own;
            cx.pause_reading();
        }
        Ok(applied)
    }

    /// Ends the session for `reason`, which others see, and says so.
    fn end(&mut self, cx: &mut Cx<'_>, reason: &str) {
        tracing::debug!(nick = %self.nick().escape_ascii(), reason, "ended");
        self.leave(reason.as_bytes());
        self.say_goodbye(cx, reason.as_bytes());
    }

    fn say_goodbye(&mut self, cx: &mut Cx<'_>, reason: &[u8]) {
        let host = server::host_of(&cx.peer().address);
        let text = [b"Closing Link: ", host.as_bytes(), b" (", reason, b")"].concat();
        let mut line = Vec::new();
        // The reason is a line: the realm or this front end made it.
        if Message::new(b"ERROR").trailing(&text).truncated().write_line(&mut line).is_ok() {
            cx.write(&line);
        }
        cx.close();
    }

    fn leave(&mut self, reason: &[u8]) {
        if let Some(seat) = &mut self.seat {
            seat.leave(reason);
        }
    }
}

impl Protocol for Irc {
    type Message = Delivery;

    fn connection_made(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        self.clock = Some(Clock {
            bucket: Bucket::new(now),
            begun: now,
            heard: now,
            pinged: None,
            lagged: None,
        });
        let mailbox = cx.mailbox();
        match self.server.hall().open(now, crate::FrontEnd::Irc, mailbox) {
            Ok(seat) => self.seat = Some(seat),
            Err(_) => self.end(cx, "Server is full"),
        }
    }

    fn data_received(&mut self, cx: &mut Cx<'_>, input: &mut BytesMut) {
        if let Some(clock) = &mut self.clock {
            clock.heard = cx.now();
            clock.pinged = None;
        }
        self.turn.left = LINES;
        let used = self.handle_lines(cx, input);
        if used == input.len() {
            input.clear();
        } else {
            input.advance(used);
        }
    }

    #[inline]
    fn message_received(&mut self, cx: &mut Cx<'_>, message: Delivery) {
        match message {
            Delivery::Event(event) => self.event_received(cx, &event),
            Delivery::Close(reason) => self.say_goodbye(cx, &reason),
            Delivery::Turn => self.called(cx),
        }
    }

    fn drained(&mut self, cx: &mut Cx<'_>) {
        self.write_answers(cx);
    }

    fn eof_received(&mut self, cx: &mut Cx<'_>) {
        self.leave(b"Connection closed");
        cx.close();
    }

    fn deadline(&self) -> Option<Instant> {
        let clock = self.clock.as_ref()?;
        let next = match clock.pinged {
            _ if self.me.is_none() => clock.begun + self.settings().registration,
            Some(at) => at + self.settings().pong,
            None => clock.heard + self.settings().ping,
        };
        Some(clock.lagged.map_or(next, |lagged| lagged.min(next)))
    }

    fn timed_out(&mut self, cx: &mut Cx<'_>) {
        self.time_passed(cx);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        let text = heard::quit_text(reason);
        self.leave(text.as_bytes());
        self.turn.place = None;
    }
}

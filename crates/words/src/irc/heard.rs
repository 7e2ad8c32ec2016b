//! What happens to a session from outside: events, time, the end of its connection.

use std::sync::Arc;

use ropewalk_irc::Message;
use ropewalk_protocol::Reason;

use crate::{Event, RoomRef, UserId, What};

use super::{Cap, Cx, Irc, encode};

impl Irc {
    /// Shows an event to the client. Takes no lock and, for what others say, allocates nothing
    /// beyond what the first member encodes for all.
    #[inline]
    pub(super) fn event_received(&mut self, cx: &mut Cx<'_>, event: &Arc<Event>) {
        if self.shows(event) {
            let form = encode::form(event, self.caps);
            cx.write(event.form(form, || encode::encode(event, form)));
        }
        if cx.queued() > self.settings().sendq {
            self.leave(b"SendQ exceeded");
            return cx.abort();
        }
        if !matches!(event.what, What::Said { .. } | What::Told { .. }) {
            self.take_note(cx, event);
        }
        if self.awaiting.is_some_and(|awaited| event.id >= awaited) {
            self.awaiting = None;
            self.resume(cx);
        }
    }

    /// Whether the client is told of an event.
    #[inline]
    fn shows(&mut self, event: &Event) -> bool {
        if event.repeats() {
            if self.repeated == Some(event.id) {
                return false;
            }
            self.repeated = Some(event.id);
        }
        match event.what {
            What::Said { .. } => self.caps.has(Cap::EchoMessage) || event.origin != self.session(),
            What::AwayChanged { .. } => {
                self.caps.has(Cap::AwayNotify) && !self.is_me(event.from.id)
            }
            _ => true,
        }
    }

    /// What an event means to the session itself.
    fn take_note(&mut self, cx: &mut Cx<'_>, event: &Event) {
        if !self.is_me(event.from.id) {
            return;
        }
        match &event.what {
            What::Renamed { to } => {
                if let Some(me) = &mut self.me {
                    me.prefix = to.clone();
                }
            }
            What::Joined { room, .. } => self.entered(cx, room),
            _ => {}
        }
    }

    /// Shows a room to a client that has just joined it.
    fn entered(&mut self, cx: &mut Cx<'_>, room: &RoomRef) {
        self.write_topic(cx, room.id, &room.name);
        self.answer_names(cx, &room.name);
    }

    fn session(&self) -> Option<crate::SessionId> {
        self.seat.as_ref().map(crate::Seat::id)
    }

    pub(super) fn is_me(&self, user: UserId) -> bool {
        self.me.as_ref().is_some_and(|me| me.id == user)
    }

    /// One of the deadlines has come.
    pub(super) fn time_passed(&mut self, cx: &mut Cx<'_>) {
        let (now, registered) = (cx.now(), self.me.is_some());
        let settings = self.server.settings();
        let (ping, pong) = (settings.ping, settings.pong);
        let registration = settings.registration;
        let Some(clock) = &mut self.clock else { return };
        if clock.lagged.is_some_and(|lagged| lagged <= now) {
            clock.lagged = None;
            self.resume(cx);
            return;
        }
        match clock.pinged {
            _ if !registered && clock.begun + registration <= now => {
                self.end(cx, "Registration timed out");
            }
            _ if !registered => {}
            Some(at) if at + pong <= now => {
                let silence = now.saturating_duration_since(clock.heard).as_secs();
                self.end(cx, &format!("Ping timeout: {silence} seconds"));
            }
            None if clock.heard + ping <= now => {
                clock.pinged = Some(now);
                let name = self.server.name().as_bytes();
                self.write_bare(cx, Message::new(b"PING").trailing(name));
            }
            _ => {}
        }
    }
}

/// What others read when a connection ends without a word.
pub(super) fn quit_text(reason: &Reason) -> String {
    match reason {
        Reason::Closed => "Connection closed".to_owned(),
        Reason::Shutdown => "Server shutting down".to_owned(),
        Reason::OutboxFull { .. } | Reason::MailboxFull { .. } => "SendQ exceeded".to_owned(),
        Reason::Io(error) => format!("Read error: {error}"),
        Reason::Killed(why) => why.to_string(),
        Reason::Panicked => "Internal error".to_owned(),
        other => format!("Connection lost: {other}"),
    }
}

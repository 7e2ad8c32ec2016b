//! Events as lines of IRC.

use bytes::Bytes;
use ropewalk_irc::{
    LINE_LIMIT, Message, ModeChange, PARAMS_LIMIT, Sign, Tags, TagsBuf, group_modes, write_modes,
};

use crate::{Calendar, Change, Event, FORMS, MessageKind, What};

use super::{Cap, Caps, letters};

/// The number of the form in which a peer with `caps` is told of an event.
#[inline]
pub(super) fn form(event: &Event, caps: Caps) -> usize {
    let timed = usize::from(caps.has(Cap::ServerTime));
    let told_away = match event.what {
        What::Joined { away: Some(_), .. } => usize::from(caps.has(Cap::AwayNotify)),
        _ => 0,
    };
    timed | told_away << 1
}

const _: () = assert!(FORMS >= 4, "each form has a place");

/// The lines of an event in one form.
pub(super) fn encode(event: &Event, form: usize) -> Bytes {
    let mut tags = TagsBuf::default();
    if form & 1 != 0 {
        // A time is a few letters, digits and marks: it is always a right value.
        let _ = tags.push(b"time", Calendar::from(event.at).iso().as_bytes());
    }
    let mut line = Line { out: Vec::new(), tags: tags.as_tags(), event };
    line.put_event(form & 2 != 0);
    Bytes::from(line.out)
}

struct Line<'a> {
    out: Vec<u8>,
    tags: Tags<'a>,
    event: &'a Event,
}

impl Line<'_> {
    fn put(&mut self, message: Message<'_>) {
        let prefix = self.event.from.prefix.as_bytes();
        let message = message.prefix(prefix).tags(self.tags).truncated();
        // As long as it is: a vector without spare room becomes `Bytes` as it is.
        self.out.reserve_exact(message.body_len() + self.tags.wire_len() + b"\r\n".len());
        // What the realm lets through can be written; if it could not, silence is what is left.
        let _ = message.write_line(&mut self.out);
    }

    fn put_event(&mut self, away_too: bool) {
        let event = self.event;
        match &event.what {
            What::Said { room, kind, text } => {
                self.put(Message::new(command(*kind)).param(&room.name).trailing(text));
            }
            What::Told { to, kind, text } => {
                self.put(Message::new(command(*kind)).param(to.prefix.nick()).trailing(text));
            }
            What::Joined { room, away, .. } => {
                self.put(Message::new(b"JOIN").param(&room.name));
                if let Some(away) = away.as_ref().filter(|_| away_too) {
                    self.put(Message::new(b"AWAY").trailing(away));
                }
            }
            What::Parted { room, reason } => {
                self.put(with_reason(Message::new(b"PART").param(&room.name), reason));
            }
            What::Quit { reason } => self.put(Message::new(b"QUIT").trailing(reason)),
            What::Kicked { room, who, reason } => {
                let nick = who.prefix.nick();
                let reason = if reason.is_empty() { event.from.prefix.nick() } else { reason };
                self.put(Message::new(b"KICK").param(&room.name).param(nick).trailing(reason));
            }
            What::Renamed { to } => self.put(Message::new(b"NICK").param(to.nick())),
            What::TopicChanged { room, topic } => {
                self.put(Message::new(b"TOPIC").param(&room.name).trailing(topic));
            }
            What::ModesChanged { room, changes } => self.put_modes(&room.name, changes),
            What::Invited { room, who } => {
                self.put(Message::new(b"INVITE").param(who.prefix.nick()).param(&room.name));
            }
            What::AwayChanged { message: Some(text) } => {
                self.put(Message::new(b"AWAY").trailing(text));
            }
            What::AwayChanged { message: None } => self.put(Message::new(b"AWAY")),
            What::UserModeChanged { mode, set } => {
                let change = [if *set { b'+' } else { b'-' }, letters::user_letter(*mode)];
                self.put(Message::new(b"MODE").param(event.from.prefix.nick()).param(&change));
            }
        }
    }

    /// As many lines as it takes.
    fn put_modes(&mut self, room: &[u8], changes: &[Change]) {
        let limits: Vec<String> = changes.iter().map(limit_text).collect();
        let changes: Vec<_> = changes
            .iter()
            .zip(&limits)
            .map(|(change, limit)| written(change, limit.as_bytes()))
            .collect();
        let used = self.event.from.prefix.as_bytes().len() + room.len() + b": MODE  \r\n".len();
        for group in group_modes(&changes, ARGUMENTS, LINE_LIMIT.saturating_sub(used)) {
            let mut text = Vec::new();
            write_modes(group, &mut text);
            let words = text.split(|byte| *byte == b' ');
            let message = words.fold(Message::new(b"MODE").param(room), Message::param);
            self.put(message);
        }
    }
}

/// How many changes with an argument a `MODE` has room for beside the channel and the letters.
pub(super) const ARGUMENTS: usize = PARAMS_LIMIT - 2;

pub(super) const fn command(kind: MessageKind) -> &'static [u8] {
    match kind {
        MessageKind::Privmsg => b"PRIVMSG",
        MessageKind::Notice => b"NOTICE",
    }
}

fn with_reason<'a>(message: Message<'a>, reason: &'a [u8]) -> Message<'a> {
    if reason.is_empty() { message } else { message.trailing(reason) }
}

pub(super) fn limit_text(change: &Change) -> String {
    match change {
        Change::SetLimit(limit) => limit.to_string(),
        _ => String::new(),
    }
}

/// A change with its letter; `limit` is what [`limit_text`] made of it.
pub(super) fn written<'a>(change: &'a Change, limit: &'a [u8]) -> ModeChange<'a> {
    use ropewalk_irc::ModeKind::{Always, Flag, List, WhenSet};
    let status = ropewalk_irc::ModeKind::Status { symbol: b' ' };
    let (sign, letter, kind, argument) = match change {
        Change::Set(flag) => (Sign::Plus, letters::flag_letter(*flag), Flag, None),
        Change::Clear(flag) => (Sign::Minus, letters::flag_letter(*flag), Flag, None),
        Change::SetKey(key) => (Sign::Plus, b'k', Always, Some(&**key)),
        Change::ClearKey => (Sign::Minus, b'k', Always, Some(&b"*"[..])),
        Change::SetLimit(_) => (Sign::Plus, b'l', WhenSet, Some(limit)),
        Change::ClearLimit => (Sign::Minus, b'l', WhenSet, None),
        Change::Add(list, mask) => (Sign::Plus, letters::list_letter(*list), List, Some(&**mask)),
        Change::Remove(list, mask) => {
            (Sign::Minus, letters::list_letter(*list), List, Some(&**mask))
        }
        Change::Grant(role, nick) => {
            (Sign::Plus, letters::role_letter(*role), status, Some(&**nick))
        }
        Change::Revoke(role, nick) => {
            (Sign::Minus, letters::role_letter(*role), status, Some(&**nick))
        }
    };
    ModeChange { sign, letter, kind, argument }
}

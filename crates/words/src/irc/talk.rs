//! PRIVMSG, NOTICE, AWAY, QUIT, PING.

use bytes::Bytes;
use ropewalk_irc::{Message, Numeric, truncate_text};

use crate::{Applied, Command, MessageKind, Outcome, Refusal, Target};

use super::{Cap, Cx, Irc, encode, letters::TARGETS};

impl Irc {
    pub(super) fn privmsg(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        self.speak(cx, message, MessageKind::Privmsg);
    }

    pub(super) fn notice(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        self.speak(cx, message, MessageKind::Notice);
    }

    fn speak(&mut self, cx: &mut Cx<'_>, message: &Message<'_>, kind: MessageKind) {
        let command = encode::command(kind);
        // A notice must not be answered (RFC 2812, section 3.3.2).
        let answered = kind == MessageKind::Privmsg;
        let Some(targets) = message.params.first().filter(|targets| !targets.is_empty()) else {
            if answered {
                let text = format!("No recipient given ({})", String::from_utf8_lossy(command));
                self.reply(cx, Numeric::ERR_NORECIPIENT, &[], text);
            }
            return;
        };
        let Some(text) = message.params.get(1).filter(|text| !text.is_empty()) else {
            if answered {
                self.reply(cx, Numeric::ERR_NOTEXTTOSEND, &[], "No text to send");
            }
            return;
        };
        let text = Bytes::copy_from_slice(text);
        // Sharing the text would cost an allocation that a single target does not need.
        if !targets.contains(&b',') {
            return self.speak_to(cx, targets, kind, text);
        }
        let mut targets = targets.split(|byte| *byte == b',').filter(|target| !target.is_empty());
        for target in targets.by_ref().take(TARGETS) {
            self.speak_to(cx, target, kind, text.clone());
        }
        if let Some(target) = targets.next().filter(|_| answered) {
            self.reply(cx, Numeric::ERR_TOOMANYTARGETS, &[target], "Too many targets");
        }
    }

    fn speak_to(&mut self, cx: &mut Cx<'_>, target: &[u8], kind: MessageKind, text: Bytes) {
        let to = if target.starts_with(b"#") { Target::Room(target) } else { Target::User(target) };
        let said = self.apply(cx, Command::Say { to, kind, text });
        let answered = kind == MessageKind::Privmsg;
        match said {
            Ok(applied) => {
                if answered && let Outcome::Told(event) = &applied.outcome {
                    self.say_if_away(cx, event);
                }
                self.echo(cx, &applied);
            }
            Err(why) if answered => match (&why, to) {
                (Refusal::NoSuchNick | Refusal::NoSuchRoom, Target::User(_)) => {
                    self.reply(cx, Numeric::ERR_NOSUCHNICK, &[target], "No such nick");
                }
                _ => self.refused(cx, &why, target, b""),
            },
            Err(_) => {}
        }
    }

    /// Shows a client what it said, if it wants that and will not hear it from the room.
    fn echo(&self, cx: &mut Cx<'_>, applied: &Applied) {
        if !self.caps.has(Cap::EchoMessage) {
            return;
        }
        let event = match &applied.outcome {
            Outcome::Said(event) if applied.own.is_none() => event,
            Outcome::Told(event) => event,
            _ => return,
        };
        let form = encode::form(event, self.caps);
        cx.write(event.form(form, || encode::encode(event, form)));
    }

    fn say_if_away(&self, cx: &mut Cx<'_>, told: &crate::Event) {
        let crate::What::Told { to, .. } = &told.what else { return };
        let away = self.server.hall().read(|realm| realm.user(to.id)?.away.clone());
        if let Some(away) = away {
            self.reply(cx, Numeric::RPL_AWAY, &[to.prefix.nick()], away);
        }
    }

    pub(super) fn away(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let limit = self.server.hall().read(|realm| realm.limits().away);
        let text = message.params.first().map(|text| truncate_text(text, limit));
        let text = text.filter(|text| !text.is_empty());
        if let Err(why) = self.apply(cx, Command::SetAway { message: text }) {
            return self.refused(cx, &why, message.command, b"");
        }
        if text.is_some() {
            self.reply(cx, Numeric::RPL_NOWAWAY, &[], "You have been marked as being away");
        } else {
            self.reply(cx, Numeric::RPL_UNAWAY, &[], "You are no longer marked as being away");
        }
    }

    pub(super) fn quit(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let reason = match message.params.first() {
            Some(reason) if !reason.is_empty() => [b"Quit: ", *reason].concat(),
            _ => b"Client Quit".to_vec(),
        };
        self.leave(&reason);
        self.say_goodbye(cx, &reason);
    }

    pub(super) fn ping(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let name = self.server.name().as_bytes();
        self.write(cx, Message::new(b"PONG").param(name).trailing(message.params[0]));
    }

    /// That anything came was noted already.
    pub(super) fn pong(&mut self, _: &mut Cx<'_>, _: &Message<'_>) {}
}

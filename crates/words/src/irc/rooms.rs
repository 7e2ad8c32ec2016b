//! JOIN, PART, NAMES, TOPIC, KICK, INVITE, and what a room looks like to whoever enters it.

use ropewalk_irc::{Message, Numeric};

use crate::{Command, Flag, Outcome, Refusal, RoomId};

use super::{Answer, Cx, Irc, letters::TARGETS};

impl Irc {
    pub(super) fn join(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        if message.params[0] == b"0" {
            return self.part_all(cx);
        }
        let keys = message.params.get(1).copied().unwrap_or_default();
        let mut keys = list(keys);
        for room in list(message.params[0]).filter(|room| !room.is_empty()) {
            let key = keys.next().filter(|key| !key.is_empty());
            if let Err(why) = self.apply(cx, Command::Join { room, key }) {
                self.refused(cx, &why, room, b"");
            }
        }
    }

    pub(super) fn part(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let reason = self.cut_reason(message.params.get(1).copied().unwrap_or_default());
        for room in list(message.params[0]).filter(|room| !room.is_empty()) {
            if let Err(why) = self.apply(cx, Command::Part { room, reason }) {
                self.refused(cx, &why, room, b"");
            }
        }
    }

    /// `JOIN 0` (RFC 2812, section 3.2.1).
    fn part_all(&mut self, cx: &mut Cx<'_>) {
        let Some(me) = &self.me else { return };
        let rooms: Vec<Vec<u8>> = self.server.hall().read(|realm| {
            let rooms = realm.user(me.id).into_iter().flat_map(crate::User::rooms);
            rooms.filter_map(|id| Some(realm.room(id)?.name().to_vec())).collect()
        });
        for room in &rooms {
            // They are all rooms that the user is in.
            let _ = self.apply(cx, Command::Part { room, reason: b"Left all channels" });
        }
    }

    /// The reason of a part or a kick, as long as it may be.
    pub(super) fn cut_reason<'a>(&self, reason: &'a [u8]) -> &'a [u8] {
        let limit = self.server.hall().read(|realm| realm.limits().reason);
        ropewalk_irc::truncate_text(reason, limit)
    }

    pub(super) fn names(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let Some(rooms) = message.params.first() else {
            return self.end_answer(cx, Numeric::RPL_ENDOFNAMES, b"*", END_OF_NAMES);
        };
        for room in list(rooms).filter(|room| !room.is_empty()) {
            self.answer_names(cx, room);
        }
    }

    /// Answers who is in a room; only that there is nobody, where they may not know.
    pub(super) fn answer_names(&mut self, cx: &mut Cx<'_>, name: &[u8]) {
        let Some(me) = &self.me else { return };
        let found = self.server.hall().read(|realm| {
            let cursor = realm.names(me.id, name)?;
            let (_, room) = realm.room_named(name)?;
            let symbol = match room.flags() {
                flags if flags.has(Flag::Secret) => b'@',
                flags if flags.has(Flag::Private) => b'*',
                _ => b'=',
            };
            Some((cursor, symbol, Box::from(room.name())))
        });
        if let Some((cursor, symbol, room)) = found {
            self.answer(cx, Answer::Names { room, symbol, cursor });
        }
        self.end_answer(cx, Numeric::RPL_ENDOFNAMES, name, END_OF_NAMES);
    }

    pub(super) fn topic(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let room = message.params[0];
        if let Some(topic) = message.params.get(1) {
            let limit = self.server.hall().read(|realm| realm.limits().topic);
            let topic = ropewalk_irc::truncate_text(topic, limit);
            if let Err(why) = self.apply(cx, Command::SetTopic { room, topic }) {
                self.refused(cx, &why, room, b"");
            }
            return;
        }
        let Some(me) = &self.me else { return };
        let known = self.server.hall().read(|realm| {
            let (id, it) = realm.room_named(room)?;
            realm.sees_inside(me.id, id).then(|| (id, it.name.clone()))
        });
        match known {
            None => self.refused(cx, &Refusal::NoSuchRoom, room, b""),
            Some((id, name)) => {
                if !self.write_topic(cx, id, &name) {
                    self.reply(cx, Numeric::RPL_NOTOPIC, &[&name], "No topic is set");
                }
            }
        }
    }

    /// One room and several nicks, or as many rooms as nicks (RFC 2812, section 3.2.8).
    pub(super) fn kick(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let reason = self.cut_reason(message.params.get(2).copied().unwrap_or_default());
        let rooms = list(message.params[0]);
        let last = list(message.params[0]).last().unwrap_or_default();
        let rooms = rooms.chain(std::iter::repeat(last));
        let mut pairs = rooms.zip(list(message.params[1])).filter(|(_, nick)| !nick.is_empty());
        for (room, nick) in pairs.by_ref().take(TARGETS) {
            if let Err(why) = self.apply(cx, Command::Kick { room, nick, reason }) {
                self.refused(cx, &why, room, nick);
            }
        }
        if let Some((_, nick)) = pairs.next() {
            self.reply(cx, Numeric::ERR_TOOMANYTARGETS, &[nick], "Too many targets");
        }
    }

    pub(super) fn invite(&mut self, cx: &mut Cx<'_>, message: &Message<'_>) {
        let (nick, room) = (message.params[0], message.params[1]);
        let invited = match self.apply(cx, Command::Invite { room, nick }) {
            Ok(applied) => applied.outcome,
            Err(why) => return self.refused(cx, &why, room, nick),
        };
        let Outcome::Invited { room, user } = invited else { return };
        let found = self.server.hall().read(|realm| {
            let user = realm.user(user)?;
            Some((realm.room(room)?.name.clone(), user.prefix().clone(), user.away.clone()))
        });
        let Some((name, prefix, away)) = found else { return };
        self.reply_words(cx, Numeric::RPL_INVITING, &[prefix.nick(), &name]);
        if let Some(away) = away {
            self.reply(cx, Numeric::RPL_AWAY, &[prefix.nick()], away);
        }
    }

    /// Writes the topic of a room and who set it, if it has one; tells whether it has.
    pub(super) fn write_topic(&self, cx: &mut Cx<'_>, id: RoomId, name: &[u8]) -> bool {
        let topic = self.server.hall().read(|realm| realm.room(id)?.topic().cloned());
        let Some(topic) = topic else { return false };
        self.reply(cx, Numeric::RPL_TOPIC, &[name], &topic.text);
        let at = topic.at.as_secs().to_string();
        let words = [name, topic.setter.as_bytes(), at.as_bytes()];
        self.reply_words(cx, Numeric::RPL_TOPICWHOTIME, &words);
        true
    }
}

/// The members of a list with commas.
pub(super) fn list(words: &[u8]) -> impl Iterator<Item = &[u8]> {
    words.split(|byte| *byte == b',')
}

const END_OF_NAMES: &str = "End of /NAMES list";

//! JOIN, PART, NAMES, and what a room looks like to whoever enters it.

use ropewalk_irc::{Message, Numeric};

use crate::{Command, Flag, RoomId};

use super::{Answer, Cx, Irc};

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

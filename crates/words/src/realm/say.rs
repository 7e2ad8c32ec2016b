//! Messages: the path that everything else must not slow down.

use bytes::Bytes;

use crate::{
    Effect, Effects, Field, MessageKind, Outcome, Realm, Refusal, Target, What, name::is_line,
};

use super::{Asker, check, tell_sessions};

impl Realm {
    pub(super) fn say(
        &mut self,
        by: &Asker,
        to: Target<'_>,
        kind: MessageKind,
        text: Bytes,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        check(Field::Text, &text, self.limits.text, is_line)?;
        match to {
            Target::Room(name) => self.say_to_room(by, name, kind, text, effects),
            Target::User(nick) => self.tell(by, nick, kind, text, effects),
        }
    }

    fn say_to_room(
        &mut self,
        by: &Asker,
        name: &[u8],
        kind: MessageKind,
        text: Bytes,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let id = self.room_id(name)?;
        let place = self.place(by.who.id, id);
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        if !room.hears(self.fold, &by.who.prefix, place) {
            return Err(Refusal::CannotSend);
        }
        let room = room.as_ref(id);
        self.touch(by);
        let event = self.event(by, What::Said { room, kind, text });
        effects.push(Effect::Say { room: id, event: event.clone() });
        Ok(Outcome::Said(event))
    }

    fn tell(
        &mut self,
        by: &Asker,
        nick: &[u8],
        kind: MessageKind,
        text: Bytes,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let id = self.user_id(nick)?;
        let to = self.users.get(id).ok_or(Refusal::NoSuchNick)?.as_ref(id);
        self.touch(by);
        let event = self.event(by, What::Told { to, kind, text });
        if let Some(them) = self.users.get(id) {
            tell_sessions(them, &event, effects);
        }
        // Whoever talks to themselves has been told with all their sessions.
        if let Some(own) = self.users.get(by.who.id).filter(|_| id != by.who.id) {
            for &session in own.sessions.iter().filter(|session| by.session != Some(**session)) {
                effects.push(Effect::Deliver { session, event: event.clone() });
            }
        }
        Ok(Outcome::Told(event))
    }

    fn touch(&mut self, by: &Asker) {
        if let Some(user) = self.users.get_mut(by.who.id) {
            user.active = by.now;
        }
    }
}

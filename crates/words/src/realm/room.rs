//! Joining and leaving rooms, and what is done to others there.

use std::{mem, sync::Arc};

use crate::{
    Effect, Effects, Field, Flag, MaskList, Outcome, Realm, Refusal, Role, Roles, Room, RoomId,
    SessionId, Topic, UserId, What,
    name::{LONGEST_NAME, is_line, is_room},
    user::Membership,
};

use super::{Asker, check, tell_sessions};

impl Realm {
    pub(super) fn join(
        &mut self,
        by: &Asker,
        name: &[u8],
        key: Option<&[u8]>,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let limit = self.limits.room.min(LONGEST_NAME);
        check(Field::Room, name, limit, is_room)?;
        let known = self.room_id(name).ok();
        let user = self.users.get(by.who.id).ok_or(Refusal::NotRegistered)?;
        if known.is_some_and(|id| user.place_in(id).is_some()) {
            return Ok(Outcome::Unchanged);
        }
        let limit = self.limits.rooms_per_user;
        if user.rooms.len() >= limit {
            return Err(Refusal::TooManyRooms { limit });
        }
        let (id, roles) = match known {
            Some(id) => (id, self.admit(by, id, key)?),
            None => (self.new_room(by, name)?, Roles::from(Role::Operator)),
        };
        self.enter(by, id, roles, effects)
    }

    /// Whether someone may join a room that is there. An open invitation lets them past
    /// everything, once.
    fn admit(&mut self, by: &Asker, id: RoomId, key: Option<&[u8]>) -> Result<Roles, Refusal> {
        let fold = self.fold;
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        if let Some(index) = room.invited.iter().position(|user| *user == by.who.id) {
            room.invited.swap_remove(index);
            return Ok(Roles::default());
        }
        let prefix = &by.who.prefix;
        if room.bans(fold, prefix) {
            return Err(Refusal::Banned);
        }
        if room.flags.has(Flag::InviteOnly) && !room.lists(MaskList::Invitation, fold, prefix) {
            return Err(Refusal::InviteOnly);
        }
        if room.key().is_some() && room.key() != key {
            return Err(Refusal::BadKey);
        }
        if room.limit.is_some_and(|limit| room.population() >= limit) {
            return Err(Refusal::RoomFull);
        }
        Ok(Roles::default())
    }

    fn new_room(&mut self, by: &Asker, name: &[u8]) -> Result<RoomId, Refusal> {
        let limit = self.limits.rooms;
        if self.rooms.len() >= limit {
            return Err(Refusal::NoMoreRooms { limit });
        }
        let key = self.fold.key(name).ok_or(Refusal::Malformed(Field::Room))?;
        let id = self.rooms.insert(Room::new(name, by.now, self.new_room));
        self.names.insert(key.as_bytes().into(), id);
        Ok(id)
    }

    fn enter(
        &mut self,
        by: &Asker,
        id: RoomId,
        roles: Roles,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        let user = self.users.get_mut(by.who.id).ok_or(Refusal::NotRegistered)?;
        let place = room.members.insert(by.who.id, roles);
        user.rooms.push(Membership { room: id, place });
        for &session in &user.sessions {
            effects.push(Effect::Join { room: id, session });
        }
        let (realname, away) = (user.realname.clone(), user.away.clone());
        let joined = What::Joined { room: room.as_ref(id), realname, away };
        let event = self.event(by, joined);
        effects.push(Effect::Say { room: id, event });
        Ok(Outcome::Joined(id))
    }

    pub(super) fn part(
        &mut self,
        by: &Asker,
        name: &[u8],
        reason: &[u8],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        check(Field::Reason, reason, self.limits.reason, is_line)?;
        let (id, _) = self.inside(by, name)?;
        let room = self.rooms.get(id).ok_or(Refusal::NoSuchRoom)?.as_ref(id);
        let event = self.event(by, What::Parted { room, reason: reason.into() });
        effects.push(Effect::Say { room: id, event });
        self.take_out(by.who.id, id, effects);
        Ok(Outcome::Done)
    }

    pub(super) fn kick(
        &mut self,
        by: &Asker,
        name: &[u8],
        nick: &[u8],
        reason: &[u8],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        check(Field::Reason, reason, self.limits.reason, is_line)?;
        let (id, roles) = self.inside(by, name)?;
        if !roles.reaches(Role::HalfOperator) {
            return Err(Refusal::NotOperator);
        }
        let other = self.user_id(nick)?;
        let theirs = self.roles(other, id).ok_or(Refusal::TheyAreNotInRoom)?;
        if other != by.who.id && !roles.commands(theirs) {
            return Err(Refusal::Outranked);
        }
        let who = self.users.get(other).ok_or(Refusal::NoSuchNick)?.as_ref(other);
        let room = self.rooms.get(id).ok_or(Refusal::NoSuchRoom)?.as_ref(id);
        let event = self.event(by, What::Kicked { room, who, reason: reason.into() });
        effects.push(Effect::Say { room: id, event });
        self.take_out(other, id, effects);
        Ok(Outcome::Done)
    }

    pub(super) fn invite(
        &mut self,
        by: &Asker,
        name: &[u8],
        nick: &[u8],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let (id, roles) = self.inside(by, name)?;
        let user = self.user_id(nick)?;
        if self.place(user, id).is_some() {
            return Err(Refusal::AlreadyInRoom);
        }
        let limit = self.limits.invitations;
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        if room.flags.has(Flag::InviteOnly) && !roles.reaches(Role::Operator) {
            return Err(Refusal::NotOperator);
        }
        if !room.invited.contains(&user) {
            if room.invited.len() >= limit {
                room.invited.retain(|user| self.users.get(*user).is_some());
            }
            if room.invited.len() >= limit {
                return Err(Refusal::TooManyInvitations { limit });
            }
            room.invited.push(user);
        }
        let room = room.as_ref(id);
        let who = self.users.get(user).ok_or(Refusal::NoSuchNick)?.as_ref(user);
        let event = self.event(by, What::Invited { room, who });
        let them = self.users.get(user).ok_or(Refusal::NoSuchNick)?;
        tell_sessions(them, &event, effects);
        Ok(Outcome::Invited { room: id, user })
    }

    pub(super) fn set_topic(
        &mut self,
        by: &Asker,
        name: &[u8],
        topic: &[u8],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        check(Field::Topic, topic, self.limits.topic, is_line)?;
        let (id, roles) = self.inside(by, name)?;
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        if room.flags.has(Flag::TopicLock) && !roles.reaches(Role::HalfOperator) {
            return Err(Refusal::NotOperator);
        }
        let text: Arc<[u8]> = topic.into();
        let set = Topic { text: text.clone(), setter: by.who.prefix.clone(), at: by.now };
        room.topic = (!topic.is_empty()).then_some(set);
        let room = room.as_ref(id);
        let event = self.event(by, What::TopicChanged { room, topic: text });
        effects.push(Effect::Say { room: id, event });
        Ok(Outcome::Done)
    }

    /// The room with this name, if the asker is in it, and their roles there.
    pub(super) fn inside(&self, by: &Asker, name: &[u8]) -> Result<(RoomId, Roles), Refusal> {
        let id = self.room_id(name)?;
        Ok((id, self.roles(by.who.id, id).ok_or(Refusal::NotInRoom)?))
    }

    fn take_out(&mut self, user: UserId, room: RoomId, effects: &mut Effects) {
        let Some(them) = self.users.get_mut(user) else { return };
        let Some(index) = them.rooms.iter().position(|it| it.room == room) else { return };
        let membership = them.rooms.swap_remove(index);
        let sessions = mem::take(&mut them.sessions);
        self.leave(membership, &sessions, effects);
        if let Some(them) = self.users.get_mut(user) {
            them.sessions = sessions;
        }
    }

    /// The room's half of leaving; a room that is empty vanishes.
    pub(super) fn leave(
        &mut self,
        membership: Membership,
        sessions: &[SessionId],
        effects: &mut Effects,
    ) {
        let id = membership.room;
        effects.extend(sessions.iter().map(|&session| Effect::Leave { room: id, session }));
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.members.remove(membership.place);
        if room.population() > 0 {
            return;
        }
        if let Some(key) = self.fold.key(&room.name) {
            self.names.remove(key.as_bytes());
        }
        self.rooms.remove(id);
        effects.push(Effect::Vanish { room: id });
    }
}

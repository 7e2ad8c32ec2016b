//! Changing the modes of a room, one change at a time.

use std::sync::Arc;

use crate::{
    Change, Effect, Effects, Field, Mask, MaskEntry, MaskList, Outcome, Realm, Refusal, Refused,
    Role, Roles, RoomId, What, name::is_word,
};

use super::{Asker, check};

impl Realm {
    pub(super) fn set_modes(
        &mut self,
        by: &Asker,
        name: &[u8],
        changes: &[Change],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let (count, limit) = (changes.len(), self.limits.changes);
        if count > limit {
            return Err(Refusal::TooManyChanges { count, limit });
        }
        let (id, _) = self.inside(by, name)?;
        let (mut made, mut refused) = (Vec::new(), Vec::new());
        for (index, change) in changes.iter().enumerate() {
            match self.change(by, id, change) {
                Ok(Some(change)) => made.push(change),
                Ok(None) => {}
                Err(why) => refused.push(Refused { change: index, why }),
            }
        }
        if !made.is_empty() {
            let room = self.rooms.get(id).ok_or(Refusal::NoSuchRoom)?.as_ref(id);
            let event = self.event(by, What::ModesChanged { room, changes: made.into() });
            effects.push(Effect::Say { room: id, event });
        }
        Ok(Outcome::ModesChanged { refused })
    }

    /// Makes one change; none when it was so already.
    fn change(
        &mut self,
        by: &Asker,
        id: RoomId,
        change: &Change,
    ) -> Result<Option<Change>, Refusal> {
        // Looked up for each change: the one before may have taken the asker's own role.
        let roles = self.roles(by.who.id, id).ok_or(Refusal::NotInRoom)?;
        match change {
            Change::Grant(role, nick) => self.grant(by, id, roles, *role, nick, true),
            Change::Revoke(role, nick) => self.grant(by, id, roles, *role, nick, false),
            _ if !roles.reaches(Role::Operator) => Err(Refusal::NotOperator),
            Change::Add(list, mask) => self.add_mask(by, id, *list, mask),
            Change::Remove(list, mask) => self.remove_mask(id, *list, mask),
            _ => self.set(id, change),
        }
    }

    fn set(&mut self, id: RoomId, change: &Change) -> Result<Option<Change>, Refusal> {
        if let Change::SetKey(key) = change {
            check(Field::Key, key, self.limits.key, is_key)?;
        }
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        let before = (room.flags, room.limit, room.key.clone());
        match change {
            Change::Set(flag) => room.flags = room.flags.with(*flag),
            Change::Clear(flag) => room.flags = room.flags.without(*flag),
            Change::SetKey(key) => room.key = Some(Arc::clone(key)),
            Change::ClearKey => room.key = None,
            Change::SetLimit(limit) => room.limit = Some(*limit),
            Change::ClearLimit => room.limit = None,
            // Dealt with by `change`.
            Change::Add(..) | Change::Remove(..) | Change::Grant(..) | Change::Revoke(..) => {}
        }
        let different = before != (room.flags, room.limit, room.key.clone());
        Ok(different.then(|| change.clone()))
    }

    fn add_mask(
        &mut self,
        by: &Asker,
        id: RoomId,
        list: MaskList,
        mask: &[u8],
    ) -> Result<Option<Change>, Refusal> {
        let (mask, limit) = (self.mask(mask)?, self.limits.masks);
        let fold = self.fold;
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        let entries = room.list(list);
        if entries.iter().any(|entry| fold.same(entry.mask.as_bytes(), mask.as_bytes())) {
            return Ok(None);
        }
        if entries.len() >= limit {
            return Err(Refusal::ListFull { limit });
        }
        let shared = mask.shared();
        room.add(list, MaskEntry { mask, setter: by.who.prefix.clone(), at: by.now });
        Ok(Some(Change::Add(list, shared)))
    }

    fn remove_mask(
        &mut self,
        id: RoomId,
        list: MaskList,
        mask: &[u8],
    ) -> Result<Option<Change>, Refusal> {
        let mask = self.mask(mask)?;
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        let gone = room.remove(list, self.fold, &mask);
        Ok(gone.map(|entry| Change::Remove(list, entry.mask.shared())))
    }

    fn mask(&self, text: &[u8]) -> Result<Mask, Refusal> {
        check(Field::Mask, text, self.limits.mask, is_word)?;
        Mask::parse(text).ok_or(Refusal::Malformed(Field::Mask))
    }

    fn grant(
        &mut self,
        by: &Asker,
        id: RoomId,
        roles: Roles,
        role: Role,
        nick: &[u8],
        give: bool,
    ) -> Result<Option<Change>, Refusal> {
        let other = self.user_id(nick)?;
        let own = other == by.who.id;
        // Anyone may put down a role of their own.
        if !roles.may_grant(role) && (give || !own) {
            return Err(Refusal::NotOperator);
        }
        let user = self.users.get(other).ok_or(Refusal::NoSuchNick)?;
        let place = user.place_in(id).ok_or(Refusal::TheyAreNotInRoom)?;
        let nick: Arc<[u8]> = user.nick().into();
        let room = self.rooms.get_mut(id).ok_or(Refusal::NoSuchRoom)?;
        let member = room.members.get_mut(place).ok_or(Refusal::TheyAreNotInRoom)?;
        if member.roles.has(role) == give {
            return Ok(None);
        }
        if !give && !own && !roles.commands(member.roles) {
            return Err(Refusal::Outranked);
        }
        if give {
            member.roles = member.roles.with(role);
            return Ok(Some(Change::Grant(role, nick)));
        }
        member.roles = member.roles.without(role);
        Ok(Some(Change::Revoke(role, nick)))
    }
}

/// A key can stand in a list of keys.
fn is_key(key: &[u8]) -> bool {
    is_word(key) && !key.contains(&b',')
}

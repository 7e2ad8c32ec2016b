//! Coming, going, and what users do to themselves.

use std::sync::Arc;

use crate::{
    Effect, Effects, Field, Outcome, Prefix, Realm, Refusal, Registration, SessionId, Timestamp,
    User, UserId, UserMode, UserModes, What,
    name::{LONGEST_NAME, is_line, is_nick, is_word},
};

use super::{Asker, check, tell_sessions};

impl Realm {
    pub(super) fn register(
        &mut self,
        now: Timestamp,
        session: SessionId,
        who: Registration<'_>,
    ) -> Result<Outcome, Refusal> {
        self.unowned(session)?;
        let limits = &self.limits;
        check(Field::Username, who.username, limits.username, is_identity)?;
        check(Field::Host, who.host, limits.host, is_identity)?;
        check(Field::Realname, who.realname, limits.realname, is_line)?;
        let key = self.free_nick(who.nick, None)?;
        let user = self.users.insert(User {
            prefix: Prefix::new(who.nick, who.username, who.host),
            realname: who.realname.into(),
            away: None,
            sessions: vec![session],
            rooms: Vec::new(),
            since: now,
            active: now,
            modes: UserModes::default(),
        });
        self.nicks.insert(key, user);
        self.own(session, user);
        self.most_users = self.most_users.max(self.users.len());
        Ok(Outcome::Registered(user))
    }

    pub(super) fn attach(
        &mut self,
        session: SessionId,
        id: UserId,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        self.unowned(session)?;
        let limit = self.limits.sessions_per_user;
        let user = self.users.get_mut(id).ok_or(Refusal::NoSuchNick)?;
        if user.sessions.len() >= limit {
            return Err(Refusal::TooManySessions { limit });
        }
        user.sessions.push(session);
        for room in user.rooms() {
            effects.push(Effect::Join { room, session });
        }
        self.own(session, id);
        Ok(Outcome::Attached(id))
    }

    pub(super) fn quit(
        &mut self,
        now: Timestamp,
        session: SessionId,
        reason: &[u8],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let seat = self.sessions.get(session).ok_or(Refusal::NoSuchSession)?;
        let Some(id) = seat.user else {
            self.sessions.remove(session);
            self.unregistered -= 1;
            return Ok(Outcome::Ended);
        };
        let user = self.users.get_mut(id).ok_or(Refusal::NotRegistered)?;
        if user.sessions.len() == 1 {
            let reason = self.quit_reason(reason);
            self.end_user(now, id, Some(session), &reason, effects);
            return Ok(Outcome::Ended);
        }
        user.sessions.retain(|other| *other != session);
        for room in user.rooms() {
            effects.push(Effect::Leave { room, session });
        }
        self.sessions.remove(session);
        Ok(Outcome::Ended)
    }

    /// Takes a user out of everything: first all rooms are told, then they leave them.
    pub(super) fn end_user(
        &mut self,
        now: Timestamp,
        id: UserId,
        session: Option<SessionId>,
        reason: &Arc<[u8]>,
        effects: &mut Effects,
    ) {
        let Some(user) = self.users.remove(id) else { return };
        let by = Asker { now, session, who: user.as_ref(id) };
        let event = self.event(&by, What::Quit { reason: Arc::clone(reason) });
        for room in user.rooms() {
            effects.push(Effect::Say { room, event: Arc::clone(&event) });
        }
        for membership in &user.rooms {
            self.leave(*membership, &user.sessions, effects);
        }
        if let Some(key) = self.fold.key(user.nick()) {
            self.nicks.remove(key.as_bytes());
        }
        for session in &user.sessions {
            self.sessions.remove(*session);
        }
        self.invisible -= u32::from(user.modes.has(UserMode::Invisible));
        self.operators -= u32::from(user.modes.has(UserMode::Operator));
    }

    pub(super) fn rename(
        &mut self,
        by: &Asker,
        nick: &[u8],
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let id = by.who.id;
        if by.who.prefix.nick() == nick {
            return Ok(Outcome::Unchanged);
        }
        let key = self.free_nick(nick, Some(id))?;
        if let Some(old) = self.fold.key(by.who.prefix.nick()) {
            self.nicks.remove(old.as_bytes());
        }
        self.nicks.insert(key, id);
        let to = by.who.prefix.renamed(nick);
        let event = self.event(by, What::Renamed { to: to.clone() });
        let user = self.users.get_mut(id).ok_or(Refusal::NotRegistered)?;
        user.prefix = to;
        for membership in &user.rooms {
            if let Some(room) = self.rooms.get_mut(membership.room) {
                room.forget_check(membership.place);
            }
        }
        let user = self.users.get(id).ok_or(Refusal::NotRegistered)?;
        self.tell_around(user, &event, effects);
        Ok(Outcome::Done)
    }

    pub(super) fn set_away(
        &mut self,
        by: &Asker,
        message: Option<&[u8]>,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        if let Some(message) = message {
            check(Field::Away, message, self.limits.away, is_line)?;
        }
        let user = self.users.get_mut(by.who.id).ok_or(Refusal::NotRegistered)?;
        if user.away.as_deref() == message {
            return Ok(Outcome::Unchanged);
        }
        user.away = message.map(Arc::from);
        let message = user.away.clone();
        let event = self.event(by, What::AwayChanged { message });
        let user = self.users.get(by.who.id).ok_or(Refusal::NotRegistered)?;
        self.tell_around(user, &event, effects);
        Ok(Outcome::Done)
    }

    pub(super) fn set_user_mode(
        &mut self,
        by: &Asker,
        mode: UserMode,
        set: bool,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let user = self.users.get(by.who.id).ok_or(Refusal::NotRegistered)?;
        if mode == UserMode::Operator && set && !user.modes.has(mode) {
            return Err(Refusal::NotOperator);
        }
        self.put_user_mode(by, mode, set, effects)
    }

    pub(super) fn put_user_mode(
        &mut self,
        by: &Asker,
        mode: UserMode,
        set: bool,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let user = self.users.get_mut(by.who.id).ok_or(Refusal::NotRegistered)?;
        if user.modes.has(mode) == set {
            return Ok(Outcome::Unchanged);
        }
        user.modes.put(mode, set);
        match (mode, set) {
            (UserMode::Invisible, true) => self.invisible += 1,
            (UserMode::Invisible, false) => self.invisible -= 1,
            (UserMode::Operator, true) => self.operators += 1,
            (UserMode::Operator, false) => self.operators -= 1,
            (UserMode::Bot, _) => {}
        }
        let event = self.event(by, What::UserModeChanged { mode, set });
        let user = self.users.get(by.who.id).ok_or(Refusal::NotRegistered)?;
        tell_sessions(user, &event, effects);
        Ok(Outcome::Done)
    }

    /// A reason that can be said: cut at its limit and without line ends.
    pub(super) fn quit_reason(&self, reason: &[u8]) -> Arc<[u8]> {
        let reason = &reason[..reason.len().min(self.limits.reason)];
        reason.iter().map(|&byte| if is_line(&[byte]) { byte } else { b' ' }).collect()
    }

    fn unowned(&self, session: SessionId) -> Result<(), Refusal> {
        let seat = self.sessions.get(session).ok_or(Refusal::NoSuchSession)?;
        if seat.user.is_some() { Err(Refusal::AlreadyRegistered) } else { Ok(()) }
    }

    fn own(&mut self, session: SessionId, user: UserId) {
        if let Some(seat) = self.sessions.get_mut(session) {
            seat.user = Some(user);
            self.unregistered -= 1;
        }
    }

    /// Whether a newcomer could have this nick.
    ///
    /// # Errors
    ///
    /// [`Refusal::NickInUse`], or what is wrong with it.
    pub fn check_nick(&self, nick: &[u8]) -> Result<(), Refusal> {
        self.free_nick(nick, None).map(drop)
    }

    /// The folded form of a nick that is right and not somebody else's.
    fn free_nick(&self, nick: &[u8], holder: Option<UserId>) -> Result<Box<[u8]>, Refusal> {
        let limit = self.limits.nick.min(LONGEST_NAME);
        check(Field::Nick, nick, limit, is_nick)?;
        let key = self.fold.key(nick).ok_or(Refusal::Malformed(Field::Nick))?;
        match self.nicks.get(key.as_bytes()) {
            Some(other) if Some(*other) != holder => Err(Refusal::NickInUse),
            _ => Ok(key.as_bytes().into()),
        }
    }
}

/// What may stand in a prefix without making it another one.
fn is_identity(part: &[u8]) -> bool {
    is_word(part) && !part.iter().any(|byte| matches!(byte, b'!' | b'@'))
}

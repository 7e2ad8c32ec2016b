//! The realm itself: who is there, and the one way in which that changes.

mod modes;
mod query;
mod room;
mod say;
mod user;

use std::{collections::HashMap, sync::Arc};

use crate::{
    Command, Effect, Effects, Event, Field, Flags, Fold, FrontEnd, MessageId, Outcome, RealmLimits,
    Refusal, Room, RoomId, Session, SessionId, Settings, Timestamp, User, UserId, UserMode,
    UserRef, What, slots::Slots,
};

pub use query::Counts;

/// Users, their sessions, and their rooms.
///
/// A deterministic machine: the same commands at the same times have the same outcomes and
/// effects. A runner keeps it under one lock, which it holds while it calls
/// [`apply`](Self::apply) and carries out the effects; nothing here waits, and nothing walks all
/// members of a room.
///
/// ```
/// use ropewalk_words::{Command, Effects, FrontEnd, Outcome, Realm, Refusal, Settings, Timestamp};
///
/// let mut realm = Realm::new(Settings::default());
/// let mut effects = Effects::default();
/// let now = Timestamp::from_millis(1_000);
/// let session = realm.open(now, FrontEnd::Irc)?;
///
/// let join = Command::Join { room: b"#rope", key: None };
/// assert_eq!(realm.apply(now, session, join, &mut effects).unwrap_err(), Refusal::NotRegistered);
///
/// let quit = Command::Quit { reason: b"bye" };
/// assert!(matches!(realm.apply(now, session, quit, &mut effects), Ok(Outcome::Ended)));
/// # Ok::<(), Refusal>(())
/// ```
#[derive(Debug)]
pub struct Realm {
    pub(crate) users: Slots<UserId, User>,
    pub(crate) rooms: Slots<RoomId, Room>,
    sessions: Slots<SessionId, Session>,
    /// By folded name. Only looked up in, never walked: its order is random.
    nicks: HashMap<Box<[u8]>, UserId>,
    /// By folded name; as above.
    names: HashMap<Box<[u8]>, RoomId>,
    fold: Fold,
    limits: RealmLimits,
    new_room: Flags,
    last: MessageId,
    unregistered: u32,
    invisible: u32,
    operators: u32,
    most_users: u32,
}

/// Who asks, when, and through which session.
struct Asker {
    now: Timestamp,
    session: Option<SessionId>,
    who: UserRef,
}

impl Realm {
    /// An empty realm.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            users: Slots::new(),
            rooms: Slots::new(),
            sessions: Slots::new(),
            nicks: HashMap::new(),
            names: HashMap::new(),
            fold: settings.fold,
            limits: settings.limits,
            new_room: settings.new_room,
            last: MessageId::new(Timestamp::default(), 0, settings.node),
            unregistered: 0,
            invisible: 0,
            operators: 0,
            most_users: 0,
        }
    }

    /// Begins a session, which is nobody's yet. [`Command::Quit`] ends it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoMoreSessions`].
    pub fn open(&mut self, now: Timestamp, front: FrontEnd) -> Result<SessionId, Refusal> {
        let limit = self.limits.sessions;
        if self.sessions.len() >= limit {
            return Err(Refusal::NoMoreSessions { limit });
        }
        self.unregistered += 1;
        Ok(self.sessions.insert(Session { front, since: now, user: None }))
    }

    /// Does what `session` asks for, and adds what others are to know to `effects`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], after which nothing has changed and `effects` is as it was.
    pub fn apply(
        &mut self,
        now: Timestamp,
        session: SessionId,
        command: Command<'_>,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        match command {
            Command::Register(who) => return self.register(now, session, who),
            Command::Attach { user } => return self.attach(session, user, effects),
            Command::Quit { reason } => return self.quit(now, session, reason, effects),
            _ => {}
        }
        let by = &self.asker(now, session)?;
        match command {
            Command::Rename { nick } => self.rename(by, nick, effects),
            Command::Join { room, key } => self.join(by, room, key, effects),
            Command::Part { room, reason } => self.part(by, room, reason, effects),
            Command::Say { to, kind, text } => self.say(by, to, kind, text, effects),
            Command::SetTopic { room, topic } => self.set_topic(by, room, topic, effects),
            Command::SetModes { room, changes } => self.set_modes(by, room, changes, effects),
            Command::Kick { room, nick, reason } => self.kick(by, room, nick, reason, effects),
            Command::Invite { room, nick } => self.invite(by, room, nick, effects),
            Command::SetAway { message } => self.set_away(by, message, effects),
            Command::SetUserMode { mode, set } => self.set_user_mode(by, mode, set, effects),
            // Answered above, before the session had to be somebody's.
            Command::Register(_) | Command::Attach { .. } | Command::Quit { .. } => {
                Err(Refusal::AlreadyRegistered)
            }
        }
    }

    /// Ends a user with all their sessions, each of which gets a [`Close`](Effect::Close).
    ///
    /// For whoever runs the realm: no user can ask for it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoSuchNick`] when they are gone already.
    pub fn expel(
        &mut self,
        now: Timestamp,
        user: UserId,
        reason: &[u8],
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let sessions = self.users.get(user).ok_or(Refusal::NoSuchNick)?.sessions.clone();
        let reason = self.quit_reason(reason);
        self.end_user(now, user, None, &reason, effects);
        for session in sessions {
            effects.push(Effect::Close { session, reason: Arc::clone(&reason) });
        }
        Ok(())
    }

    /// Makes a user an operator of the realm, or no longer one, and tells their sessions.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoSuchNick`] when they are gone already.
    pub fn set_operator(
        &mut self,
        now: Timestamp,
        user: UserId,
        set: bool,
        effects: &mut Effects,
    ) -> Result<Outcome, Refusal> {
        let who = self.users.get(user).ok_or(Refusal::NoSuchNick)?.as_ref(user);
        let by = Asker { now, session: None, who };
        self.put_user_mode(&by, UserMode::Operator, set, effects)
    }

    fn asker(&self, now: Timestamp, session: SessionId) -> Result<Asker, Refusal> {
        let seat = self.sessions.get(session).ok_or(Refusal::NoSuchSession)?;
        let id = seat.user.ok_or(Refusal::NotRegistered)?;
        let user = self.users.get(id).ok_or(Refusal::NotRegistered)?;
        Ok(Asker { now, session: Some(session), who: user.as_ref(id) })
    }

    fn event(&mut self, by: &Asker, what: What) -> Arc<Event> {
        self.last = self.last.next(by.now);
        Arc::new(Event::new(self.last, by.now, by.who.clone(), by.session, what))
    }

    /// Tells each room that a user is in or, when there is none, each session of theirs.
    fn tell_around(&self, user: &User, event: &Arc<Event>, effects: &mut Effects) {
        for membership in &user.rooms {
            effects.push(Effect::Say { room: membership.room, event: Arc::clone(event) });
        }
        if user.rooms.is_empty() {
            tell_sessions(user, event, effects);
        }
    }

    fn room_id(&self, name: &[u8]) -> Result<RoomId, Refusal> {
        let key = self.fold.key(name).ok_or(Refusal::NoSuchRoom)?;
        self.names.get(key.as_bytes()).copied().ok_or(Refusal::NoSuchRoom)
    }

    fn user_id(&self, nick: &[u8]) -> Result<UserId, Refusal> {
        let key = self.fold.key(nick).ok_or(Refusal::NoSuchNick)?;
        self.nicks.get(key.as_bytes()).copied().ok_or(Refusal::NoSuchNick)
    }

    /// The place of `user` among the members of `room`.
    fn place(&self, user: UserId, room: RoomId) -> Option<u32> {
        self.users.get(user)?.place_in(room)
    }
}

fn tell_sessions(user: &User, event: &Arc<Event>, effects: &mut Effects) {
    for &session in &user.sessions {
        effects.push(Effect::Deliver { session, event: Arc::clone(event) });
    }
}

/// Refuses what is longer than `limit` or not right.
fn check(field: Field, text: &[u8], limit: usize, right: fn(&[u8]) -> bool) -> Result<(), Refusal> {
    let length = text.len();
    if length > limit {
        return Err(Refusal::TooLong { field, length, limit });
    }
    if right(text) { Ok(()) } else { Err(Refusal::Malformed(field)) }
}

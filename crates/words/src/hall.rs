//! The realm as it runs: one lock, a group for each room, a mailbox for each session.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use ropewalk_protocol::{Group, Mailbox, PostError, Reason};

use crate::{
    Command, Effect, Effects, Event, FrontEnd, MessageId, Outcome, Realm, Refusal, RoomId,
    SessionId, Settings, Timestamp, UserId, What,
};

/// A realm that many connections share. Clones are handles to the same one.
///
/// A front end [`open`](Self::open)s a [`Seat`] for each of its connections, and hears through the
/// connection's mailbox, as [`Delivery`], of everything that happens to it: rooms are
/// [`Group`]s, so all members hear the same in the same order.
///
/// The lock is held while the realm changes and the news of it is queued; no I/O and no encoding
/// happens under it.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_words::{Hall, Settings, Timestamp};
///
/// let hall = Hall::new(Settings::default(), Instant::now(), Timestamp::from_millis(1_000));
/// assert_eq!(hall.read(|realm| realm.counts().users), 0);
/// ```
#[derive(Clone)]
pub struct Hall {
    state: Arc<Mutex<State>>,
}

/// What a session is told: the message type of every front end's protocol.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Delivery {
    /// Something happened.
    Event(Arc<Event>),
    /// The session was ended from outside, for this reason; nothing more comes.
    Close(Arc<[u8]>),
    /// It is the session's turn to say what it could not say before. A hall never tells that: a front
    /// end tells its own sessions.
    Turn,
}

/// What became of a command.
#[derive(Debug)]
#[non_exhaustive]
pub struct Applied {
    /// As the realm says.
    pub outcome: Outcome,
    /// The last event of this command that comes back to the asker's own session, if one does.
    /// It comes after everything that happened before it.
    pub own: Option<MessageId>,
}

struct State {
    realm: Realm,
    /// By the index of the room's id.
    groups: Vec<Option<Group<Delivery>>>,
    /// By the index of the session's id.
    mailboxes: Vec<Option<Mailbox<Delivery>>>,
    effects: Effects,
    /// A moment, and what the wall clock showed then.
    clock: (Instant, Timestamp),
    latest: Timestamp,
}

impl Hall {
    /// An empty realm; `at` is what the wall clock shows at `now`.
    #[must_use]
    pub fn new(settings: Settings, now: Instant, at: Timestamp) -> Self {
        let state = State {
            realm: Realm::new(settings),
            groups: Vec::new(),
            mailboxes: Vec::new(),
            effects: Effects::default(),
            clock: (now, at),
            latest: at,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Sets what the wall clock shows at `now`; to be called from time to time, as it drifts.
    pub fn set_time(&self, now: Instant, at: Timestamp) {
        self.lock().clock = (now, at);
    }

    /// What the wall clock shows at `now`.
    #[must_use]
    pub fn time(&self, now: Instant) -> Timestamp {
        self.lock().time(now)
    }

    /// Begins a session, which hears through `mailbox`.
    ///
    /// # Errors
    /// [`Refusal::NoMoreSessions`].
    pub fn open(
        &self,
        now: Instant,
        front: FrontEnd,
        mailbox: Mailbox<Delivery>,
    ) -> Result<Seat, Refusal> {
        let mut state = self.lock();
        let at = state.time(now);
        let session = state.realm.open(at, front)?;
        *place(&mut state.mailboxes, session.index()) = Some(mailbox);
        drop(state);
        Ok(Seat { hall: self.clone(), session, open: true })
    }

    /// Looks something up. The lock is held meanwhile: copy what is needed, and nothing else.
    pub fn read<T>(&self, look: impl FnOnce(&Realm) -> T) -> T {
        look(&self.lock().realm)
    }

    /// Ends a user with all their sessions; see [`Realm::expel`].
    ///
    /// # Errors
    /// As [`Realm::expel`].
    pub fn expel(&self, now: Instant, user: UserId, reason: &[u8]) -> Result<(), Refusal> {
        let state = &mut *self.lock();
        let at = state.time(now);
        state.realm.expel(at, user, reason, &mut state.effects)?;
        state.carry_out(None);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The realm does not panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn time(&mut self, now: Instant) -> Timestamp {
        let (then, at) = self.clock;
        let passed = now.saturating_duration_since(then).as_millis();
        let millis = at.as_millis().saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
        self.latest = Timestamp::from_millis(millis);
        self.latest
    }

    /// Does what the realm wants done; gives the last event that `asker` will hear of itself.
    fn carry_out(&mut self, asker: Option<SessionId>) -> Option<MessageId> {
        let Self { realm, groups, mailboxes, effects, .. } = self;
        let mut own = None;
        for effect in effects.drain() {
            match effect {
                Effect::Join { room, session } => {
                    if let Some(Some(mailbox)) = mailboxes.get(session.index()) {
                        place(groups, room.index()).get_or_insert_default().join(mailbox);
                    }
                }
                Effect::Leave { room, session } => {
                    if let (Some(Some(group)), Some(Some(mailbox))) =
                        (groups.get(room.index()), mailboxes.get(session.index()))
                    {
                        group.leave(mailbox);
                    }
                }
                Effect::Say { room, event } => {
                    if asker.is_some() && event.origin == asker && reaches(realm, &event, room) {
                        own = Some(event.id);
                    }
                    if let Some(Some(group)) = groups.get(room.index()) {
                        group.say(Delivery::Event(event));
                    }
                }
                Effect::Deliver { session, event } => {
                    if asker == Some(session) {
                        own = Some(event.id);
                    }
                    if let Some(Some(mailbox)) = mailboxes.get(session.index()) {
                        post(mailbox, Delivery::Event(event));
                    }
                }
                Effect::Close { session, reason } => {
                    let mailbox = mailboxes.get_mut(session.index()).and_then(Option::take);
                    if let Some(mailbox) = mailbox {
                        post(&mailbox, Delivery::Close(reason));
                    }
                }
                Effect::Vanish { room } => *place(groups, room.index()) = None,
            }
        }
        own
    }
}

/// Whether what the asker says to a room reaches themselves: they may not be in it.
fn reaches(realm: &Realm, event: &Event, room: RoomId) -> bool {
    !matches!(event.what, What::Said { .. }) || realm.roles(event.from.id, room).is_some()
}

/// Whoever does not take their messages is cut off. False when nobody hears it.
pub(crate) fn post(mailbox: &Mailbox<Delivery>, delivery: Delivery) -> bool {
    let posted = mailbox.post(delivery);
    if let Err(PostError::Full { limit }) = posted {
        mailbox.abort(Reason::MailboxFull { limit });
    }
    posted.is_ok()
}

fn place<T>(table: &mut Vec<Option<T>>, index: usize) -> &mut Option<T> {
    if table.len() <= index {
        table.resize_with(index + 1, || None);
    }
    &mut table[index]
}

impl fmt::Debug for Hall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hall").finish_non_exhaustive()
    }
}

/// One session in a [`Hall`]. Dropping it ends the session.
///
/// ```
/// # use std::time::Instant;
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::{Connection, Context, Limits, Peer, Protocol};
/// # use ropewalk_words::*;
/// # struct Deaf;
/// # impl Protocol for Deaf {
/// #     type Message = Delivery;
/// #     fn data_received(&mut self, _: &mut Context<'_, Delivery>, _: &mut BytesMut) {}
/// # }
/// # let mut connection = Connection::new(Deaf, Peer::unnamed(), Limits::default().into());
/// # let mailbox = connection.mailbox();
/// let now = Instant::now();
/// let hall = Hall::new(Settings::default(), now, Timestamp::from_millis(1_000));
/// let mut seat = hall.open(now, FrontEnd::Irc, mailbox)?;
/// let who = Registration { nick: b"ada", username: b"ada", host: b"a.test", realname: b"Ada" };
/// seat.apply(now, Command::Register(who))?;
/// assert_eq!(hall.read(|realm| realm.counts().users), 1);
/// seat.leave(b"bye");
/// assert_eq!(hall.read(|realm| realm.counts().users), 0);
/// # Ok::<(), Refusal>(())
/// ```
#[derive(Debug)]
pub struct Seat {
    hall: Hall,
    session: SessionId,
    open: bool,
}

impl Seat {
    /// Does what the session asks for, and tells everyone concerned.
    ///
    /// # Errors
    /// As [`Realm::apply`].
    pub fn apply(&self, now: Instant, command: Command<'_>) -> Result<Applied, Refusal> {
        let state = &mut *self.hall.lock();
        let at = state.time(now);
        let outcome = state.realm.apply(at, self.session, command, &mut state.effects)?;
        Ok(Applied { outcome, own: state.carry_out(Some(self.session)) })
    }

    /// Ends the session, as of the last time that the hall was told. Once is enough.
    pub fn leave(&mut self, reason: &[u8]) {
        if !self.open {
            return;
        }
        self.open = false;
        let state = &mut *self.hall.lock();
        let quit = Command::Quit { reason };
        // Refused only to a session that was ended from outside, whose place may be another's.
        if state.realm.apply(state.latest, self.session, quit, &mut state.effects).is_ok() {
            state.carry_out(None);
            *place(&mut state.mailboxes, self.session.index()) = None;
        }
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.session
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave(b"Connection closed");
    }
}

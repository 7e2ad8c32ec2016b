//! A runner in memory: groups are sets, mailboxes are lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ropewalk_words::*;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) realm: Realm,
    pub(crate) now: u64,
    /// Who hears a room: what the effects made of it.
    pub(crate) groups: BTreeMap<RoomId, BTreeSet<SessionId>>,
    pub(crate) heard: BTreeMap<SessionId, Vec<Arc<Event>>>,
    /// Every effect there was, as text.
    pub(crate) log: Vec<String>,
    effects: Effects,
    last: BTreeMap<SessionId, MessageId>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self {
            realm: Realm::new(settings),
            now: 1_000_000,
            groups: BTreeMap::new(),
            heard: BTreeMap::new(),
            log: Vec::new(),
            effects: Effects::default(),
            last: BTreeMap::new(),
        }
    }

    pub(crate) fn open(&mut self) -> Result<SessionId, Refusal> {
        let session = self.realm.open(Timestamp::from_millis(self.now), FrontEnd::Irc)?;
        self.heard.insert(session, Vec::new());
        Ok(session)
    }

    pub(crate) fn user(&mut self, nick: &str) -> SessionId {
        let session = self.open().unwrap();
        self.ask(session, Command::Register(registration(nick))).unwrap();
        session
    }

    pub(crate) fn ask(
        &mut self,
        session: SessionId,
        command: Command<'_>,
    ) -> Result<Outcome, Refusal> {
        self.now += 1;
        let ending = matches!(command, Command::Quit { .. });
        let now = Timestamp::from_millis(self.now);
        let outcome = self.realm.apply(now, session, command, &mut self.effects);
        if outcome.is_err() {
            assert!(self.effects.is_empty(), "a refusal had effects");
        }
        self.carry_out();
        if ending && outcome.is_ok() {
            self.heard.remove(&session);
        }
        outcome
    }

    pub(crate) fn expel(&mut self, nick: &str) {
        let (user, _) = self.realm.user_named(nick.as_bytes()).unwrap();
        let now = Timestamp::from_millis(self.now);
        self.realm.expel(now, user, b"out", &mut self.effects).unwrap();
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for effect in self.effects.drain() {
            self.log.push(format!("{effect:?}"));
            match effect {
                Effect::Join { room, session } => {
                    assert!(self.heard.contains_key(&session), "{session:?} is not there");
                    assert!(self.groups.entry(room).or_default().insert(session), "joined twice");
                }
                Effect::Leave { room, session } => {
                    let group = self.groups.get_mut(&room).expect("the room is there");
                    assert!(group.remove(&session), "was not a member");
                }
                Effect::Say { room, event } => {
                    let group = self.groups.get(&room);
                    for session in group.expect("the room is there") {
                        let again = event.repeats() && self.last.get(session) == Some(&event.id);
                        if !again {
                            self.heard.get_mut(session).unwrap().push(Arc::clone(&event));
                        }
                        self.last.insert(*session, event.id);
                    }
                }
                Effect::Deliver { session, event } => {
                    self.heard.get_mut(&session).expect("the session is there").push(event);
                }
                Effect::Close { session, .. } => {
                    assert!(self.heard.remove(&session).is_some(), "closed twice");
                }
                Effect::Vanish { room } => {
                    assert!(self.groups.remove(&room).is_some_and(|group| group.is_empty()));
                }
                _ => unreachable!("an effect that this runner does not know"),
            }
        }
    }

    pub(crate) fn join(&mut self, session: SessionId, room: &str) -> Result<Outcome, Refusal> {
        self.ask(session, Command::Join { room: room.as_bytes(), key: None })
    }

    pub(crate) fn joined(&mut self, session: SessionId, room: &str) {
        assert!(matches!(self.join(session, room), Ok(Outcome::Joined(_))));
    }

    pub(crate) fn say(
        &mut self,
        session: SessionId,
        room: &str,
        text: &str,
    ) -> Result<Outcome, Refusal> {
        let to = Target::Room(room.as_bytes());
        let text = text.to_owned().into();
        self.ask(session, Command::Say { to, kind: MessageKind::Privmsg, text })
    }

    pub(crate) fn tell(
        &mut self,
        session: SessionId,
        nick: &str,
        text: &str,
    ) -> Result<Outcome, Refusal> {
        let to = Target::User(nick.as_bytes());
        let text = text.to_owned().into();
        self.ask(session, Command::Say { to, kind: MessageKind::Privmsg, text })
    }

    pub(crate) fn mode(&mut self, session: SessionId, room: &str, change: Change) -> Vec<Refusal> {
        let changes = &[change];
        let command = Command::SetModes { room: room.as_bytes(), changes };
        match self.ask(session, command) {
            Ok(Outcome::ModesChanged { refused }) => refused.into_iter().map(|it| it.why).collect(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn quit(&mut self, session: SessionId) {
        self.ask(session, Command::Quit { reason: b"bye" }).unwrap();
    }

    /// What a session heard since it was last asked, a line each.
    pub(crate) fn hears(&mut self, session: SessionId) -> Vec<String> {
        std::mem::take(self.heard.get_mut(&session).unwrap()).iter().map(|it| line(it)).collect()
    }

    pub(crate) fn roles(&self, nick: &str, room: &str) -> Option<Roles> {
        let (user, _) = self.realm.user_named(nick.as_bytes())?;
        let (room, _) = self.realm.room_named(room.as_bytes())?;
        self.realm.roles(user, room)
    }
}

pub(crate) fn registration(nick: &str) -> Registration<'_> {
    Registration { nick: nick.as_bytes(), username: b"u", host: b"h.test", realname: b"Real" }
}

pub(crate) fn bytes(text: &str) -> Arc<[u8]> {
    text.as_bytes().into()
}

fn line(event: &Event) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let from = text(event.from.prefix.nick());
    match &event.what {
        What::Said { room, text: said, .. } => {
            format!("{from} to {}: {}", text(&room.name), text(said))
        }
        What::Told { to, text: said, .. } => {
            format!("{from} to {}: {}", text(to.prefix.nick()), text(said))
        }
        What::Joined { room, .. } => format!("{from} joins {}", text(&room.name)),
        What::Parted { room, reason } => {
            format!("{from} leaves {}: {}", text(&room.name), text(reason))
        }
        What::Quit { reason } => format!("{from} quits: {}", text(reason)),
        What::Kicked { room, who, reason } => {
            let who = text(who.prefix.nick());
            format!("{from} kicks {who} from {}: {}", text(&room.name), text(reason))
        }
        What::Renamed { to } => format!("{from} is {}", text(to.nick())),
        What::TopicChanged { room, topic } => {
            format!("{from} topic {}: {}", text(&room.name), text(topic))
        }
        What::ModesChanged { room, changes } => {
            format!("{from} modes {}: {}", text(&room.name), changes.len())
        }
        What::Invited { room, who } => {
            format!("{from} invites {} to {}", text(who.prefix.nick()), text(&room.name))
        }
        What::AwayChanged { message } => {
            format!("{from} away: {:?}", message.as_deref().map(text))
        }
        What::UserModeChanged { mode, set } => format!("{from} mode {mode:?} {set}"),
        other => format!("{other:?}"),
    }
}

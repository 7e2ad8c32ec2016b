//! Commands to the chat realm: whatever is asked for in whatever order, what must hold does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ropewalk_words::{
    Change, Command, Effect, Effects, Flag, Fold, FrontEnd, MaskList, MessageKind, Progress, Realm,
    RealmLimits, Refusal, Registration, Role, RoomId, SessionId, Settings, Target, Timestamp,
    UserId, UserMode,
};

/// Each command is a few bytes: what, by whom, and with which words.
pub fn commands(data: &[u8]) {
    let mut world = World::new();
    let mut bytes = data.iter().copied().take(2000);
    while let Some(what) = bytes.next() {
        world.step(what, &mut bytes);
        world.check();
    }
}

struct World {
    realm: Realm,
    effects: Effects,
    now: u64,
    /// Every session there ever was.
    known: Vec<SessionId>,
    open: BTreeSet<SessionId>,
    /// Who hears a room, as the effects say.
    groups: BTreeMap<RoomId, BTreeSet<SessionId>>,
}

impl World {
    fn new() -> Self {
        let limits = RealmLimits {
            sessions: 8,
            sessions_per_user: 2,
            rooms: 2,
            rooms_per_user: 2,
            masks: 2,
            invitations: 1,
            changes: 4,
            ..RealmLimits::default()
        };
        let settings = Settings { limits, fold: Fold::Rfc1459, ..Settings::default() };
        Self {
            realm: Realm::new(settings),
            effects: Effects::default(),
            now: 1_000_000,
            known: Vec::new(),
            open: BTreeSet::new(),
            groups: BTreeMap::new(),
        }
    }

    fn step(&mut self, what: u8, bytes: &mut impl Iterator<Item = u8>) {
        let mut byte = || bytes.next().unwrap_or_default();
        if what.is_multiple_of(16) || self.known.is_empty() {
            if let Ok(session) = self.realm.open(self.time(), FrontEnd::Irc) {
                self.known.push(session);
                self.open.insert(session);
            }
            return;
        }
        let session = self.known[usize::from(byte()) % self.known.len()];
        let (first, second) = (byte(), byte());
        let (nick, room) = (pick(NICKS, first), pick(ROOMS, second));
        let word = pick(WORDS, first ^ second);
        let changes: Vec<_> = (0..first % 6).map(|_| change(byte(), byte())).collect();
        let command = match what % 16 {
            1 | 2 => Command::Register(Registration {
                nick,
                username: b"u",
                host: b"h.test",
                realname: b"Real",
            }),
            3 => match self.realm.user_named(nick) {
                Some((user, _)) => Command::Attach { user },
                None => return,
            },
            4 => return self.expel(nick),
            5 => Command::Quit { reason: word },
            6 => Command::Rename { nick },
            7 | 8 => Command::Join { room, key: (first > 99).then_some(word) },
            9 => Command::Part { room, reason: word },
            10 => {
                let to =
                    if first.is_multiple_of(2) { Target::Room(room) } else { Target::User(nick) };
                Command::Say { to, kind: MessageKind::Privmsg, text: word.into() }
            }
            11 => Command::SetTopic { room, topic: word },
            12 => Command::SetModes { room, changes: &changes },
            13 => Command::Kick { room, nick, reason: word },
            14 => Command::Invite { room, nick },
            _ if second.is_multiple_of(2) => {
                Command::SetAway { message: (first > 99).then_some(word) }
            }
            _ => Command::SetUserMode {
                mode: [UserMode::Invisible, UserMode::Operator, UserMode::Bot]
                    [usize::from(second) % 3],
                set: first.is_multiple_of(2),
            },
        };
        self.ask(session, command);
    }

    fn ask(&mut self, session: SessionId, command: Command<'_>) {
        self.now += 1;
        let quits = matches!(command, Command::Quit { .. });
        let outcome = self.realm.apply(self.time(), session, command, &mut self.effects);
        if outcome.is_err() {
            assert!(self.effects.is_empty(), "a refusal had effects");
        }
        self.carry_out();
        if quits && outcome.is_ok() {
            self.open.remove(&session);
        }
    }

    fn expel(&mut self, nick: &[u8]) {
        let Some((user, _)) = self.realm.user_named(nick) else { return };
        let gone: Result<_, Refusal> =
            self.realm.expel(self.time(), user, b"out", &mut self.effects);
        gone.expect("the user is there");
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for effect in self.effects.drain() {
            match effect {
                Effect::Join { room, session } => {
                    assert!(self.open.contains(&session), "{session:?} is not there");
                    assert!(self.groups.entry(room).or_default().insert(session), "joined twice");
                }
                Effect::Leave { room, session } => {
                    let group = self.groups.get_mut(&room).expect("the room is there");
                    assert!(group.remove(&session), "was not a member");
                }
                Effect::Say { room, .. } => assert!(self.groups.contains_key(&room)),
                Effect::Deliver { session, .. } => assert!(self.open.contains(&session)),
                Effect::Close { session, .. } => {
                    assert!(self.open.remove(&session), "closed twice");
                }
                Effect::Vanish { room } => {
                    assert!(self.groups.remove(&room).is_some_and(|group| group.is_empty()));
                }
                _ => {}
            }
        }
    }

    fn check(&self) {
        let counts = self.realm.counts();
        let live: Vec<_> =
            self.known.iter().filter_map(|id| Some((*id, self.realm.session(*id)?))).collect();
        let ids: BTreeSet<_> = live.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, self.open, "whoever was closed is gone, nobody else");
        assert_eq!(live.len(), counts.sessions as usize);
        let users: BTreeSet<_> = live.iter().filter_map(|(_, session)| session.user).collect();
        assert_eq!(users.len(), counts.users as usize);
        let mut heard: BTreeMap<RoomId, BTreeSet<SessionId>> = BTreeMap::new();
        let mut members: BTreeMap<RoomId, BTreeSet<UserId>> = BTreeMap::new();
        for id in users {
            let user = self.realm.user(id).expect("a session belongs to somebody who is there");
            assert_eq!(self.realm.user_named(user.nick()).map(|it| it.0), Some(id), "one nick");
            for room in user.rooms() {
                assert!(self.realm.roles(id, room).is_some());
                assert!(members.entry(room).or_default().insert(id), "in a room twice");
                heard.entry(room).or_default().extend(user.sessions());
            }
        }
        assert_eq!(heard, self.groups, "a session hears its user's rooms and no others");
        assert_eq!(members.len(), counts.rooms as usize, "no room without members");
        for (id, expected) in members {
            let room = self.realm.room(id).expect("somebody is in it");
            assert_eq!(expected.len(), room.population() as usize);
            let viewer = *expected.first().expect("nobody made no entry");
            let mut names = self.realm.names(viewer, room.name()).expect("a member sees it");
            let mut seen = BTreeSet::new();
            while names.pull(&self.realm, 1, |user, _, _| assert!(seen.insert(user)))
                == Progress::More
            {}
            assert_eq!(seen, expected, "every membership is mutual");
        }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }
}

fn change(what: u8, which: u8) -> Change {
    let at = usize::from(which);
    let flag = Flag::ALL[at % Flag::ALL.len()];
    let role = Role::ALL[at % Role::ALL.len()];
    let list = [MaskList::Ban, MaskList::Exception, MaskList::Invitation][at % 3];
    let mask: Arc<[u8]> = pick(MASKS, which / 3).into();
    let nick: Arc<[u8]> = pick(NICKS, which / 5).into();
    match what % 10 {
        0 => Change::Set(flag),
        1 => Change::Clear(flag),
        2 => Change::SetKey(pick(WORDS, which).into()),
        3 => Change::ClearKey,
        4 => Change::SetLimit(u32::from(which % 4)),
        5 => Change::ClearLimit,
        6 => Change::Add(list, mask),
        7 => Change::Remove(list, mask),
        8 => Change::Grant(role, nick),
        _ => Change::Revoke(role, nick),
    }
}

fn pick(words: &[&'static [u8]], which: u8) -> &'static [u8] {
    words[usize::from(which) % words.len()]
}

const NICKS: &[&[u8]] =
    &[b"ada", b"ADA", b"bob", b"eve", b"x[y]", b"X{Y}", b"no good", b"", b"\xff\xfe"];
const ROOMS: &[&[u8]] = &[b"#a", b"#A", b"#b", b"#c", b"bad", b"#", b"#\x07"];
const WORDS: &[&[u8]] = &[b"k", b"key", b"", b"a b", b"a,b", b"\r\nQUIT", b"\0"];
const MASKS: &[&[u8]] = &[b"ada", b"*", b"b?b!*@*", b"", b"a b", b"*!*@h.test"];

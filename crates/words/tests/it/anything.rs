//! Whatever is asked for in whatever order, what must always hold does.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};
use ropewalk_words::*;

use crate::world::{World, bytes, registration};

/// One step; numbers choose among what there is, so that most steps mean something.
#[derive(Clone, Debug)]
enum Step {
    Open,
    Register(usize, &'static str),
    Attach(usize, &'static str),
    Quit(usize),
    Expel(&'static str),
    Rename(usize, &'static str),
    Join(usize, &'static str, Option<&'static str>),
    Part(usize, &'static str),
    Say(usize, &'static str),
    Tell(usize, &'static str),
    Topic(usize, &'static str, &'static str),
    Modes(usize, &'static str, Vec<Change>),
    Kick(usize, &'static str, &'static str),
    Invite(usize, &'static str, &'static str),
    Away(usize, Option<&'static str>),
    UserMode(usize, UserMode, bool),
    Back(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0_usize..8;
    let nick = || select(vec!["ada", "ADA", "bob", "eve", "x[y]", "X{Y}", "no good", ""]);
    let room = || select(vec!["#a", "#A", "#b", "#c", "bad", "#"]);
    let word = || select(vec!["k", "key", "", "a b"]);
    let modes = prop::collection::vec(change(), 0..5);
    let user_mode = select(vec![UserMode::Invisible, UserMode::Operator, UserMode::Bot]);
    let step = prop_oneof![
        2 => Just(Step::Open),
        4 => (who(), nick()).prop_map(|(who, nick)| Step::Register(who, nick)),
        1 => (who(), nick()).prop_map(|(who, nick)| Step::Attach(who, nick)),
        1 => who().prop_map(Step::Quit),
        1 => nick().prop_map(Step::Expel),
        1 => (who(), nick()).prop_map(|(who, nick)| Step::Rename(who, nick)),
        6 => (who(), room(), prop::option::of(word())).prop_map(|(a, b, c)| Step::Join(a, b, c)),
        2 => (who(), room()).prop_map(|(who, room)| Step::Part(who, room)),
        2 => (who(), room()).prop_map(|(who, room)| Step::Say(who, room)),
        1 => (who(), nick()).prop_map(|(who, nick)| Step::Tell(who, nick)),
        1 => (who(), room(), word()).prop_map(|(a, b, c)| Step::Topic(a, b, c)),
        4 => (who(), room(), modes).prop_map(|(a, b, c)| Step::Modes(a, b, c)),
        1 => (who(), room(), nick()).prop_map(|(a, b, c)| Step::Kick(a, b, c)),
        1 => (who(), room(), nick()).prop_map(|(a, b, c)| Step::Invite(a, b, c)),
        1 => (who(), prop::option::of(word())).prop_map(|(a, b)| Step::Away(a, b)),
        1 => (who(), user_mode, any::<bool>()).prop_map(|(a, b, c)| Step::UserMode(a, b, c)),
        1 => (0_u64..50).prop_map(Step::Back),
    ];
    prop::collection::vec(step, 0..120)
}

fn change() -> impl Strategy<Value = Change> {
    let flag = || select(Flag::ALL.to_vec());
    let list = || select(vec![MaskList::Ban, MaskList::Exception, MaskList::Invitation]);
    let mask = || select(vec!["ada", "*", "b?b!*@*", "", "a b"]).prop_map(bytes);
    let nick = || select(vec!["ada", "bob", "eve", "x[y]", ""]).prop_map(bytes);
    let role = || select(Role::ALL.to_vec());
    prop_oneof![
        flag().prop_map(Change::Set),
        flag().prop_map(Change::Clear),
        select(vec!["k", "key", "a,b", ""]).prop_map(|key| Change::SetKey(bytes(key))),
        Just(Change::ClearKey),
        (0_u32..4).prop_map(Change::SetLimit),
        Just(Change::ClearLimit),
        (list(), mask()).prop_map(|(list, mask)| Change::Add(list, mask)),
        (list(), mask()).prop_map(|(list, mask)| Change::Remove(list, mask)),
        (role(), nick()).prop_map(|(role, nick)| Change::Grant(role, nick)),
        (role(), nick()).prop_map(|(role, nick)| Change::Revoke(role, nick)),
    ]
}

fn world() -> World {
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
    World::with(Settings { limits, fold: Fold::Rfc1459, ..Settings::default() })
}

fn take(world: &mut World, known: &mut Vec<SessionId>, step: &Step) -> Option<String> {
    let at = |who: usize| known.get(who % known.len().max(1)).copied();
    let command = match step {
        Step::Open => {
            known.extend(world.open());
            return None;
        }
        Step::Expel(nick) => {
            if world.realm.user_named(nick.as_bytes()).is_some() {
                world.expel(nick);
            }
            return None;
        }
        Step::Back(by) => {
            world.now -= by;
            return None;
        }
        Step::Register(who, nick) => (at(*who)?, Command::Register(registration(nick))),
        Step::Attach(who, nick) => {
            let user = world.realm.user_named(nick.as_bytes())?.0;
            (at(*who)?, Command::Attach { user })
        }
        Step::Quit(who) => (at(*who)?, Command::Quit { reason: b"bye" }),
        Step::Rename(who, nick) => (at(*who)?, Command::Rename { nick: nick.as_bytes() }),
        Step::Join(who, room, key) => {
            (at(*who)?, Command::Join { room: room.as_bytes(), key: key.map(str::as_bytes) })
        }
        Step::Part(who, room) => (at(*who)?, Command::Part { room: room.as_bytes(), reason: b"" }),
        Step::Say(who, room) => (at(*who)?, say(Target::Room(room.as_bytes()))),
        Step::Tell(who, nick) => (at(*who)?, say(Target::User(nick.as_bytes()))),
        Step::Topic(who, room, topic) => {
            (at(*who)?, Command::SetTopic { room: room.as_bytes(), topic: topic.as_bytes() })
        }
        Step::Modes(who, room, changes) => {
            (at(*who)?, Command::SetModes { room: room.as_bytes(), changes })
        }
        Step::Kick(who, room, nick) => {
            let (room, nick) = (room.as_bytes(), nick.as_bytes());
            (at(*who)?, Command::Kick { room, nick, reason: b"" })
        }
        Step::Invite(who, room, nick) => {
            (at(*who)?, Command::Invite { room: room.as_bytes(), nick: nick.as_bytes() })
        }
        Step::Away(who, away) => (at(*who)?, Command::SetAway { message: away.map(str::as_bytes) }),
        Step::UserMode(who, mode, set) => {
            (at(*who)?, Command::SetUserMode { mode: *mode, set: *set })
        }
    };
    Some(format!("{:?}", world.ask(command.0, command.1)))
}

fn say(to: Target<'_>) -> Command<'_> {
    Command::Say { to, kind: MessageKind::Privmsg, text: "hello".into() }
}

fn check(world: &World, known: &[SessionId]) {
    let realm = &world.realm;
    let counts = realm.counts();
    let live: Vec<_> = known.iter().filter_map(|id| Some((*id, realm.session(*id)?))).collect();
    assert_eq!(live.len(), counts.sessions as usize);
    assert_eq!(live.len(), world.heard.len(), "whoever was closed is gone, nobody else");
    let free = live.iter().filter(|(_, session)| session.user.is_none()).count();
    assert_eq!(free, counts.unregistered as usize);

    let users: BTreeSet<_> = live.iter().filter_map(|(_, session)| session.user).collect();
    assert_eq!(users.len(), counts.users as usize);
    let mut memberships = BTreeSet::new();
    let mut heard = BTreeSet::new();
    for id in &users {
        let user = realm.user(*id).expect("a session belongs to somebody who is there");
        assert_eq!(realm.user_named(user.nick()).map(|it| it.0), Some(*id), "one nick, one user");
        assert!(!user.sessions().is_empty());
        for session in user.sessions() {
            assert_eq!(realm.session(*session).unwrap().user, Some(*id));
            heard.extend(user.rooms().map(|room| (room, *session)));
        }
        for room in user.rooms() {
            assert!(realm.roles(*id, room).is_some());
            assert!(memberships.insert((room, *id)), "in a room twice");
        }
    }
    for (mode, count) in
        [(UserMode::Invisible, counts.invisible), (UserMode::Operator, counts.operators)]
    {
        let has = |id: &&UserId| realm.user(**id).unwrap().modes().has(mode);
        assert_eq!(users.iter().filter(has).count(), count as usize);
    }

    let rooms: BTreeSet<_> = memberships.iter().map(|(room, _)| *room).collect();
    assert_eq!(rooms.len(), counts.rooms as usize, "no room without members");
    assert_eq!(rooms, world.groups.keys().copied().collect(), "as the effects say");
    for id in &rooms {
        let room = realm.room(*id).unwrap();
        assert_eq!(realm.room_named(room.name()).map(|it| it.0), Some(*id));
        let members = members(realm, *id);
        let theirs = memberships.iter().filter(|it| it.0 == *id).map(|it| it.1).collect();
        assert_eq!(members, theirs, "every membership is mutual");
        assert_eq!(members.len(), room.population() as usize);
    }
    let groups = world.groups.iter().flat_map(|(room, who)| who.iter().map(|it| (*room, *it)));
    assert_eq!(heard, groups.collect(), "every session hears its user's rooms and no others");
}

fn members(realm: &Realm, room: RoomId) -> BTreeSet<UserId> {
    let mut members = BTreeSet::new();
    let name = realm.room(room).unwrap().name();
    let viewer = some_member(realm, room).expect("nobody is in the room by the users' account");
    let mut names = realm.names(viewer, name).expect("a member sees the room");
    while names.pull(realm, 1, |id, _, _| assert!(members.insert(id))) == Progress::More {}
    members
}

/// Some member, found from the users' side.
fn some_member(realm: &Realm, room: RoomId) -> Option<UserId> {
    ["ada", "bob", "eve", "x[y]"]
        .iter()
        .filter_map(|nick| realm.user_named(nick.as_bytes()))
        .find(|(_, user)| user.rooms().any(|it| it == room))
        .map(|(id, _)| id)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_must_hold_always_holds(steps in steps()) {
        let (mut world, mut known) = (world(), Vec::new());
        for step in &steps {
            take(&mut world, &mut known, step);
            check(&world, &known);
        }
    }

    #[test]
    fn the_same_commands_have_the_same_effects(steps in steps()) {
        let run = || {
            let (mut world, mut known) = (world(), Vec::new());
            let outcomes: Vec<_> =
                steps.iter().map(|step| take(&mut world, &mut known, step)).collect();
            (outcomes, world.log)
        };
        prop_assert_eq!(run(), run());
    }
}

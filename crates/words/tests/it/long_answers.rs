//! Cursors, while the realm changes under them.

use std::collections::BTreeMap;

use ropewalk_words::*;

use crate::world::World;

fn crowd(size: usize) -> (World, Vec<SessionId>) {
    let mut world = World::new();
    let sessions: Vec<_> = (0..size).map(|number| world.user(&format!("user{number}"))).collect();
    for session in &sessions {
        world.joined(*session, "#a");
    }
    (world, sessions)
}

fn viewer(world: &World, session: SessionId) -> UserId {
    world.realm.session(session).unwrap().user.unwrap()
}

#[test]
fn names_shows_every_member_once_while_others_come_and_go() {
    let (mut world, sessions) = crowd(300);
    let mut names = world.realm.names(viewer(&world, sessions[0]), b"#a").unwrap();
    let mut seen = BTreeMap::new();
    for turn in 0.. {
        let shown = names.pull(&world.realm, 7, |id, _, _| *seen.entry(id).or_insert(0) += 1);
        if shown == Progress::Done {
            break;
        }
        // Every third of the crowd leaves, from the end; new ones come.
        let leaver = 299 - turn * 3;
        world.ask(sessions[leaver], Command::Part { room: b"#a", reason: b"" }).unwrap();
        let new = world.user(&format!("new{turn}"));
        world.joined(new, "#a");
    }
    for session in &sessions {
        let user = viewer(&world, *session);
        let there = world.realm.roles(user, world.realm.room_named(b"#a").unwrap().0).is_some();
        if there {
            assert_eq!(seen.get(&user), Some(&1), "{user:?}");
        }
    }
    assert!(seen.values().all(|times| *times == 1));
}

#[test]
fn names_misses_nobody_when_all_between_two_pulls_have_left() {
    let (mut world, sessions) = crowd(130);
    let mut names = world.realm.names(viewer(&world, sessions[0]), b"#a").unwrap();
    let mut seen = 0;
    names.pull(&world.realm, 40, |_, _, _| seen += 1);
    for session in &sessions[40..64] {
        world.ask(*session, Command::Part { room: b"#a", reason: b"" }).unwrap();
    }
    while names.pull(&world.realm, 40, |_, _, _| seen += 1) == Progress::More {}
    assert_eq!(seen, 130 - 24);
}

#[test]
fn names_of_a_room_that_vanishes_end() {
    let (mut world, sessions) = crowd(3);
    let mut names = world.realm.names(viewer(&world, sessions[0]), b"#a").unwrap();
    assert_eq!(names.pull(&world.realm, 2, |_, _, _| {}), Progress::More);
    for session in &sessions {
        world.ask(*session, Command::Part { room: b"#a", reason: b"" }).unwrap();
    }
    world.joined(sessions[0], "#a");
    assert_eq!(names.pull(&world.realm, 2, |_, _, _| panic!()), Progress::Done);
}

#[test]
fn a_pull_looks_at_no_more_than_it_was_told() {
    let (world, sessions) = crowd(100);
    let me = viewer(&world, sessions[0]);
    let (mut names, mut users) =
        (world.realm.names(me, b"#a").unwrap(), world.realm.users(me, b"user9?"));
    let mut shown = 0;
    names.pull(&world.realm, 10, |_, _, _| shown += 1);
    assert_eq!(shown, 10);
    assert_eq!(users.pull(&world.realm, 10, |_, _| panic!("none of the first")), Progress::More);
    while users.pull(&world.realm, 10, |_, _| shown += 1) == Progress::More {}
    assert_eq!(shown, 20);
}

#[test]
fn an_invisible_user_is_seen_only_by_those_who_share_a_room() {
    let (mut world, sessions) = crowd(2);
    let eve = world.user("eve");
    world.ask(sessions[0], Command::SetUserMode { mode: UserMode::Invisible, set: true }).unwrap();
    let seen_by = |world: &World, session| {
        let me = viewer(world, session);
        let (mut named, mut listed) = (Vec::new(), Vec::new());
        let mut names = world.realm.names(me, b"#a").unwrap();
        let show = |_, user: &User, _| named.push(user.nick().to_vec());
        assert_eq!(names.pull(&world.realm, 100, show), Progress::Done);
        let show = |_, user: &User| listed.push(user.nick().to_vec());
        assert_eq!(world.realm.users(me, b"user*").pull(&world.realm, 100, show), Progress::Done);
        assert_eq!(named, listed);
        named.len()
    };
    assert_eq!(seen_by(&world, eve), 1);
    assert_eq!(seen_by(&world, sessions[1]), 2);
    world.joined(eve, "#a");
    assert_eq!(world.realm.counts().invisible, 1);
}

#[test]
fn a_secret_room_is_there_for_its_members_only() {
    let (mut world, sessions) = crowd(1);
    let eve = world.user("eve");
    let listed = |world: &World, session| {
        let mut rooms = Vec::new();
        let mut cursor = world.realm.rooms(viewer(world, session));
        let show = |_, room: &Room| rooms.push(room.name().to_vec());
        assert_eq!(cursor.pull(&world.realm, 10, show), Progress::Done);
        rooms.len()
    };
    let (ada, stranger) = (viewer(&world, sessions[0]), viewer(&world, eve));
    assert_eq!((listed(&world, eve), world.realm.rooms_of(stranger, ada).count()), (1, 1));
    world.mode(sessions[0], "#a", Change::Set(Flag::Private));
    assert_eq!((listed(&world, eve), world.realm.rooms_of(stranger, ada).count()), (1, 0));
    world.mode(sessions[0], "#a", Change::Set(Flag::Secret));
    assert_eq!((listed(&world, eve), world.realm.rooms_of(stranger, ada).count()), (0, 0));
    assert!(world.realm.names(stranger, b"#a").is_none());
    assert_eq!(listed(&world, sessions[0]), 1);
    assert_eq!(world.realm.rooms_of(ada, ada).count(), 1);
}

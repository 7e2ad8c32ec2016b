//! Every limit, reached.

use ropewalk_words::*;

use crate::world::{World, bytes, registration};

fn small(change: impl FnOnce(&mut RealmLimits)) -> World {
    let mut settings = Settings::default();
    change(&mut settings.limits);
    World::with(settings)
}

#[test]
fn sessions_have_a_limit() {
    let mut world = small(|limits| limits.sessions = 2);
    let ada = world.user("ada");
    world.open().unwrap();
    assert_eq!(world.open().unwrap_err(), Refusal::NoMoreSessions { limit: 2 });
    world.quit(ada);
    world.open().unwrap();
}

#[test]
fn sessions_of_a_user_have_a_limit() {
    let mut world = small(|limits| limits.sessions_per_user = 2);
    world.user("ada");
    let (user, _) = world.realm.user_named(b"ada").unwrap();
    let (second, third) = (world.open().unwrap(), world.open().unwrap());
    world.ask(second, Command::Attach { user }).unwrap();
    let refused = world.ask(third, Command::Attach { user });
    assert_eq!(refused.unwrap_err(), Refusal::TooManySessions { limit: 2 });
}

#[test]
fn rooms_have_a_limit() {
    let mut world = small(|limits| limits.rooms = 1);
    let ada = world.user("ada");
    world.joined(ada, "#a");
    assert_eq!(world.join(ada, "#b").unwrap_err(), Refusal::NoMoreRooms { limit: 1 });
    let bob = world.user("bob");
    world.joined(bob, "#a");
}

#[test]
fn rooms_of_a_user_have_a_limit() {
    let mut world = small(|limits| limits.rooms_per_user = 1);
    let ada = world.user("ada");
    world.joined(ada, "#a");
    assert_eq!(world.join(ada, "#b").unwrap_err(), Refusal::TooManyRooms { limit: 1 });
    assert!(world.realm.room_named(b"#b").is_none());
    world.ask(ada, Command::Part { room: b"#a", reason: b"" }).unwrap();
    world.joined(ada, "#b");
}

#[test]
fn masks_on_a_list_have_a_limit() {
    let mut world = small(|limits| limits.masks = 1);
    let ada = world.user("ada");
    world.joined(ada, "#a");
    for list in [MaskList::Ban, MaskList::Exception, MaskList::Invitation] {
        assert_eq!(world.mode(ada, "#a", Change::Add(list, bytes("a"))), []);
        assert_eq!(world.mode(ada, "#a", Change::Add(list, bytes("A!*@*"))), []);
        let refused = world.mode(ada, "#a", Change::Add(list, bytes("b")));
        assert_eq!(refused, [Refusal::ListFull { limit: 1 }]);
    }
}

#[test]
fn open_invitations_have_a_limit_and_those_to_nobody_do_not_count() {
    let mut world = small(|limits| limits.invitations = 1);
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.user("eve");
    world.joined(ada, "#a");
    let invite = |nick| Command::Invite { room: b"#a", nick };
    world.ask(ada, invite(b"bob")).unwrap();
    world.ask(ada, invite(b"bob")).unwrap();
    let refused = world.ask(ada, invite(b"eve")).unwrap_err();
    assert_eq!(refused, Refusal::TooManyInvitations { limit: 1 });
    world.quit(bob);
    world.ask(ada, invite(b"eve")).unwrap();
}

#[test]
fn changes_at_once_have_a_limit() {
    let mut world = small(|limits| limits.changes = 1);
    let ada = world.user("ada");
    world.joined(ada, "#a");
    let changes = &[Change::ClearKey, Change::ClearLimit];
    let refused = world.ask(ada, Command::SetModes { room: b"#a", changes });
    assert_eq!(refused.unwrap_err(), Refusal::TooManyChanges { count: 2, limit: 1 });
}

#[test]
fn everything_that_is_written_has_a_longest() {
    let mut world = small(|limits| {
        let all = [
            &mut limits.nick,
            &mut limits.username,
            &mut limits.host,
            &mut limits.realname,
            &mut limits.room,
            &mut limits.topic,
            &mut limits.key,
            &mut limits.away,
            &mut limits.reason,
            &mut limits.mask,
            &mut limits.text,
        ];
        for limit in all {
            *limit = 6;
        }
    });
    let (ada, new) = (world.user("ada"), world.open().unwrap());
    world.joined(ada, "#a");
    let (long, room) = (b"toolong".as_slice(), b"#a".as_slice());
    let honest = registration("eve");
    let text = bytes::Bytes::from_static(b"toolong");
    for (session, command, field) in [
        (new, Command::Register(Registration { nick: long, ..honest }), Field::Nick),
        (new, Command::Register(Registration { username: long, ..honest }), Field::Username),
        (new, Command::Register(Registration { host: long, ..honest }), Field::Host),
        (new, Command::Register(Registration { realname: long, ..honest }), Field::Realname),
        (ada, Command::Rename { nick: long }, Field::Nick),
        (ada, Command::Join { room: b"#olonga", key: None }, Field::Room),
        (ada, Command::SetTopic { room, topic: long }, Field::Topic),
        (ada, Command::SetAway { message: Some(long) }, Field::Away),
        (ada, Command::Part { room, reason: long }, Field::Reason),
        (ada, Command::Kick { room, nick: b"ada", reason: long }, Field::Reason),
        (
            ada,
            Command::Say { to: Target::Room(room), kind: MessageKind::Privmsg, text },
            Field::Text,
        ),
    ] {
        let refused = world.ask(session, command).unwrap_err();
        assert_eq!(refused, Refusal::TooLong { field, length: 7, limit: 6 });
    }
    for (change, field) in [
        (Change::SetKey(bytes("toolong")), Field::Key),
        (Change::Add(MaskList::Ban, bytes("toolong")), Field::Mask),
    ] {
        let refused = world.mode(ada, "#a", change);
        assert_eq!(refused, [Refusal::TooLong { field, length: 7, limit: 6 }]);
    }
}

#[test]
fn no_name_is_longer_than_the_longest_whatever_the_settings_say() {
    let mut world = small(|limits| (limits.nick, limits.room) = (1000, 1000));
    let ada = world.user(&"a".repeat(128));
    let long = ["#", &"a".repeat(128)].concat();
    let refused = world.join(ada, &long).unwrap_err();
    assert_eq!(refused, Refusal::TooLong { field: Field::Room, length: 129, limit: 128 });
    assert_eq!(refused.to_string(), "room name of 129 bytes is longer than the limit of 128");
}

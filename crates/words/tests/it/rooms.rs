//! Rooms: coming in, going out, who may do what.

use ropewalk_words::*;

use crate::world::{World, bytes};

fn three() -> (World, [SessionId; 3]) {
    let mut world = World::new();
    let sessions = [world.user("ada"), world.user("bob"), world.user("eve")];
    for session in &sessions[..2] {
        world.joined(*session, "#a");
    }
    for session in sessions {
        world.hears(session);
    }
    (world, sessions)
}

#[test]
fn the_first_member_is_operator_and_the_next_is_not() {
    let (world, _) = three();
    assert!(world.roles("ada", "#A").unwrap().has(Role::Operator));
    assert_eq!(world.roles("bob", "#a").unwrap(), Roles::default());
    assert_eq!(world.roles("eve", "#a"), None);
}

#[test]
fn a_room_vanishes_with_its_last_member_and_forgets_everything() {
    let (mut world, [ada, bob, _]) = three();
    world.mode(ada, "#a", Change::SetKey(bytes("secret")));
    for session in [ada, bob] {
        world.ask(session, Command::Part { room: b"#a", reason: b"home" }).unwrap();
    }
    assert!(world.realm.room_named(b"#a").is_none() && world.groups.is_empty());
    assert_eq!(world.hears(bob), ["ada modes #a: 1", "ada leaves #a: home", "bob leaves #a: home"]);
    world.joined(bob, "#a");
    assert!(world.roles("bob", "#a").unwrap().has(Role::Operator));
}

#[test]
fn a_room_keeps_the_spelling_of_its_first_member() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#Rope");
    world.joined(bob, "#ROPE");
    assert_eq!(world.hears(bob), ["bob joins #Rope"]);
}

#[test]
fn parting_takes_being_there() {
    let (mut world, [_, _, eve]) = three();
    let part = |room| Command::Part { room, reason: b"" };
    assert_eq!(world.ask(eve, part(b"#a")).unwrap_err(), Refusal::NotInRoom);
    assert_eq!(world.ask(eve, part(b"#zz")).unwrap_err(), Refusal::NoSuchRoom);
}

#[test]
fn a_ban_keeps_out_and_an_exception_lets_in() {
    let (mut world, [ada, _, eve]) = three();
    world.mode(ada, "#a", Change::Add(MaskList::Ban, bytes("*@*.test")));
    assert_eq!(world.join(eve, "#a").unwrap_err(), Refusal::Banned);
    world.mode(ada, "#a", Change::Add(MaskList::Exception, bytes("EVE")));
    world.joined(eve, "#a");
    world.say(eve, "#a", "hello").unwrap();
}

#[test]
fn a_ban_silences_members_without_a_role_until_it_is_lifted() {
    let (mut world, [ada, bob, _]) = three();
    world.say(bob, "#a", "one").unwrap();
    world.mode(ada, "#a", Change::Add(MaskList::Ban, bytes("bob")));
    assert_eq!(world.say(bob, "#a", "two").unwrap_err(), Refusal::CannotSend);
    assert_eq!(world.say(bob, "#a", "two").unwrap_err(), Refusal::CannotSend);
    world.mode(ada, "#a", Change::Grant(Role::Voice, bytes("bob")));
    world.say(bob, "#a", "three").unwrap();
    world.mode(ada, "#a", Change::Revoke(Role::Voice, bytes("bob")));
    assert_eq!(world.say(bob, "#a", "four").unwrap_err(), Refusal::CannotSend);
    world.mode(ada, "#a", Change::Remove(MaskList::Ban, bytes("BOB!*@*")));
    world.say(bob, "#a", "five").unwrap();
}

#[test]
fn a_ban_is_seen_anew_after_a_change_of_nick() {
    let (mut world, [ada, bob, _]) = three();
    world.mode(ada, "#a", Change::Add(MaskList::Ban, bytes("bad")));
    world.say(bob, "#a", "one").unwrap();
    world.ask(bob, Command::Rename { nick: b"bad" }).unwrap();
    assert_eq!(world.say(bob, "#a", "two").unwrap_err(), Refusal::CannotSend);
    world.ask(bob, Command::Rename { nick: b"bob" }).unwrap();
    world.say(bob, "#a", "three").unwrap();
}

#[test]
fn joining_by_invitation_takes_one_and_uses_it_up() {
    let (mut world, [ada, bob, eve]) = three();
    world.mode(ada, "#a", Change::Set(Flag::InviteOnly));
    assert_eq!(world.join(eve, "#a").unwrap_err(), Refusal::InviteOnly);
    let invite = Command::Invite { room: b"#a", nick: b"eve" };
    assert_eq!(world.ask(bob, invite.clone()).unwrap_err(), Refusal::NotOperator);
    assert!(matches!(world.ask(ada, invite.clone()), Ok(Outcome::Invited { .. })));
    world.joined(eve, "#a");
    assert_eq!(world.hears(eve), ["ada invites eve to #a", "eve joins #a"]);
    assert_eq!(world.ask(ada, invite).unwrap_err(), Refusal::AlreadyInRoom);
    world.ask(eve, Command::Part { room: b"#a", reason: b"" }).unwrap();
    assert_eq!(world.join(eve, "#a").unwrap_err(), Refusal::InviteOnly);
    world.mode(ada, "#a", Change::Add(MaskList::Invitation, bytes("e?e")));
    world.joined(eve, "#a");
}

#[test]
fn an_invitation_passes_key_limit_and_ban() {
    let (mut world, [ada, _, eve]) = three();
    for change in
        [Change::SetKey(bytes("k")), Change::SetLimit(1), Change::Add(MaskList::Ban, bytes("eve"))]
    {
        assert_eq!(world.mode(ada, "#a", change), []);
    }
    world.ask(ada, Command::Invite { room: b"#a", nick: b"eve" }).unwrap();
    world.joined(eve, "#a");
}

#[test]
fn a_key_must_be_the_same_to_the_letter() {
    let (mut world, [ada, _, eve]) = three();
    world.mode(ada, "#a", Change::SetKey(bytes("Key")));
    for key in [None, Some(b"key".as_slice())] {
        let join = Command::Join { room: b"#a", key };
        assert_eq!(world.ask(eve, join).unwrap_err(), Refusal::BadKey);
    }
    world.ask(eve, Command::Join { room: b"#a", key: Some(b"Key") }).unwrap();
}

#[test]
fn a_full_room_lets_nobody_in() {
    let (mut world, [ada, bob, eve]) = three();
    world.mode(ada, "#a", Change::SetLimit(2));
    assert_eq!(world.join(eve, "#a").unwrap_err(), Refusal::RoomFull);
    world.quit(bob);
    world.joined(eve, "#a");
}

#[test]
fn modes_take_an_operator() {
    let (mut world, [_, bob, _]) = three();
    for change in [
        Change::Set(Flag::Moderated),
        Change::ClearKey,
        Change::SetLimit(5),
        Change::Add(MaskList::Ban, bytes("ada")),
        Change::Remove(MaskList::Ban, bytes("ada")),
        Change::Grant(Role::Operator, bytes("bob")),
        Change::Revoke(Role::Operator, bytes("ada")),
        Change::Grant(Role::Voice, bytes("bob")),
    ] {
        assert_eq!(world.mode(bob, "#a", change), [Refusal::NotOperator]);
    }
    assert_eq!(world.hears(bob).len(), 0);
}

#[test]
fn of_several_changes_the_possible_ones_are_made_and_told_together() {
    let (mut world, [ada, bob, _]) = three();
    let changes = [
        Change::Set(Flag::Moderated),
        Change::Grant(Role::Voice, bytes("nobody")),
        Change::Grant(Role::Voice, bytes("BOB")),
        Change::Set(Flag::Moderated),
        Change::Grant(Role::Voice, bytes("eve")),
    ];
    let asked = world.ask(ada, Command::SetModes { room: b"#a", changes: &changes });
    let Ok(Outcome::ModesChanged { refused }) = asked else { panic!("{asked:?}") };
    assert_eq!(
        refused,
        [
            Refused { change: 1, why: Refusal::NoSuchNick },
            Refused { change: 4, why: Refusal::TheyAreNotInRoom },
        ]
    );
    let event = world.heard[&bob].last().unwrap();
    let What::ModesChanged { changes, .. } = &event.what else { panic!("{event:?}") };
    assert_eq!(**changes, [Change::Set(Flag::Moderated), Change::Grant(Role::Voice, bytes("bob"))]);
}

#[test]
fn an_operator_who_steps_down_changes_nothing_more() {
    let (mut world, [ada, ..]) = three();
    let changes = [Change::Revoke(Role::Operator, bytes("ada")), Change::Set(Flag::Secret)];
    let asked = world.ask(ada, Command::SetModes { room: b"#a", changes: &changes });
    let Ok(Outcome::ModesChanged { refused }) = asked else { panic!("{asked:?}") };
    assert_eq!(refused, [Refused { change: 1, why: Refusal::NotOperator }]);
}

#[test]
fn half_operators_give_voice_and_kick_only_those_below_them() {
    let (mut world, [ada, bob, eve]) = three();
    world.joined(eve, "#a");
    world.mode(ada, "#a", Change::Grant(Role::HalfOperator, bytes("bob")));
    assert_eq!(world.mode(bob, "#a", Change::Grant(Role::Voice, bytes("eve"))), []);
    let kick = |nick| Command::Kick { room: b"#a", nick, reason: b"" };
    assert_eq!(world.ask(bob, kick(b"ada")).unwrap_err(), Refusal::Outranked);
    world.ask(bob, kick(b"eve")).unwrap();
    assert_eq!(world.roles("eve", "#a"), None);
}

#[test]
fn whoever_is_kicked_hears_it_and_nothing_after() {
    let (mut world, [ada, bob, _]) = three();
    world.ask(ada, Command::Kick { room: b"#a", nick: b"bob", reason: b"bye" }).unwrap();
    world.say(ada, "#a", "gone").unwrap();
    assert_eq!(world.hears(bob), ["ada kicks bob from #a: bye"]);
    let kick = Command::Kick { room: b"#a", nick: b"eve", reason: b"" };
    assert_eq!(world.ask(ada, kick).unwrap_err(), Refusal::TheyAreNotInRoom);
    let kick = Command::Kick { room: b"#a", nick: b"ada", reason: b"" };
    assert_eq!(world.ask(bob, kick).unwrap_err(), Refusal::NotInRoom);
}

#[test]
fn a_locked_topic_takes_a_role() {
    let (mut world, [ada, bob, _]) = three();
    let set = |topic| Command::SetTopic { room: b"#a", topic };
    assert_eq!(world.ask(bob, set(b"mine")).unwrap_err(), Refusal::NotOperator);
    world.mode(ada, "#a", Change::Clear(Flag::TopicLock));
    world.ask(bob, set(b"mine")).unwrap();
    let topic = world.realm.room_named(b"#a").unwrap().1.topic().cloned().unwrap();
    assert_eq!((&*topic.text, topic.setter.nick()), (&b"mine"[..], &b"bob"[..]));
    assert_eq!(topic.at.as_millis(), world.now);
    world.ask(ada, set(b"")).unwrap();
    assert!(world.realm.room_named(b"#a").unwrap().1.topic().is_none());
    assert_eq!(world.hears(bob).last().unwrap(), "ada topic #a: ");
}

#[test]
fn an_invitation_to_a_room_that_is_not_there_is_refused() {
    let (mut world, [ada, ..]) = three();
    let invite = Command::Invite { room: b"#b", nick: b"eve" };
    assert_eq!(world.ask(ada, invite).unwrap_err(), Refusal::NoSuchRoom);
    let invite = Command::Invite { room: b"#a", nick: b"nobody" };
    assert_eq!(world.ask(ada, invite).unwrap_err(), Refusal::NoSuchNick);
}

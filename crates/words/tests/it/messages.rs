//! What is said, who hears it, and by which id.

use std::collections::BTreeSet;

use ropewalk_words::*;

use crate::world::World;

#[test]
fn what_is_said_to_a_room_reaches_every_member_and_names_the_session_that_said_it() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#a");
    world.joined(bob, "#a");
    let Ok(Outcome::Said(event)) = world.say(ada, "#A", "hello") else { panic!() };
    assert_eq!(event.origin, Some(ada));
    for session in [ada, bob] {
        assert_eq!(world.hears(session).last().unwrap(), "ada to #a: hello");
    }
}

#[test]
fn strangers_are_heard_only_where_the_room_lets_them() {
    let mut world = World::new();
    let (ada, eve) = (world.user("ada"), world.user("eve"));
    world.joined(ada, "#a");
    assert_eq!(world.say(eve, "#a", "hi").unwrap_err(), Refusal::CannotSend);
    world.mode(ada, "#a", Change::Clear(Flag::NoExternal));
    world.say(eve, "#a", "hi").unwrap();
    assert_eq!(world.hears(ada).last().unwrap(), "eve to #a: hi");
    world.mode(ada, "#a", Change::Set(Flag::Moderated));
    assert_eq!(world.say(eve, "#a", "hi").unwrap_err(), Refusal::CannotSend);
}

#[test]
fn a_moderated_room_hears_only_members_with_a_role() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#a");
    world.joined(bob, "#a");
    world.mode(ada, "#a", Change::Set(Flag::Moderated));
    assert_eq!(world.say(bob, "#a", "hi").unwrap_err(), Refusal::CannotSend);
    world.say(ada, "#a", "hi").unwrap();
    world.mode(ada, "#a", Change::Grant(Role::Voice, b"bob".as_slice().into()));
    world.say(bob, "#a", "hi").unwrap();
}

#[test]
fn nobody_is_there_to_hear_it() {
    let mut world = World::new();
    let ada = world.user("ada");
    assert_eq!(world.say(ada, "#a", "hi").unwrap_err(), Refusal::NoSuchRoom);
    assert_eq!(world.tell(ada, "bob", "hi").unwrap_err(), Refusal::NoSuchNick);
    let long = "x".repeat(500);
    assert_eq!(world.tell(ada, &long, "hi").unwrap_err(), Refusal::NoSuchNick);
    assert_eq!(world.say(ada, &long, "hi").unwrap_err(), Refusal::NoSuchRoom);
}

#[test]
fn whoever_talks_to_themselves_hears_it_once() {
    let mut world = World::new();
    let ada = world.user("ada");
    world.tell(ada, "ada", "note").unwrap();
    assert_eq!(world.hears(ada), ["ada to ada: note"]);
}

#[test]
fn a_message_is_one_line() {
    let mut world = World::new();
    let ada = world.user("ada");
    for text in ["a\nQUIT", "a\rb", "a\0b"] {
        let refused = world.tell(ada, "ada", text).unwrap_err();
        assert_eq!(refused, Refusal::Malformed(Field::Text));
    }
}

#[test]
fn a_message_need_not_be_utf_8() {
    let mut world = World::new();
    let ada = world.user("ada");
    let text = bytes::Bytes::from_static(b"caf\xe9");
    let to = Target::User(b"ada");
    world.ask(ada, Command::Say { to, kind: MessageKind::Notice, text }).unwrap();
}

#[test]
fn speaking_ends_idling() {
    let mut world = World::new();
    let ada = world.user("ada");
    world.now += 5_000;
    world.joined(ada, "#a");
    let active = |world: &World| world.realm.user_named(b"ada").unwrap().1.active().as_millis();
    assert!(active(&world) + 5_000 <= world.now);
    world.say(ada, "#a", "hi").unwrap();
    assert_eq!(active(&world), world.now);
}

#[test]
fn ids_grow_also_when_the_clock_is_set_back() {
    let mut world = World::new();
    let ada = world.user("ada");
    world.joined(ada, "#a");
    let mut ids = Vec::new();
    for step in 0..200_u64 {
        world.now = 1_000_000 - step % 7 * 100;
        let Ok(Outcome::Said(event)) = world.say(ada, "#a", "hi") else { panic!() };
        ids.push(event.id);
    }
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
    assert!(texts.is_sorted());
}

#[test]
fn ids_of_two_nodes_differ() {
    let made = |node| {
        let mut world = World::with(Settings { node, ..Settings::default() });
        let ada = world.user("ada");
        let Ok(Outcome::Told(event)) = world.tell(ada, "ada", "hi") else { panic!() };
        event.id
    };
    assert_ne!(made(1), made(2));
    assert_eq!(made(2).node(), 2);
    assert_eq!(made(2).at().as_millis(), 1_000_002);
}

#[test]
fn a_wire_form_is_encoded_once() {
    let mut world = World::new();
    let ada = world.user("ada");
    let Ok(Outcome::Told(event)) = world.tell(ada, "ada", "hi") else { panic!() };
    let first = event.form(3, || "three".into()).as_ptr();
    assert_eq!(event.form(3, || unreachable!()).as_ptr(), first);
    assert_eq!(event.form(15, || "fifteen".into()), "fifteen");
}

//! Users, and the sessions that they have.

use ropewalk_words::*;

use crate::world::{World, registration};

#[test]
fn a_session_must_register_before_it_asks_for_anything() {
    let mut world = World::new();
    let session = world.open().unwrap();
    assert_eq!(world.join(session, "#a").unwrap_err(), Refusal::NotRegistered);
    assert_eq!(world.realm.counts().unregistered, 1);
    world.ask(session, Command::Register(registration("ada"))).unwrap();
    assert_eq!(world.realm.counts().unregistered, 0);
    let again = world.ask(session, Command::Register(registration("eve")));
    assert_eq!(again.unwrap_err(), Refusal::AlreadyRegistered);
}

#[test]
fn a_session_that_is_gone_can_ask_for_nothing() {
    let mut world = World::new();
    let ada = world.user("ada");
    world.quit(ada);
    let next = world.user("eve");
    assert_ne!(ada, next, "ids are not used twice");
    assert_eq!(world.join(ada, "#a").unwrap_err(), Refusal::NoSuchSession);
}

#[test]
fn a_nick_belongs_to_one_user_in_any_case() {
    let mut world = World::new();
    world.user("Ada");
    let session = world.open().unwrap();
    let taken = world.ask(session, Command::Register(registration("aDA")));
    assert_eq!(taken.unwrap_err(), Refusal::NickInUse);
    let bob = world.user("bob");
    let taken = world.ask(bob, Command::Rename { nick: b"ADA" });
    assert_eq!(taken.unwrap_err(), Refusal::NickInUse);
}

#[test]
fn a_nick_is_free_again_after_its_user_left_or_took_another() {
    let mut world = World::new();
    let ada = world.user("ada");
    world.ask(ada, Command::Rename { nick: b"eve" }).unwrap();
    let other = world.user("ada");
    world.quit(other);
    world.user("ada");
}

#[test]
fn the_case_of_an_own_nick_may_change() {
    let mut world = World::new();
    let ada = world.user("ada");
    assert!(matches!(world.ask(ada, Command::Rename { nick: b"Ada" }), Ok(Outcome::Done)));
    assert_eq!(world.hears(ada), ["ada is Ada"]);
    assert!(matches!(world.ask(ada, Command::Rename { nick: b"Ada" }), Ok(Outcome::Unchanged)));
    assert_eq!(world.hears(ada).len(), 0);
}

#[test]
fn a_new_nick_is_heard_once_by_all_who_share_rooms() {
    let mut world = World::new();
    let (ada, bob, eve) = (world.user("ada"), world.user("bob"), world.user("eve"));
    for room in ["#a", "#b", "#c"] {
        world.joined(ada, room);
        world.joined(bob, room);
    }
    world.joined(eve, "#c");
    for session in [ada, bob, eve] {
        world.hears(session);
    }
    world.ask(ada, Command::Rename { nick: b"ida" }).unwrap();
    for session in [ada, bob, eve] {
        assert_eq!(world.hears(session), ["ada is ida"]);
    }
    world.quit(ada);
    assert_eq!(world.hears(bob), ["ida quits: bye"]);
    assert_eq!(world.hears(eve), ["ida quits: bye"]);
}

#[test]
fn a_user_with_two_sessions_is_in_a_room_once_and_hears_it_twice() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#a");
    let second = world.open().unwrap();
    let (user, _) = world.realm.user_named(b"ada").unwrap();
    world.ask(second, Command::Attach { user }).unwrap();
    assert!(matches!(world.join(second, "#a"), Ok(Outcome::Unchanged)));
    world.joined(second, "#b");
    world.joined(bob, "#a");
    assert_eq!(world.realm.room_named(b"#a").unwrap().1.population(), 2);
    assert_eq!(world.hears(second), ["ada joins #b", "bob joins #a"]);
    assert_eq!(world.hears(ada), ["ada joins #a", "ada joins #b", "bob joins #a"]);
    world.tell(bob, "ada", "hello").unwrap();
    assert_eq!(world.hears(ada), ["bob to ada: hello"]);
    assert_eq!(world.hears(second), ["bob to ada: hello"]);
}

#[test]
fn what_one_session_tells_somebody_the_others_of_its_user_hear() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    let second = world.open().unwrap();
    let (user, _) = world.realm.user_named(b"ada").unwrap();
    world.ask(second, Command::Attach { user }).unwrap();
    assert!(matches!(world.tell(ada, "bob", "psst"), Ok(Outcome::Told(_))));
    assert_eq!(world.hears(ada).len(), 0);
    assert_eq!(world.hears(second), ["ada to bob: psst"]);
    assert_eq!(world.hears(bob), ["ada to bob: psst"]);
}

#[test]
fn a_user_stays_until_their_last_session_ends() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#a");
    world.joined(bob, "#a");
    let second = world.open().unwrap();
    let (user, _) = world.realm.user_named(b"ada").unwrap();
    world.ask(second, Command::Attach { user }).unwrap();
    world.hears(bob);
    world.quit(ada);
    assert_eq!(world.hears(bob).len(), 0);
    world.say(second, "#a", "still here").unwrap();
    assert_eq!(world.hears(bob), ["ada to #a: still here"]);
    world.quit(second);
    assert_eq!(world.hears(bob), ["ada quits: bye"]);
    assert!(world.realm.user_named(b"ada").is_none());
}

#[test]
fn whoever_is_expelled_loses_all_sessions() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#a");
    world.joined(bob, "#a");
    let second = world.open().unwrap();
    let (user, _) = world.realm.user_named(b"ada").unwrap();
    world.ask(second, Command::Attach { user }).unwrap();
    world.expel("ada");
    assert!(!world.heard.contains_key(&ada) && !world.heard.contains_key(&second));
    assert_eq!(world.hears(bob).last().unwrap(), "ada quits: out");
    assert_eq!(world.realm.counts().sessions, 1);
}

#[test]
fn a_reason_to_quit_is_always_one_line_within_its_limit() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(ada, "#a");
    world.joined(bob, "#a");
    let long = [b"a\r\nb\0".as_slice(), &[b'x'; 1000]].concat();
    world.ask(ada, Command::Quit { reason: &long }).unwrap();
    let heard = world.hears(bob).pop().unwrap();
    assert!(heard.starts_with("ada quits: a  b xxx"), "{heard}");
    assert_eq!(heard.len(), "ada quits: ".len() + world.realm.limits().reason);
}

#[test]
fn an_away_message_is_heard_in_rooms_and_told_to_those_who_join_later() {
    let mut world = World::new();
    let (ada, bob) = (world.user("ada"), world.user("bob"));
    world.joined(bob, "#a");
    world.hears(bob);
    world.ask(ada, Command::SetAway { message: Some(b"tea") }).unwrap();
    assert_eq!(world.hears(ada), ["ada away: Some(\"tea\")"]);
    world.joined(ada, "#a");
    let joined = world.heard[&bob].last().unwrap();
    let What::Joined { away, .. } = &joined.what else { panic!("{joined:?}") };
    assert_eq!(away.as_deref(), Some(b"tea".as_slice()));
    world.ask(ada, Command::SetAway { message: None }).unwrap();
    assert_eq!(world.hears(bob).last().unwrap(), "ada away: None");
    let again = world.ask(ada, Command::SetAway { message: None });
    assert!(matches!(again, Ok(Outcome::Unchanged)));
}

#[test]
fn nobody_makes_themselves_an_operator_of_the_realm() {
    let mut world = World::new();
    let ada = world.user("ada");
    let mode = UserMode::Operator;
    let refused = world.ask(ada, Command::SetUserMode { mode, set: true });
    assert_eq!(refused.unwrap_err(), Refusal::NotOperator);
    let (user, _) = world.realm.user_named(b"ada").unwrap();
    let (now, mut effects) = (Timestamp::from_millis(world.now), Effects::default());
    world.realm.set_operator(now, user, true, &mut effects).unwrap();
    assert_eq!(effects.drain().count(), 1);
    assert_eq!(world.realm.counts().operators, 1);
    world.ask(ada, Command::SetUserMode { mode, set: false }).unwrap();
    assert_eq!(world.realm.counts().operators, 0);
    world.ask(ada, Command::SetUserMode { mode: UserMode::Bot, set: true }).unwrap();
    assert_eq!(world.hears(ada), ["ada mode Operator false", "ada mode Bot true"]);
}

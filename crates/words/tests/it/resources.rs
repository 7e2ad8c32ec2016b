//! What the realm costs.

use allocation_counter::measure;
use bytes::Bytes;
use ropewalk_words::*;

#[test]
fn a_message_to_a_room_allocates_its_event_and_nothing_else() {
    let (mut realm, mut effects) = (Realm::new(Settings::default()), Effects::default());
    let session = enter(&mut realm, &mut effects, "ada");
    let other = enter(&mut realm, &mut effects, "bob");
    let now = Timestamp::from_millis(2);
    let mask = b"nobody!*@*".as_slice().into();
    let changes = &[Change::Add(MaskList::Ban, mask)];
    realm.apply(now, session, Command::SetModes { room: b"#a", changes }, &mut effects).unwrap();
    let mut say = |text: &Bytes| {
        let (to, kind) = (Target::Room(b"#A"), MessageKind::Privmsg);
        let command = Command::Say { to, kind, text: text.clone() };
        realm.apply(now, other, command, &mut effects).unwrap();
        effects.drain().for_each(drop);
    };
    let text = Bytes::from(vec![b'x'; 100]);
    say(&text);
    let cost = measure(|| (0..1000).for_each(|_| say(&text)));
    assert_eq!(cost.count_total, 1000);
}

#[test]
fn a_user_in_a_room_costs_less_than_600_bytes() {
    const USERS: u32 = 10_000;
    let mut kept = None;
    let cost = measure(|| {
        let (mut realm, mut effects) = (Realm::new(Settings::default()), Effects::default());
        for number in 0..USERS {
            enter(&mut realm, &mut effects, &format!("nickname{number:05}"));
        }
        kept = Some(realm);
    });
    assert_eq!(kept.unwrap().counts().users, USERS);
    let each = cost.bytes_current / i64::from(USERS);
    println!("{each} bytes a user");
    assert!(each < 600, "{each} bytes");
}

#[test]
fn joining_a_large_room_costs_no_more_than_joining_a_small_one() {
    let (mut realm, mut effects) = (Realm::new(Settings::default()), Effects::default());
    for number in 0..5_000 {
        enter(&mut realm, &mut effects, &format!("user{number}"));
    }
    let now = Timestamp::from_millis(2);
    let session = enter(&mut realm, &mut effects, "ada");
    let part = Command::Part { room: b"#a", reason: b"" };
    realm.apply(now, session, part, &mut effects).unwrap();
    effects.drain().for_each(drop);
    let join = Command::Join { room: b"#a", key: None };
    let cost = measure(|| drop(realm.apply(now, session, join, &mut effects)));
    assert_eq!(effects.iter().count(), 2);
    assert!(cost.bytes_total < 4096, "{cost:?}");
}

fn enter(realm: &mut Realm, effects: &mut Effects, nick: &str) -> SessionId {
    let now = Timestamp::from_millis(1);
    let session = realm.open(now, FrontEnd::Irc).unwrap();
    let who = Registration {
        nick: nick.as_bytes(),
        username: b"username",
        host: b"192.168.100.100",
        realname: b"An ordinary name",
    };
    realm.apply(now, session, Command::Register(who), effects).unwrap();
    realm.apply(now, session, Command::Join { room: b"#a", key: None }, effects).unwrap();
    effects.drain().for_each(drop);
    session
}

//! What the IRC front end costs.

use allocation_counter::measure;
use bytes::BytesMut;
use ropewalk_protocol::Connection;
use ropewalk_words::irc::{Flood, Irc, IrcSettings};

use crate::chat::{Chat, Who};

/// Allocations for one message to a room, in whatever company: its text, its event, its line.
const A_MESSAGE: u64 = 3;

#[test]
fn a_message_costs_the_same_few_allocations_however_many_hear_it() {
    let few = cost(2);
    let many = cost(200);
    println!("{few} allocations a message");
    assert_eq!(few, many);
    assert_eq!(few, A_MESSAGE);
}

/// Allocations for one message to a room of so many, all of them delivered.
fn cost(members: usize) -> u64 {
    let flood = Flood { rate: 0, ..Flood::default() };
    let mut chat = Chat::with(IrcSettings { flood, ..IrcSettings::default() });
    let speaker = chat.member("speaker", "#a");
    let others: Vec<Who> =
        (1..members).map(|number| chat.member(&format!("n{number}"), "#a")).collect();
    let line = format!("PRIVMSG #a :{}\r\n", "x".repeat(100));
    chat.drop_heard(true);
    let mut input = BytesMut::with_capacity(8192);
    let mut say = |chat: &mut Chat| {
        input.extend_from_slice(line.as_bytes());
        chat.feed_buffer(speaker, &mut input);
        chat.settle();
    };
    (0..100).for_each(|_| say(&mut chat));
    let before = chat.taken(others[0]);
    let cost = measure(|| (0..100).for_each(|_| say(&mut chat)));
    assert_eq!(
        chat.taken(others[0]) - before,
        100 * (":speaker!~speaker@192.0.2.7 ".len() + line.len())
    );
    cost.count_total / 100
}

#[test]
fn a_session_is_small() {
    println!("{} bytes", size_of::<Irc>());
    assert!(size_of::<Irc>() <= 384, "{}", size_of::<Irc>());
}

#[test]
fn a_user_in_a_room_costs_less_than_two_kibibytes_of_everything() {
    const USERS: usize = 1_000;
    let mut chat = Chat::new();
    chat.now += std::time::Duration::from_secs(1);
    let mut connections: Vec<Connection<Irc>> = Vec::with_capacity(USERS);
    let cost = measure(|| {
        for number in 0..USERS {
            let mut connection = chat.connection();
            let hello =
                format!("NICK nickname{number:03}\r\nUSER username 0 * :An ordinary name\r\n");
            connection.feed(chat.now, &mut BytesMut::from(&*hello));
            connections.push(connection);
        }
        let join = BytesMut::from("JOIN #a\r\n");
        for number in 0..USERS {
            connections[number].feed(chat.now, &mut join.clone());
            connections.iter_mut().for_each(|connection| drain(connection, chat.now));
        }
    });
    assert_eq!(
        chat.server.hall().read(|realm| realm.room_named(b"#a").unwrap().1.population()),
        1_000
    );
    let held = cost.bytes_current / USERS as i64 + size_of::<Connection<Irc>>() as i64;
    println!("{held} bytes a user");
    assert!(held < 2048, "{held}");
}

/// A turn of a driver that lends its connections a buffer.
fn drain(connection: &mut Connection<Irc>, now: std::time::Instant) {
    let mut spare = Vec::new();
    loop {
        while connection.poll(now, None) {}
        let queued = connection.queued();
        if queued == 0 {
            break;
        }
        connection.sent(now, queued);
    }
    connection.reclaim(&mut spare);
}

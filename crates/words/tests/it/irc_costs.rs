//! What the IRC front end costs.

use allocation_counter::measure;
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
    let mut input = bytes::BytesMut::with_capacity(8192);
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

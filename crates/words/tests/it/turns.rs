//! Who has much to say waits for who has little.

use ropewalk_protocol::Reason;
use ropewalk_words::irc::{Flood, IrcSettings};

use crate::chat::{Chat, Who};

/// Nobody is slowed down: only turns stand between one and the others.
fn chat() -> Chat {
    let flood = Flood { rate: 0, ..Flood::default() };
    Chat::with(IrcSettings { flood, ..IrcSettings::default() })
}

/// A room in which the first one listens.
fn room<const N: usize>(chat: &mut Chat) -> [Who; N] {
    let names = ["ada", "bob", "eve", "zoe", "kim"];
    let all = std::array::from_fn(|number| chat.member(names[number], "#a"));
    all.into_iter().for_each(|who| drop(chat.hears(who)));
    all
}

fn lines(count: usize) -> String {
    (0..count).map(|number| format!("PRIVMSG #a :{number}\r\n")).collect()
}

/// Who said something, each run of lines once, with its length.
fn runs(heard: &[String]) -> Vec<(String, usize)> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for line in heard {
        let nick = line[1..].split('!').next().unwrap();
        match runs.last_mut() {
            Some((last, count)) if last == nick => *count += 1,
            _ => runs.push((nick.to_owned(), 1)),
        }
    }
    runs
}

#[test]
fn those_with_much_to_say_are_served_round_robin() {
    let mut chat = chat();
    let [ada, bob, eve, zoe] = room(&mut chat);
    for who in [bob, eve, zoe] {
        chat.feed(who, lines(40).as_bytes());
    }
    chat.settle();
    let run = |nick: &str, count| (nick.to_owned(), count);
    let expected = [16, 16, 8].map(|count| ["bob", "eve", "zoe"].map(|nick| run(nick, count)));
    assert_eq!(runs(&chat.hears(ada)), expected.concat());
}

#[test]
fn a_flood_does_not_stand_before_the_line_of_another() {
    let mut chat = chat();
    let [ada, bob, eve, zoe, kim] = room(&mut chat);
    for who in [bob, eve, zoe] {
        chat.feed(who, lines(1000).as_bytes());
    }
    chat.feed(kim, b"PRIVMSG #a :me too\r\n");
    chat.settle();
    let heard = chat.hears(ada);
    assert_eq!(heard.len(), 3001);
    let place = heard.iter().position(|line| line.starts_with(":kim!")).unwrap();
    assert_eq!(place, 48, "after one turn of each of the others");
}

#[test]
fn lines_of_one_session_keep_their_order() {
    let mut chat = chat();
    let [ada, bob] = room(&mut chat);
    let mixed: String = (0..100)
        .map(|number| match number % 5 {
            0 => format!("LIST #none{number}\r\n"),
            1 => format!("WHO #none{number}\r\n"),
            2 => format!("PRIVMSG #a :{number}\r\n"),
            _ => format!("PING {number}\r\n"),
        })
        .collect();
    chat.send(bob, &mixed);
    let pongs: Vec<_> = chat.hears(bob).into_iter().filter(|line| line.contains("PONG")).collect();
    let numbers: Vec<u32> =
        pongs.iter().map(|it| it.rsplit(':').next().unwrap().parse().unwrap()).collect();
    assert!(numbers.is_sorted());
    assert_eq!((numbers.len(), chat.hears(ada).len()), (40, 20));
}

#[test]
fn an_order_to_leave_goes_ahead_of_chat_that_waits_longer() {
    let mut chat = chat();
    let [ada, bob, eve, zoe] = room(&mut chat); // ada is the operator
    for who in [bob, eve] {
        chat.feed(who, lines(100).as_bytes());
    }
    chat.feed(ada, (lines(16) + "KICK #a bob :enough\r\n").as_bytes());
    chat.settle();
    let heard = chat.hears(zoe);
    let place = |what: &str| heard.iter().position(|line| line.contains(what)).unwrap();
    assert!(place(" KICK ") < place(":eve!~eve@192.0.2.7 PRIVMSG #a :16"), "{heard:?}");
}

#[test]
fn what_has_a_long_answer_waits_for_the_lines_that_came_with_it() {
    let mut chat = chat();
    let [ada, _] = room(&mut chat);
    chat.feed(ada, b"LIST\r\n");
    assert_eq!(chat.queued(ada), 0, "not answered before the others' lines are looked at");
    chat.feed(ada, b"PING x\r\n");
    chat.settle();
    let heard = chat.hears(ada);
    assert!(heard.last().unwrap().contains(" PONG "), "{heard:?}");
    assert!(heard[0].contains(" 321 ") || heard[0].contains(" 322 "), "{heard:?}");
}

#[test]
fn who_is_gone_in_their_turn_lets_the_others_have_theirs() {
    for gone in 0..3 {
        let mut chat = chat();
        let [ada, bob, eve, zoe] = room(&mut chat);
        let flooding = [bob, eve, zoe];
        for who in flooding {
            chat.feed(who, lines(100).as_bytes());
        }
        match gone {
            0 => chat.forget(flooding[0]),
            _ => chat.lose(flooding[gone], &Reason::Closed),
        }
        chat.settle();
        let heard = chat.hears(ada);
        let said = |nick: &str| heard.iter().filter(|line| line.starts_with(nick)).count();
        let counts = [":bob!", ":eve!", ":zoe!"].map(|nick| said(&format!("{nick}~")));
        for (number, count) in counts.into_iter().enumerate() {
            assert!(number == gone || count == 100, "{gone} is gone: {counts:?}");
        }
        assert!(chat.ask(ada, "LIST #none").last().unwrap().contains(" 323 "), "nobody is in line");
    }
}

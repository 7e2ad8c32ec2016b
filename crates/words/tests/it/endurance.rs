//! Peers that do what they should not.

use std::time::Duration;

use ropewalk_protocol::Reason;
use ropewalk_words::irc::{Flood, IrcSettings};
use ropewalk_words::{RealmLimits, Settings};

use crate::chat::Chat;

fn unthrottled() -> IrcSettings {
    IrcSettings { flood: Flood { rate: 0, ..Flood::default() }, ..IrcSettings::default() }
}

#[test]
fn ten_megabytes_without_an_end_of_line_are_one_error() {
    let mut chat = Chat::new();
    let ada = chat.user("ada");
    for _ in 0..160 {
        chat.send_bytes(ada, &[b'x'; 65_536]);
    }
    assert_eq!(chat.hears(ada), [":words.localhost 417 ada :Input line was too long"]);
    assert_eq!(chat.ask(ada, "\r\nPING x"), [":words.localhost PONG words.localhost :x"]);
}

#[test]
fn a_nul_is_refused_and_bytes_that_are_no_text_are_passed_on() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    let refused = chat.ask(bob, "PRIVMSG #a :a\0b");
    assert_eq!(refused, [r":words.localhost 400 bob * :byte \x00 at 13 is not allowed in a line"]);
    chat.send_bytes(bob, b"PRIVMSG #a :caf\xe9\r\n");
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 PRIVMSG #a :caf\u{fffd}"]);
}

#[test]
fn a_flood_is_slowed_down_to_its_rate() {
    let flood = Flood { burst: 5, rate: 1, ..Flood::default() };
    let mut chat = Chat::with(IrcSettings { flood, ..IrcSettings::default() });
    let ada = chat.user("ada");
    chat.send(ada, &"PING x\r\n".repeat(20));
    assert_eq!(chat.hears(ada).len(), 3, "five less NICK and USER");
    assert!(!chat.wants_input(ada));
    chat.pass(Duration::from_millis(999));
    assert_eq!(chat.hears(ada).len(), 0);
    chat.pass(Duration::from_millis(1));
    assert_eq!(chat.hears(ada).len(), 1);
    for _ in 0..16 {
        chat.pass(Duration::from_secs(1));
    }
    assert_eq!(chat.hears(ada).len(), 16);
    assert!(chat.wants_input(ada));
}

#[test]
fn a_flood_without_end_is_cut_off() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.send(ada, &"PRIVMSG #a :x\r\n".repeat(4_000));
    assert!(!chat.is_connected(ada));
    let heard = chat.hears(ada);
    assert_eq!(heard.last().unwrap(), "ERROR :Closing Link: 192.0.2.7 (Excess Flood)");
    assert_eq!(chat.hears(bob).last().unwrap(), ":ada!~ada@192.0.2.7 QUIT :Excess Flood");
}

#[test]
fn who_never_reads_is_cut_off_and_the_others_hear_everything_in_order() {
    let mut chat = Chat::with(IrcSettings { sendq: 200_000, ..unthrottled() });
    let (ada, bob, eve) =
        (chat.member("ada", "#a"), chat.member("bob", "#a"), chat.member("eve", "#a"));
    chat.hears(ada);
    chat.hears(bob);
    chat.set_reading(eve, false);
    let mut heard = Vec::new();
    for number in 0..3_000 {
        chat.send(ada, &format!("PRIVMSG #a :{number} {}\r\n", "x".repeat(80)));
        heard.extend(chat.hears(bob));
    }
    assert!(!chat.is_connected(eve));
    let (quit, said): (Vec<_>, Vec<_>) = heard.iter().partition(|line| line.contains(" QUIT "));
    assert_eq!(quit, [":eve!~eve@192.0.2.7 QUIT :SendQ exceeded"]);
    assert_eq!(said.len(), 3_000);
    let order = |(number, line): (usize, &&String)| line.contains(&format!(" :{number} x"));
    assert!(said.iter().enumerate().all(order));
    assert_eq!(chat.hears(ada), [":eve!~eve@192.0.2.7 QUIT :SendQ exceeded"]);
}

#[test]
fn silence_is_answered_with_a_ping_and_then_an_end() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    chat.pass(Duration::from_secs(120));
    assert_eq!(chat.hears(ada), ["PING :words.localhost"]);
    assert_eq!(chat.hears(bob), ["PING :words.localhost"]);
    chat.send(ada, "PONG :words.localhost\r\n");
    chat.pass(Duration::from_secs(60));
    assert_eq!(chat.hears(bob), ["ERROR :Closing Link: 192.0.2.7 (Ping timeout: 180 seconds)"]);
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 QUIT :Ping timeout: 180 seconds"]);
    chat.pass(Duration::from_secs(60));
    assert_eq!(chat.hears(ada), ["PING :words.localhost"]);
}

#[test]
fn who_does_not_register_is_sent_away() {
    let mut chat = Chat::new();
    let nobody = chat.connect();
    chat.send(nobody, "NICK ada\r\n");
    chat.pass(Duration::from_secs(29));
    assert!(chat.is_connected(nobody));
    chat.pass(Duration::from_secs(1));
    let heard = chat.hears(nobody);
    assert_eq!(heard, ["ERROR :Closing Link: 192.0.2.7 (Registration timed out)"]);
    assert!(!chat.is_connected(nobody));
    assert_eq!(chat.server.hall().read(|realm| realm.counts().sessions), 0);
}

#[test]
fn a_full_server_says_so() {
    let limits = RealmLimits { sessions: 1, ..RealmLimits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let mut chat = Chat::with_realm(IrcSettings::default(), settings);
    chat.user("ada");
    let bob = chat.connect();
    chat.settle();
    assert_eq!(chat.hears(bob), ["ERROR :Closing Link: 192.0.2.7 (Server is full)"]);
    assert!(!chat.is_connected(bob));
}

#[test]
fn a_connection_that_ends_without_a_word_leaves_its_rooms() {
    let mut chat = Chat::new();
    let ada = chat.member("ada", "#a");
    let [bob, eve, dan, fay] = ["bob", "eve", "dan", "fay"].map(|nick| chat.member(nick, "#a"));
    chat.hears(ada);
    chat.end(bob);
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 QUIT :Connection closed"]);
    chat.lose(eve, &Reason::killed("because"));
    assert_eq!(chat.hears(ada), [":eve!~eve@192.0.2.7 QUIT :because"]);
    chat.lose(dan, &Reason::MailboxFull { limit: 9 });
    assert_eq!(chat.hears(ada), [":dan!~dan@192.0.2.7 QUIT :SendQ exceeded"]);
    chat.forget(fay);
    assert_eq!(chat.hears(ada), [":fay!~fay@192.0.2.7 QUIT :Connection closed"]);
    assert_eq!(chat.server.hall().read(|realm| realm.counts().sessions), 1);
}

#[test]
fn who_is_expelled_is_told_why() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    let hall = chat.server.hall().clone();
    let (user, _) = hall.read(|realm| realm.user_named(b"bob").map(|(id, _)| (id, ()))).unwrap();
    hall.expel(chat.now, user, b"Enough").unwrap();
    chat.settle();
    assert_eq!(chat.hears(bob).last().unwrap(), "ERROR :Closing Link: 192.0.2.7 (Enough)");
    assert!(!chat.is_connected(bob));
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 QUIT :Enough"]);
}

#[test]
fn long_answers_wait_for_who_reads_slowly_and_lose_nothing() {
    let mut chat = Chat::with(unthrottled());
    for number in 0..400 {
        chat.member(&format!("user{number:03}"), "#a");
    }
    chat.limits.high_watermark = 2_000;
    chat.limits.low_watermark = 500;
    let ada = chat.user("ada");
    chat.set_reading(ada, false);
    chat.send(ada, "WHO #a\r\nNAMES #a\r\nPING x\r\n");
    let queued = chat.queued(ada);
    assert!((2_000..20_000).contains(&queued), "{queued}");
    assert!(!chat.wants_input(ada));
    chat.set_reading(ada, true);
    let heard = chat.hears(ada);
    assert_eq!(heard.iter().filter(|line| line.contains(" 352 ")).count(), 400);
    let names: Vec<_> = heard.iter().filter(|line| line.contains(" 353 ")).collect();
    assert_eq!(names.iter().map(|line| line.matches("user").count()).sum::<usize>(), 400);
    assert!(names.iter().all(|line| line.len() <= 510));
    let ends: Vec<_> = heard[heard.len() - 2..].iter().map(|line| &line[16..21]).collect();
    assert_eq!(ends, [" 366 ", " PONG"]);
}

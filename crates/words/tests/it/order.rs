//! What comes after what.

use ropewalk_words::irc::IrcSettings;

use crate::chat::Chat;

#[test]
fn replies_come_after_what_the_client_did_before() {
    let mut chat = Chat::new();
    let ada = chat.user("ada");
    chat.send(
        ada,
        "JOIN #a\r\nPING 1\r\nTOPIC #a :t\r\nPING 2\r\nMODE #a +m\r\nPING 3\r\nNICK eve\r\n\
         PING 4\r\nKICK #a eve :bye\r\nPING 5\r\nJOIN #b\r\nPART #b\r\nPING 6\r\nMODE eve +i\r\nPING 7\r\n",
    );
    let heard = chat.hears(ada);
    let verbs: Vec<_> = heard
        .iter()
        .map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            if words[1] == "PONG" { words[3].to_owned() } else { words[1].to_owned() }
        })
        .collect();
    let expected = "JOIN 353 366 :1 TOPIC :2 MODE :3 NICK :4 KICK :5 JOIN 353 366 PART :6 MODE :7";
    assert_eq!(verbs.join(" "), expected);
}

#[test]
fn a_burst_of_messages_is_said_at_once() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    let burst: String = (0..10).map(|number| format!("PRIVMSG #a :{number}\r\n")).collect();
    // Not one turn of the connection is needed for all of them to be said.
    chat.feed(bob, burst.as_bytes());
    assert!(chat.wants_input(bob));
    chat.settle();
    let heard = chat.hears(ada);
    assert_eq!(heard.len(), 10);
    assert!(heard.iter().enumerate().all(|(number, line)| line.ends_with(&format!(":{number}"))));
}

#[test]
fn a_client_that_wants_an_echo_hears_itself_among_the_others() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    let acknowledged = chat.ask(bob, "CAP REQ :echo-message");
    assert_eq!(acknowledged, [":words.localhost CAP bob ACK :echo-message"]);
    chat.send(bob, "PRIVMSG #a :one\r\nPING x\r\nPRIVMSG ada :two\r\nPRIVMSG nobody :x\r\n");
    assert_eq!(
        chat.hears(bob),
        [
            ":bob!~bob@192.0.2.7 PRIVMSG #a :one",
            ":words.localhost PONG words.localhost :x",
            ":bob!~bob@192.0.2.7 PRIVMSG ada :two",
            ":words.localhost 401 bob nobody :No such nick",
        ]
    );
}

#[test]
fn news_of_a_user_comes_once_however_many_rooms_are_shared() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.user("ada"), chat.user("bob"));
    for who in [ada, bob] {
        chat.send(who, "JOIN #a,#b,#c\r\n");
    }
    chat.hears(ada);
    assert_eq!(chat.ask(bob, "NICK rob").last().unwrap(), ":bob!~bob@192.0.2.7 NICK rob");
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 NICK rob"]);
    chat.ask(bob, "QUIT");
    assert_eq!(chat.hears(ada), [":rob!~bob@192.0.2.7 QUIT :Client Quit"]);
}

#[test]
fn several_rooms_are_joined_by_one_line() {
    let mut chat = Chat::with(IrcSettings::default());
    let ada = chat.user("ada");
    chat.send(ada, "JOIN #a,bad,#b\r\nPING x\r\n");
    let heard = chat.hears(ada);
    assert_eq!(heard.iter().filter(|line| line.contains(" JOIN #")).count(), 2);
    assert_eq!(heard.iter().filter(|line| line.contains(" 366 ")).count(), 2);
    assert!(heard.iter().any(|line| line == ":words.localhost 403 ada bad :No such channel"));
    assert!(heard.last().unwrap().contains("PONG"));
    let left = chat.ask(ada, "JOIN 0");
    assert_eq!(left.iter().filter(|line| line.contains(" PART #")).count(), 2);
}

//! Two people talk.

use crate::chat::Chat;

#[test]
fn a_newcomer_is_welcomed_as_clients_expect() {
    let mut chat = Chat::new();
    let ada = chat.connect();
    chat.send(ada, "NICK ada\r\nUSER ada 0 * :Ada\r\n");
    let welcome = chat.hears(ada);
    let numerics: Vec<_> = welcome.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(
        numerics,
        ["001", "002", "003", "004", "005", "005", "251", "255", "265", "266", "422"]
    );
    assert_eq!(
        welcome[0],
        ":words.localhost 001 ada :Welcome to the Words IRC network, ada!~ada@192.0.2.7"
    );
}

#[test]
fn two_people_join_a_room_talk_and_leave() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.user("ada"), chat.user("bob"));
    assert_eq!(
        chat.ask(ada, "JOIN #rope"),
        [
            ":ada!~ada@192.0.2.7 JOIN #rope",
            ":words.localhost 353 ada = #rope :@ada",
            ":words.localhost 366 ada #rope :End of /NAMES list",
        ]
    );
    assert_eq!(
        chat.ask(bob, "JOIN #rope"),
        [
            ":bob!~bob@192.0.2.7 JOIN #rope",
            ":words.localhost 353 bob = #rope :@ada bob",
            ":words.localhost 366 bob #rope :End of /NAMES list",
        ]
    );
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 JOIN #rope"]);

    assert!(chat.ask(bob, "PRIVMSG #rope :good morning").is_empty());
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 PRIVMSG #rope :good morning"]);
    assert!(chat.ask(ada, "NOTICE bob :psst").is_empty());
    assert_eq!(chat.hears(bob), [":ada!~ada@192.0.2.7 NOTICE bob :psst"]);

    assert_eq!(chat.ask(bob, "PART #rope :tea"), [":bob!~bob@192.0.2.7 PART #rope :tea"]);
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 PART #rope :tea"]);
    chat.ask(bob, "JOIN #rope");
    chat.hears(ada);
    let goodbye = chat.ask(bob, "QUIT :good night");
    assert_eq!(goodbye, ["ERROR :Closing Link: 192.0.2.7 (Quit: good night)"]);
    assert!(!chat.is_connected(bob));
    assert_eq!(chat.hears(ada), [":bob!~bob@192.0.2.7 QUIT :Quit: good night"]);
}

#[test]
fn a_ping_is_answered() {
    let mut chat = Chat::new();
    let ada = chat.connect();
    assert_eq!(chat.ask(ada, "PING :one two"), [":words.localhost PONG words.localhost :one two"]);
}

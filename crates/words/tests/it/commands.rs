//! What each command answers.

use std::time::Duration;

use ropewalk_words::irc::IrcSettings;

use crate::chat::Chat;

/// The lines with the server's name and the nick left out.
fn bare(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.replace(":words.localhost ", "")).collect()
}

#[test]
fn a_nick_is_one_persons_in_any_case() {
    let mut chat = Chat::new();
    let ada = chat.user("ada");
    let bob = chat.connect();
    let taken = chat.ask(bob, "NICK Ada");
    assert_eq!(taken, [":words.localhost 433 * Ada :Nickname is already in use"]);
    let wrong = chat.ask(bob, "NICK 7up");
    assert_eq!(wrong, [":words.localhost 432 * 7up :Erroneous nickname"]);
    assert_eq!(bare(&chat.ask(bob, "NICK")), ["431 * :No nickname given"]);
    assert!(chat.ask(bob, "NICK bob").is_empty());
    assert!(chat.ask(bob, "USER bob 0 * :Bob")[0].contains(" 001 bob "));
    assert_eq!(bare(&chat.ask(bob, "NICK ADA")), ["433 bob ADA :Nickname is already in use"]);
    assert_eq!(chat.ask(ada, "NICK Ada"), [":ada!~ada@192.0.2.7 NICK Ada"]);
    assert_eq!(bare(&chat.ask(ada, "USER x 0 * :x")), ["462 Ada :You may not reregister"]);
}

#[test]
fn two_who_want_one_nick_at_once_are_told_apart() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.connect(), chat.connect());
    chat.ask(ada, "NICK ada");
    chat.ask(bob, "NICK ada");
    assert!(chat.ask(ada, "USER a 0 * :A")[0].contains(" 001 "));
    let taken = chat.ask(bob, "USER b 0 * :B");
    assert_eq!(taken, [":words.localhost 433 ada ada :Nickname is already in use"]);
    assert!(chat.ask(bob, "NICK bob")[0].contains(" 001 bob "));
}

#[test]
fn nothing_works_before_registration() {
    let mut chat = Chat::new();
    let ada = chat.connect();
    assert_eq!(bare(&chat.ask(ada, "JOIN #a")), ["451 * JOIN :You have not registered"]);
    assert_eq!(bare(&chat.ask(ada, "XYZZY")), ["451 * XYZZY :You have not registered"]);
    assert_eq!(bare(&chat.ask(ada, "USER a")), ["461 * USER :Not enough parameters"]);
    let goodbye = chat.ask(ada, "QUIT");
    assert_eq!(goodbye, ["ERROR :Closing Link: 192.0.2.7 (Client Quit)"]);
}

#[test]
fn capabilities_are_negotiated_before_the_welcome() {
    let mut chat = Chat::new();
    let ada = chat.connect();
    let offered = chat.ask(ada, "CAP LS 302");
    let all = "away-notify cap-notify echo-message multi-prefix server-time userhost-in-names";
    assert_eq!(offered, [format!(":words.localhost CAP * LS :{all}")]);
    assert!(chat.ask(ada, "NICK ada\r\nUSER ada 0 * :Ada").is_empty());
    let refused = chat.ask(ada, "CAP REQ :multi-prefix nonsense");
    assert_eq!(refused, [":words.localhost CAP ada NAK :multi-prefix nonsense"]);
    let granted = chat.ask(ada, "CAP REQ :multi-prefix server-time userhost-in-names");
    assert!(granted[0].contains(" ACK "));
    assert!(chat.ask(ada, "CAP END")[0].contains(" 001 ada "));
    assert_eq!(bare(&chat.ask(ada, "CAP FOO")), ["410 ada FOO :Invalid CAP command"]);
    let joined = chat.ask(ada, "JOIN #a\r\nMODE #a +v ada");
    let time = "@time=2023-11-14T22:13:20.000Z ";
    assert_eq!(
        joined[..2],
        [
            format!("{time}:ada!~ada@192.0.2.7 JOIN #a"),
            ":words.localhost 353 ada = #a :@ada!~ada@192.0.2.7".to_owned(),
        ]
    );
    assert!(chat.ask(ada, "NAMES #a")[0].ends_with(":@+ada!~ada@192.0.2.7"));
}

#[test]
fn a_password_is_asked_for_where_there_is_one() {
    let password = Some("rope".to_owned());
    let mut chat = Chat::with(IrcSettings { password, ..IrcSettings::default() });
    let (ada, bob) = (chat.connect(), chat.connect());
    assert!(chat.ask(ada, "PASS rope\r\nNICK ada\r\nUSER a 0 * :A")[0].contains(" 001 "));
    let refused = chat.ask(bob, "PASS string\r\nNICK bob\r\nUSER b 0 * :B");
    assert_eq!(bare(&refused[..1]), ["464 * :Password incorrect"]);
    assert_eq!(refused[1], "ERROR :Closing Link: 192.0.2.7 (Bad Password)");
}

#[test]
fn isupport_says_what_the_realm_keeps_to() {
    let mut chat = Chat::new();
    let ada = chat.connect();
    let welcome = chat.ask(ada, "NICK ada\r\nUSER a 0 * :A").join("\n");
    for token in [
        "CASEMAPPING=ascii",
        "CHANMODES=beI,k,l,imnpst",
        "PREFIX=(qaohv)~&@%+",
        "NICKLEN=30",
        "CHANTYPES=#",
        "TOPICLEN=390",
        "MODES=13",
        "MAXLIST=b:100,e:100,I:100",
        "NETWORK=Words",
        "CHANLIMIT=#:100",
        "EXCEPTS=e",
        "INVEX=I",
        "ELIST=CMNTU",
        "SAFELIST",
    ] {
        assert!(welcome.contains(&format!(" {token} ")), "{token}");
    }
}

#[test]
fn modes_of_a_channel_are_set_shown_and_refused() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    assert_eq!(bare(&chat.ask(ada, "MODE #a")), ["324 ada #a +nt", "329 ada #a 1700000000"]);
    assert_eq!(
        chat.ask(ada, "MODE #a +mkl-t word 5"),
        [":ada!~ada@192.0.2.7 MODE #a +mkl-t word 5"]
    );
    assert_eq!(chat.hears(bob), [":ada!~ada@192.0.2.7 MODE #a +mkl-t word 5"]);
    assert_eq!(chat.ask(bob, "MODE #a")[0], ":words.localhost 324 bob #a +mnkl word 5");
    assert_eq!(bare(&chat.ask(bob, "PRIVMSG #a :x")), ["404 bob #a :Cannot send to channel"]);
    assert!(chat.ask(bob, "NOTICE #a :x").is_empty());
    assert_eq!(bare(&chat.ask(bob, "MODE #a +i-m")), ["482 bob #a :You're not a channel operator"]);
    assert_eq!(
        chat.ask(ada, "MODE #a +vb bob bad"),
        [":ada!~ada@192.0.2.7 MODE #a +vb bob bad!*@*"]
    );
    chat.hears(bob);
    assert_eq!(
        bare(&chat.ask(bob, "MODE #a b")),
        ["367 bob #a bad!*@* ada!~ada@192.0.2.7 1700000000", "368 bob #a :End of channel ban list",]
    );
    assert_eq!(
        bare(&chat.ask(ada, "MODE #a +Xo-l+l nobody nope")),
        [
            "472 ada X :is unknown mode char to me",
            "696 ada #a l nope :Invalid mode parameter",
            "401 ada nobody :No such nick",
            ":ada!~ada@192.0.2.7 MODE #a -l",
        ]
    );
    let eve = chat.user("eve");
    assert_eq!(chat.ask(eve, "MODE #a")[0], ":words.localhost 324 eve #a +mnk");
    assert_eq!(bare(&chat.ask(eve, "JOIN #a")), ["475 eve #a :Cannot join channel (+k)"]);
    assert!(chat.ask(eve, "JOIN #a word")[0].contains("JOIN #a"));
    assert_eq!(bare(&chat.ask(eve, "MODE #none")), ["403 eve #none :No such channel"]);
}

#[test]
fn modes_of_a_user_are_their_own() {
    let mut chat = Chat::new();
    let (ada, _) = (chat.user("ada"), chat.user("bob"));
    assert_eq!(
        chat.ask(ada, "MODE ada +iB"),
        [":ada!~ada@192.0.2.7 MODE ada +i", ":ada!~ada@192.0.2.7 MODE ada +B",]
    );
    assert_eq!(bare(&chat.ask(ada, "MODE ada")), ["221 ada +iB"]);
    assert!(chat.ask(ada, "MODE ada +o").is_empty());
    assert_eq!(bare(&chat.ask(ada, "MODE ada +w")), ["501 ada :Unknown MODE flag"]);
    assert!(chat.ask(ada, "MODE bob")[0].contains(" 502 "));
    assert!(chat.ask(ada, "MODE nobody")[0].contains(" 401 "));
}

#[test]
fn topics_are_shown_to_newcomers_with_who_set_them() {
    let mut chat = Chat::new();
    let ada = chat.member("ada", "#a");
    assert_eq!(bare(&chat.ask(ada, "TOPIC #a")), ["331 ada #a :No topic is set"]);
    chat.ask(ada, "TOPIC #a :of ropes");
    let bob = chat.user("bob");
    assert_eq!(
        bare(&chat.ask(bob, "JOIN #a")),
        [
            ":bob!~bob@192.0.2.7 JOIN #a",
            "332 bob #a :of ropes",
            "333 bob #a ada!~ada@192.0.2.7 1700000000",
            "353 bob = #a :@ada bob",
            "366 bob #a :End of /NAMES list",
        ]
    );
    let refused = chat.ask(bob, "TOPIC #a :mine");
    assert_eq!(bare(&refused), ["482 bob #a :You're not a channel operator"]);
    assert_eq!(bare(&chat.ask(bob, "TOPIC #b")), ["403 bob #b :No such channel"]);
}

#[test]
fn kicks_and_invitations() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    assert_eq!(
        bare(&chat.ask(bob, "KICK #a ada :x")),
        ["482 bob #a :You're not a channel operator"]
    );
    assert_eq!(
        bare(&chat.ask(ada, "KICK #a bob,eve :out")),
        ["401 ada eve :No such nick", ":ada!~ada@192.0.2.7 KICK #a bob :out"]
    );
    assert_eq!(chat.hears(bob), [":ada!~ada@192.0.2.7 KICK #a bob :out"]);
    chat.ask(ada, "MODE #a +i");
    assert_eq!(bare(&chat.ask(bob, "JOIN #a")), ["473 bob #a :Cannot join channel (+i)"]);
    assert_eq!(bare(&chat.ask(ada, "INVITE bob #a")), ["341 ada bob #a"]);
    assert_eq!(chat.hears(bob), [":ada!~ada@192.0.2.7 INVITE bob #a"]);
    assert!(chat.ask(bob, "JOIN #a")[0].contains("JOIN #a"));
    chat.hears(ada);
    assert_eq!(bare(&chat.ask(ada, "INVITE bob #a")), ["443 ada bob #a :is already on channel"]);
    assert_eq!(bare(&chat.ask(ada, "INVITE bob")), ["461 ada INVITE :Not enough parameters"]);
}

#[test]
fn who_is_away_says_so_and_is_shown_to_be() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    chat.ask(bob, "CAP REQ away-notify");
    assert_eq!(bare(&chat.ask(ada, "AWAY :tea")), ["306 ada :You have been marked as being away"]);
    assert_eq!(chat.hears(bob), [":ada!~ada@192.0.2.7 AWAY :tea"]);
    assert_eq!(bare(&chat.ask(bob, "PRIVMSG ada :hi")), ["301 bob ada :tea"]);
    chat.hears(ada);
    assert_eq!(bare(&chat.ask(ada, "AWAY")), ["305 ada :You are no longer marked as being away"]);
    assert_eq!(chat.hears(bob), [":ada!~ada@192.0.2.7 AWAY"]);
}

#[test]
fn who_and_whois_show_who_somebody_is() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    chat.pass(Duration::from_secs(5));
    let row = |nick: &str, flags: &str, room: &str| {
        format!("352 bob {room} ~{nick} 192.0.2.7 words.localhost {nick} {flags} :0 Real {nick}")
    };
    assert_eq!(
        bare(&chat.ask(bob, "WHO #a")),
        [row("ada", "H@", "#a"), row("bob", "H", "#a"), "315 bob #a :End of WHO list".to_owned()]
    );
    assert_eq!(bare(&chat.ask(bob, "WHO a*"))[0], row("ada", "H", "*"));
    assert_eq!(chat.ask(bob, "WHO ada o"), [":words.localhost 315 bob ada :End of WHO list"]);
    assert_eq!(
        bare(&chat.ask(bob, "WHOIS ada")),
        [
            "311 bob ada ~ada 192.0.2.7 * :Real ada",
            "319 bob ada :@#a",
            "312 bob ada words.localhost :Words",
            "317 bob ada 5 1700000000 :seconds idle, signon time",
            "318 bob ada :End of /WHOIS list",
        ]
    );
    assert_eq!(bare(&chat.ask(bob, "WHOIS nobody"))[0], "401 bob nobody :No such nick");
    assert_eq!(bare(&chat.ask(bob, "ISON ada nobody :bob eve")), ["303 bob :ada bob"]);
    assert_eq!(bare(&chat.ask(bob, "USERHOST ada")), ["302 bob :ada=+~ada@192.0.2.7"]);
}

#[test]
fn rooms_are_listed_by_what_they_are() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.user("ada"), chat.user("bob"));
    chat.send(ada, "JOIN #one,#two,#secret\r\nMODE #secret +s\r\nTOPIC #two :of two\r\n");
    chat.send(bob, "JOIN #two\r\n");
    chat.hears(bob);
    let listed = |lines: Vec<String>| {
        let rows = lines.into_iter().filter(|line| line.contains(" 322 "));
        rows.map(|line| line.split_once("322 bob ").unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let all = chat.ask(bob, "LIST");
    assert!(all[0].contains(" 321 ") && all.last().unwrap().contains(" 323 "));
    assert_eq!(listed(all), ["#one 1 :", "#two 2 :of two"]);
    assert_eq!(listed(chat.ask(bob, "LIST >1")), ["#two 2 :of two"]);
    assert_eq!(listed(chat.ask(bob, "LIST <2")), ["#one 1 :"]);
    assert_eq!(listed(chat.ask(bob, "LIST #t*")), ["#two 2 :of two"]);
    assert_eq!(listed(chat.ask(bob, "LIST !#t*")), ["#one 1 :"]);
    assert_eq!(listed(chat.ask(bob, "LIST T<5")), ["#two 2 :of two"]);
    assert!(listed(chat.ask(bob, "LIST C>5")).is_empty());
}

#[test]
fn the_server_tells_about_itself() {
    let settings = IrcSettings {
        motd: vec!["one".to_owned(), "two".to_owned()],
        admin: vec!["Ada".to_owned()],
        ..IrcSettings::default()
    };
    let mut chat = Chat::with(settings);
    let ada = chat.user("ada");
    assert_eq!(
        bare(&chat.ask(ada, "MOTD")),
        [
            "375 ada :- words.localhost Message of the day - ",
            "372 ada :- one",
            "372 ada :- two",
            "376 ada :End of /MOTD command",
        ]
    );
    assert_eq!(
        bare(&chat.ask(ada, "TIME")),
        ["391 ada words.localhost 1700000000 :Tuesday, 14 November 2023, 22:13:20 UTC"]
    );
    assert!(chat.ask(ada, "VERSION")[0].contains(" 351 ada words-"));
    assert!(chat.ask(ada, "INFO").last().unwrap().contains(" 374 "));
    assert!(chat.ask(ada, "ADMIN")[1].ends_with(" 257 ada :Ada"));
    assert_eq!(bare(&chat.ask(ada, "XYZZY")), ["421 ada XYZZY :Unknown command"]);
    let lusers = chat.ask(ada, "LUSERS");
    assert!(lusers[0].ends_with(":There are 1 users and 0 invisible on 1 servers"));
}

#[test]
fn messages_need_a_target_and_a_text() {
    let mut chat = Chat::new();
    let ada = chat.user("ada");
    assert_eq!(bare(&chat.ask(ada, "PRIVMSG")), ["411 ada :No recipient given (PRIVMSG)"]);
    assert_eq!(bare(&chat.ask(ada, "PRIVMSG bob")), ["412 ada :No text to send"]);
    assert_eq!(bare(&chat.ask(ada, "PRIVMSG bob :x")), ["401 ada bob :No such nick"]);
    assert_eq!(bare(&chat.ask(ada, "PRIVMSG #a :x")), ["403 ada #a :No such channel"]);
    let many = chat.ask(ada, "PRIVMSG ada,ada,ada,ada,eve :x");
    assert_eq!(bare(&many[..1]), ["407 ada eve :Too many targets"]);
    assert_eq!(many.len(), 5);
    assert!(chat.ask(ada, "NOTICE nobody :x").is_empty());
}

#[test]
fn a_line_to_others_is_cut_to_what_a_line_may_be() {
    let mut chat = Chat::new();
    let (ada, bob) = (chat.member("ada", "#a"), chat.member("bob", "#a"));
    chat.hears(ada);
    chat.ask(bob, &format!("PRIVMSG #a :{}", "è".repeat(240)));
    let heard = chat.hears(ada);
    assert!(heard[0].len() <= 510 && heard[0].ends_with('è'), "{}", heard[0].len());
}

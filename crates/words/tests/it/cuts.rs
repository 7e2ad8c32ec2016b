//! However the network cuts it, it is the same conversation.

use std::time::Instant;

use ropewalk_testkit::every_cut;
use ropewalk_words::irc::{IrcServer, IrcSettings};
use ropewalk_words::{Hall, Settings, Timestamp};

#[test]
fn a_conversation_is_the_same_however_it_is_cut() {
    let input = b"CAP LS 302\r\nNICK ada\nUSER a 0 * :Ada\r\nCAP REQ :echo-message\r\nCAP END\r\n\
        JOIN #a,#b\r\nTOPIC #a :\xff t\r\n\r\nPRIVMSG #a,ada :one\r\nMODE #a +b x\r\nWHO #a\r\n\
        PART #b\r\nPING :x y\r\nQUIT :bye\r\nPING never\r\n";
    let outcome = every_cut(input, || {
        let now = Instant::now();
        let at = Timestamp::from_millis(1_700_000_000_000);
        let hall = Hall::new(Settings::default(), now, at);
        let mut server = IrcServer::new(hall, IrcSettings::default(), now).unwrap();
        ropewalk_protocol::Factory::build(&mut server, &ropewalk_protocol::Peer::unnamed()).unwrap()
    });
    let text = String::from_utf8_lossy(&outcome.written).into_owned();
    assert!(text.ends_with("ERROR :Closing Link: localhost (Quit: bye)\r\n"), "{text}");
    assert_eq!(outcome.lost.as_deref(), Some("closed"));
}

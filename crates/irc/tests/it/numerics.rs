//! Replies and errors.

use ropewalk_irc::{Message, Numeric};

#[test]
fn every_three_digits_are_a_numeric_and_come_back() {
    for code in 0..1000 {
        let numeric = Numeric::new(code).unwrap();
        assert_eq!(Numeric::parse(numeric.as_bytes()), Some(numeric));
        assert_eq!(numeric.to_string().as_bytes(), numeric.as_bytes());
        assert_eq!(numeric.code(), code);
    }
    assert_eq!(Numeric::new(1000), None);
}

#[test]
fn other_commands_are_no_numeric() {
    for command in [&b""[..], b"01", b"0001", b"+01", b"0x1", b"abc"] {
        assert_eq!(Numeric::parse(command), None);
    }
}

#[test]
fn names_say_whether_it_is_an_error() {
    assert!(Numeric::ERR_NICKNAMEINUSE.is_error() && Numeric::ERR_SASLFAIL.is_error());
    assert!(!Numeric::RPL_WELCOME.is_error() && !Numeric::RPL_SASLSUCCESS.is_error());
    assert!(Numeric::new(499).unwrap().is_error(), "without a name, by its place");
    assert_eq!(format!("{:?}", Numeric::RPL_ENDOFMOTD), "RPL_ENDOFMOTD");
    assert_eq!(format!("{:?}", Numeric::new(0)), "Some(Numeric(000))");
}

#[test]
fn a_reply_is_written_with_its_digits() {
    let mut out = Vec::new();
    let reply = Message::reply(Numeric::RPL_WELCOME).prefix(b"irc.example.net").param(b"ann");
    reply.trailing(b"Welcome").write_line(&mut out).unwrap();
    assert_eq!(out, b":irc.example.net 001 ann :Welcome\r\n");
}

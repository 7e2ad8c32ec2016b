//! Names: parsed once, right from then on.

use proptest::{collection::vec, prelude::*};
use ropewalk_irc::{
    ChannelName, ChannelRules, HostName, Letters, NameError, Nick, NickRules, UserName,
};

fn nick(nick: &[u8]) -> Result<Nick, NameError> {
    Nick::parse(nick, &NickRules::default())
}

fn forbidden(byte: u8, at: usize) -> NameError {
    NameError::Forbidden { byte, at }
}

/// RFC 2812, 2.3.1: `( letter / special ) *( letter / digit / special / "-" )`.
#[test]
fn nicknames_are_letters_specials_and_later_digits() {
    for good in [&b"ann"[..], b"A-7", br"[]\`_^{|}", b"_7"] {
        assert_eq!(nick(good).unwrap().as_bytes(), good);
    }
    assert_eq!(nick(b""), Err(NameError::Empty));
    assert_eq!(nick(b"7ann"), Err(NameError::BadStart { byte: b'7' }));
    assert_eq!(nick(b"-ann"), Err(NameError::BadStart { byte: b'-' }));
    for byte in *b" !@#:,.*?~&+%$\0\r\n\x7f" {
        assert_eq!(nick(&[b'a', b'n', byte]), Err(forbidden(byte, 2)));
    }
    assert_eq!(nick(b"an\xffn"), Err(forbidden(0xff, 2)));
    assert_eq!(nick(b"a n\xff"), Err(forbidden(b' ', 1)));
}

#[test]
fn a_nickname_has_a_limit() {
    let why = NameError::TooLong { length: 31, limit: 30 };
    assert!(nick(&[b'a'; 30]).is_ok());
    assert_eq!(nick(&[b'a'; 31]), Err(why));
    assert_eq!(why.to_string(), "name of 31 bytes is longer than the limit of 30");
}

#[test]
fn letters_beyond_ascii_are_for_those_who_ask_for_them() {
    let rules = NickRules { letters: Letters::Unicode, ..NickRules::default() };
    let unicode = |nick: &[u8]| Nick::parse(nick, &rules);
    assert_eq!(unicode("жук٣".as_bytes()).unwrap().as_str(), "жук٣");
    assert_eq!(unicode("٣жук".as_bytes()), Err(NameError::BadStart { byte: 0xd9 }));
    assert_eq!(unicode("a\u{a0}b".as_bytes()), Err(forbidden(0xc2, 1)), "a space of another kind");
    assert_eq!(unicode("a\u{202e}".as_bytes()), Err(forbidden(0xe2, 1)), "right to left");
    assert_eq!(unicode(b"ab\xc3"), Err(NameError::NotUtf8 { at: 2 }));
    assert_eq!(nick("жук".as_bytes()), Err(forbidden(0xd0, 0)));
}

/// RFC 2812, 2.3.1: `chanstring`, without its ban on colons, which are in use.
#[test]
fn channel_names_are_anything_but_what_ends_them() {
    let rules = ChannelRules { length: 8, types: b"#&".to_vec() };
    let parse = |name: &[u8]| ChannelName::parse(name, &rules);
    for good in [&b"#"[..], b"&a:b", b"##\xff", b"#1234567"] {
        assert_eq!(parse(good).unwrap().as_bytes(), good);
    }
    assert_eq!(parse(b"#\xff").unwrap().as_str(), None);
    for byte in *b"\0\x07\r\n ," {
        assert_eq!(parse(&[b'#', b'a', byte]), Err(forbidden(byte, 2)));
    }
    assert_eq!(parse(b""), Err(NameError::Empty));
    assert_eq!(parse(b"+a"), Err(NameError::BadStart { byte: b'+' }));
    assert_eq!(parse(b"#12345678"), Err(NameError::TooLong { length: 9, limit: 8 }));
}

#[test]
fn user_names_do_not_end_a_prefix_early() {
    for byte in *b"\0\r\n @!" {
        assert_eq!(UserName::parse(&[b'a', byte], 9), Err(forbidden(byte, 1)));
    }
    assert_eq!(UserName::parse(b":a", 9), Err(NameError::BadStart { byte: b':' }));
    assert_eq!(UserName::parse(b"", 9), Err(NameError::Empty));
}

#[test]
fn a_host_name_says_where_it_is_wrong() {
    assert_eq!(HostName::parse(b"a.-b.c"), Err(forbidden(b'-', 2)));
    assert_eq!(HostName::parse(b"-a.b"), Err(NameError::BadStart { byte: b'-' }));
    assert_eq!(HostName::parse(b"a.b-.c"), Err(NameError::BadEnd { byte: b'-', at: 3 }));
    assert_eq!(HostName::parse(b"a.b_c"), Err(forbidden(b'_', 3)));
    assert_eq!(HostName::parse(b"."), Err(NameError::EmptyLabel { at: 0 }));
    let long = [&[b'a'; 64][..], b".net"].concat();
    assert_eq!(HostName::parse(&long), Err(NameError::TooLong { length: 64, limit: 63 }));
    let long = b"a.".repeat(128);
    assert_eq!(HostName::parse(&long), Err(NameError::TooLong { length: 256, limit: 254 }));
}

#[test]
fn a_space_is_shown_where_it_is_forbidden() {
    assert_eq!(
        nick(b"a b").unwrap_err().to_string(),
        r"byte \x20 at 1 is not allowed in this name"
    );
}

proptest! {
    #[test]
    fn nothing_panics_on_anything(name in vec(any::<u8>(), 0..40)) {
        let _ = (HostName::parse(&name), UserName::parse(&name, 20));
        let _ = ChannelName::parse(&name, &ChannelRules::default());
        for letters in [Letters::Ascii, Letters::Unicode] {
            if let Ok(nick) = Nick::parse(&name, &NickRules { length: 20, letters }) {
                prop_assert_eq!(nick.as_bytes(), &name);
            }
        }
    }

    #[test]
    fn a_unicode_nickname_never_breaks_a_line(name in "\\PC{1,8}") {
        let rules = NickRules { length: 40, letters: Letters::Unicode };
        if let Ok(nick) = Nick::parse(name.as_bytes(), &rules) {
            let bad = |byte: &u8| b" !@:#*?,.\0\r\n".contains(byte);
            prop_assert!(!nick.as_bytes().iter().any(bad));
        }
    }
}

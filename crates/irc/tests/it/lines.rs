//! Lines to messages and back.

use proptest::{collection::vec, option, prelude::*};
use ropewalk_irc::{Message, PARAMS_LIMIT, ParseError, Part, TagsBuf, WriteError};

#[test]
fn an_empty_line_is_no_message() {
    assert_eq!(Message::parse(b""), Err(ParseError::Empty));
    assert_eq!(Message::parse(b"   "), Err(ParseError::MissingCommand { at: 3 }));
}

#[test]
fn line_ends_and_nul_are_refused_where_they_are() {
    for byte in [b'\0', b'\r', b'\n'] {
        let line = [b"PRIVMSG #rope :a", &[byte][..], b"b"].concat();
        assert_eq!(Message::parse(&line), Err(ParseError::Forbidden { byte, at: 16 }));
    }
}

#[test]
fn a_line_without_a_command_says_where_it_ends() {
    assert_eq!(Message::parse(b":ann"), Err(ParseError::MissingCommand { at: 4 }));
    assert_eq!(Message::parse(b"@a=b"), Err(ParseError::MissingCommand { at: 4 }));
    assert_eq!(Message::parse(b"@a=b :ann  "), Err(ParseError::MissingCommand { at: 11 }));
}

#[test]
fn a_colon_alone_is_no_prefix() {
    assert_eq!(Message::parse(b": PING"), Err(ParseError::EmptyPrefix { at: 0 }));
    assert_eq!(Message::parse(b"@a : PING"), Err(ParseError::EmptyPrefix { at: 3 }));
}

#[test]
fn a_second_prefix_is_no_command() {
    let why = Message::parse(b":ann :bob PING").unwrap_err();
    assert_eq!(why, ParseError::BadCommand { byte: b':', at: 5 });
}

/// RFC 2812, 2.3.1: `14( SPACE middle ) [ SPACE [ ":" ] trailing ]`.
#[test]
fn the_fifteenth_parameter_takes_the_rest() {
    let message = Message::parse(b"X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :17 ").unwrap();
    assert_eq!(message.params.len(), PARAMS_LIMIT);
    assert_eq!(message.params[14], b"15 16 :17 ");
    let message = Message::parse(b"X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16").unwrap();
    assert_eq!(message.params[14], b"15 16");
}

#[test]
fn bytes_that_are_not_utf8_are_kept() {
    let message = Message::parse(b":\xffnn PRIVMSG \xfe :\xc3").unwrap();
    assert_eq!(message.prefix.unwrap().name(), b"\xffnn");
    assert_eq!(*message.params, [&b"\xfe"[..], b"\xc3"]);
}

#[test]
fn spaces_before_the_command_and_between_words_do_not_count() {
    let message = Message::parse(b"  @a   :ann   JOIN   #rope   ").unwrap();
    assert_eq!(message, Message::parse(b"@a :ann JOIN #rope").unwrap());
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let refused = |message: Message<'_>| {
        let mut out = b"before".to_vec();
        let why = message.write(&mut out).unwrap_err();
        assert_eq!(out, b"before", "nothing is written");
        why
    };
    let forbidden = |part, byte, at| WriteError::Forbidden { part, byte, at };
    let middle = |param| refused(Message::new(b"X").param(param).param(b"last"));
    assert_eq!(middle(b"a b"), forbidden(Part::Param(0), b' ', 1));
    assert_eq!(middle(b":a"), forbidden(Part::Param(0), b':', 0));
    assert_eq!(middle(b""), WriteError::Empty { part: Part::Param(0) });
    assert_eq!(middle(b"a\0"), forbidden(Part::Param(0), 0, 1));
    let last = |param| refused(Message::new(b"X").param(b"first").trailing(param));
    assert_eq!(last(b"a\rb"), forbidden(Part::Param(1), b'\r', 1));
    assert_eq!(last(b"a\n"), forbidden(Part::Param(1), b'\n', 1));
    assert_eq!(refused(Message::new(b"")), WriteError::Empty { part: Part::Command });
    assert_eq!(refused(Message::new(b":x")), forbidden(Part::Command, b':', 0));
    assert_eq!(refused(Message::new(b"X Y")), forbidden(Part::Command, b' ', 1));
    let prefix = Message::new(b"X").prefix(b"a b");
    assert_eq!(refused(prefix), forbidden(Part::Prefix, b' ', 1));
    assert_eq!(refused(Message::new(b"X").prefix(b"")), WriteError::Empty { part: Part::Prefix });
}

#[test]
fn a_sixteenth_parameter_is_refused() {
    let mut message = Message::new(b"X");
    for _ in 0..=PARAMS_LIMIT {
        message = message.param(b"p");
    }
    assert_eq!(message.write(&mut Vec::new()), Err(WriteError::TooManyParams));
}

#[test]
fn messages_are_shown_as_text() {
    let message = Message::parse(b"@a :ann PRIVMSG #rope :\xffhi").unwrap();
    let shown = format!("{message:?}");
    assert!(shown.contains(r##"params: ["#rope", "\xffhi"]"##), "{shown}");
}

#[derive(Debug, Clone)]
struct Parts {
    tags: Vec<(String, Vec<u8>)>,
    prefix: Option<Vec<u8>>,
    command: Vec<u8>,
    middle: Vec<Vec<u8>>,
    last: Option<(Vec<u8>, bool)>,
}

fn parts() -> impl Strategy<Value = Parts> {
    let text = |most| vec(any::<u8>().prop_map(unless(b"\0\r\n")), 0..most);
    let word = || {
        let later = vec(any::<u8>().prop_map(unless(b"\0\r\n ")), 0..10);
        (any::<u8>().prop_map(unless(b"\0\r\n :@")), later)
            .prop_map(|(first, later)| [vec![first], later].concat())
    };
    let value = vec(any::<u8>().prop_map(unless(b"\0")), 0..20);
    let tags = vec(("\\+?[a-z0-9./-]{1,8}", value), 0..4);
    let last = option::of((text(40), any::<bool>()));
    (tags, option::of(word()), word(), vec(word(), 0..PARAMS_LIMIT), last).prop_map(
        |(tags, prefix, command, middle, last)| Parts { tags, prefix, command, middle, last },
    )
}

/// Puts an `x` in the place of bytes that may not be there.
fn unless(forbidden: &'static [u8]) -> impl Fn(u8) -> u8 {
    move |byte| if forbidden.contains(&byte) { b'x' } else { byte }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(parts in parts()) {
        let mut tags = TagsBuf::default();
        for (key, value) in &parts.tags {
            tags.push(key.as_bytes(), value).unwrap();
        }
        let mut message = Message::new(&parts.command).tags(tags.as_tags());
        if let Some(prefix) = &parts.prefix {
            message = message.prefix(prefix);
        }
        for param in &parts.middle {
            message = message.param(param);
        }
        if let Some((last, colon)) = &parts.last {
            message = if *colon { message.trailing(last) } else { message.param(last) };
        }
        let mut out = Vec::new();
        message.write(&mut out).unwrap();
        prop_assert_eq!(out.len(), message.body_len() + message.tags.wire_len());
        let read = Message::parse(&out).unwrap();
        prop_assert_eq!(&read, &message);
        let values: Vec<_> = read.tags.iter()
            .map(|tag| (String::from_utf8(tag.key.to_vec()).unwrap(), tag.value().into_owned()))
            .collect();
        prop_assert_eq!(values, parts.tags);
    }

    #[test]
    fn what_is_read_is_written_and_read_back(line in r"[ @:;=\\a!]{0,40}") {
        read_write_read(line.as_bytes());
    }

    #[test]
    fn nothing_panics_on_anything(line in vec(any::<u8>(), 0..600)) {
        read_write_read(&line);
    }
}

fn read_write_read(line: &[u8]) {
    let Ok(message) = Message::parse(line) else { return };
    let _ = (message.tags.iter().map(|tag| tag.value().len()).sum::<usize>(), message.numeric());
    let mut out = Vec::new();
    message.write(&mut out).unwrap();
    assert!(out.len() <= line.len() + 1, "at most the colon of a fifteenth parameter is added");
    assert_eq!(Message::parse(&out).as_ref(), Ok(&message));
    assert_eq!(out.len(), message.body_len() + message.tags.wire_len());
    assert!(message.split().all(|piece| piece.fits()));
}

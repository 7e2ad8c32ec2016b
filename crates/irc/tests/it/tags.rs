//! Tags: their limits, their escapes, their order.

use ropewalk_irc::{Message, ParseError, Part, TAGS_LIMIT, Tags, TagsBuf, WriteError};

#[test]
fn tags_up_to_the_limit_are_read_and_those_past_it_refused() {
    let line = |length: usize| [b"@", "a".repeat(length - 2).as_bytes(), b" PING"].concat();
    let longest = line(TAGS_LIMIT);
    assert_eq!(Message::parse(&longest).unwrap().tags.wire_len(), TAGS_LIMIT);
    let why = Message::parse(&line(TAGS_LIMIT + 1)).unwrap_err();
    assert_eq!(why, ParseError::TagsTooLong { length: TAGS_LIMIT + 1, limit: TAGS_LIMIT });
    assert_eq!(why.to_string(), "tags of 8192 bytes are longer than the limit of 8191");
}

#[test]
fn tags_past_the_limit_are_not_written() {
    let mut tags = TagsBuf::default();
    tags.push(b"a", b"b").unwrap();
    let why = tags.push(b"c", &[b' '; TAGS_LIMIT / 2]).unwrap_err();
    assert!(matches!(why, WriteError::TagsTooLong { limit: TAGS_LIMIT, .. }), "{why}");
    assert_eq!(tags.as_tags().as_bytes(), b"a=b", "the tags are as they were");
    let raw = [b'a'; TAGS_LIMIT - 1];
    let message = Message::new(b"PING").tags(Tags::from_raw(&raw));
    let why = message.write(&mut Vec::new()).unwrap_err();
    assert_eq!(why, WriteError::TagsTooLong { length: TAGS_LIMIT + 1, limit: TAGS_LIMIT });
}

#[test]
fn raw_tags_with_a_space_are_not_written() {
    let message = Message::new(b"PING").tags(Tags::from_raw(b"a b"));
    let why = WriteError::Forbidden { part: Part::Tags, byte: b' ', at: 1 };
    assert_eq!(message.write(&mut Vec::new()), Err(why));
}

#[test]
fn keys_that_are_none_are_refused_where_they_are_wrong() {
    let mut tags = TagsBuf::default();
    let wrong = |byte, at| Err(WriteError::Forbidden { part: Part::TagKey, byte, at });
    assert_eq!(tags.push(b"a=b", b""), wrong(b'=', 1));
    assert_eq!(tags.push(b"+a;", b""), wrong(b';', 2));
    assert_eq!(tags.push(b"+", b""), Err(WriteError::Empty { part: Part::TagKey }));
    let nul = WriteError::Forbidden { part: Part::TagValue, byte: 0, at: 1 };
    assert_eq!(tags.push(b"a", b"b\0"), Err(nul));
    assert!(tags.as_tags().is_empty());
}

#[test]
fn empty_tags_are_passed_over() {
    let keys: Vec<_> = Tags::from_raw(b";;a;=x;b=;").iter().map(|tag| (tag.key, tag.raw)).collect();
    assert_eq!(keys, [(&b"a"[..], None), (b"b", Some(&b""[..]))]);
}

#[test]
fn a_value_without_escapes_is_not_copied() {
    let tag = Tags::from_raw(b"a=plain").iter().next().unwrap();
    assert!(matches!(tag.value(), std::borrow::Cow::Borrowed(b"plain")));
}

//! The tokens of 005.

use proptest::{collection::vec, option, prelude::*};
use ropewalk_irc::{Isupport, IsupportError, IsupportToken};

#[test]
fn a_token_has_a_key_and_perhaps_a_value() {
    let token = IsupportToken::parse(b"PREFIX=(ov)@+").unwrap();
    assert_eq!((token.key, token.value.as_deref()), (&b"PREFIX"[..], Some(&b"(ov)@+"[..])));
    assert_eq!(IsupportToken::parse(b"SAFELIST").unwrap().value, None);
    assert_eq!(IsupportToken::parse(b"EXCEPTS=").unwrap().value.as_deref(), Some(&b""[..]));
    assert_eq!(IsupportToken::parse(b"A=b=c").unwrap().value.as_deref(), Some(&b"b=c"[..]));
    assert!(IsupportToken::parse(b"-SAFELIST").unwrap().removed);
}

#[test]
fn a_wrong_key_says_where_it_is_wrong() {
    assert_eq!(IsupportToken::parse(b""), Err(IsupportError::BadKey { at: 0 }));
    assert_eq!(IsupportToken::parse(b"=x"), Err(IsupportError::BadKey { at: 0 }));
    assert_eq!(IsupportToken::parse(b"NICK LEN"), Err(IsupportError::BadKey { at: 4 }));
    assert_eq!(IsupportToken::parse(b"-A=b"), Err(IsupportError::RemovedWithValue));
    let mut isupport = Isupport::default();
    assert_eq!(isupport.set(b"A=b", None), Err(IsupportError::BadKey { at: 1 }));
    assert_eq!(isupport.set(b"-A", None), Err(IsupportError::BadKey { at: 0 }));
}

#[test]
fn hexadecimal_escapes_are_undone_and_other_backslashes_kept() {
    let value = |token| IsupportToken::parse(token).unwrap().value.unwrap().into_owned();
    assert_eq!(value(br"N=a\x20b\x5Cc\x3dd"), br"a b\c=d");
    assert_eq!(value(br"N=\x2\xzz\y\"), br"\x2\xzz\y\");
}

#[test]
fn a_line_has_at_most_thirteen_tokens() {
    let mut isupport = Isupport::default();
    for number in 0..30 {
        isupport.set(format!("KEY{number}").as_bytes(), Some(b"1")).unwrap();
    }
    let lengths: Vec<_> = isupport.lines(400).map(|line| line.len()).collect();
    assert_eq!(lengths, [13, 13, 4]);
}

#[test]
fn a_line_has_at_most_the_bytes_it_has_room_for() {
    let mut isupport = Isupport::default();
    for key in [&b"A"[..], b"B", b"LONGER", b"C"] {
        isupport.set(key, None).unwrap();
    }
    let lines: Vec<_> = isupport.lines(4).collect();
    assert_eq!(lines, [vec![&b"A"[..], b"B"], vec![b"LONGER"], vec![b"C"]]);
    assert_eq!(Isupport::default().lines(4).count(), 0);
}

#[test]
fn what_a_server_takes_back_is_forgotten() {
    let mut isupport = Isupport::default();
    for token in [&b"NICKLEN=9"[..], b"SAFELIST", b"NICKLEN=30", b"-SAFELIST", b"-UNKNOWN"] {
        isupport.learn(token).unwrap();
    }
    assert_eq!(isupport.get(b"NICKLEN"), Some(&b"30"[..]));
    assert_eq!(isupport.get(b"SAFELIST"), None);
}

#[test]
fn a_server_cannot_make_a_client_remember_without_end() {
    let mut isupport = Isupport::default();
    for number in 0..Isupport::LIMIT {
        isupport.learn(format!("K{number}").as_bytes()).unwrap();
    }
    assert_eq!(isupport.learn(b"MORE"), Err(IsupportError::TooMany));
    assert_eq!(isupport.learn(b"K0=again"), Ok(()));
}

proptest! {
    #[test]
    fn what_is_written_is_learnt_back(
        entries in vec(("[A-Z]{1,6}", option::of(vec(any::<u8>(), 0..12))), 0..40),
    ) {
        let mut ours = Isupport::default();
        for (key, value) in &entries {
            ours.set(key.as_bytes(), value.as_deref()).unwrap();
        }
        let mut theirs = Isupport::default();
        for token in ours.lines(60).flatten() {
            prop_assert!(!token.iter().any(|byte| matches!(byte, b' ' | b'\0' | b'\r' | b'\n')));
            theirs.learn(token).unwrap();
        }
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn nothing_panics_on_anything(token in vec(any::<u8>(), 0..40)) {
        let _ = Isupport::default().learn(&token);
        let _ = Isupport::default().learn(&[b"K=", &token[..]].concat());
    }
}

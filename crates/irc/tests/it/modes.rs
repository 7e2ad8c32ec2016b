//! Mode strings.

use proptest::{collection::vec, prelude::*};
use ropewalk_irc::{
    ModeChange, ModeError, ModeKind, ModeTable, ModeTableError, Sign, group_modes, write_modes,
};

fn table() -> ModeTable {
    ModeTable::parse(b"beI,k,l,imnst", b"(qaohv)~&@%+").unwrap()
}

fn written(modes: &[u8], arguments: &[&[u8]]) -> String {
    let table = table();
    let changes: Vec<_> = table.changes(modes, arguments).filter_map(Result::ok).collect();
    let mut out = Vec::new();
    write_modes(&changes, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn each_mode_takes_the_argument_that_its_kind_says() {
    let arguments = [&b"ann"[..], b"key", b"10", b"old", b"*!*@h", b"bob"];
    let table = table();
    let changes: Result<Vec<_>, _> = table.changes(b"+okl-klb+vi", &arguments).collect();
    let changes: Vec<_> = changes
        .unwrap()
        .into_iter()
        .map(|change| (change.sign, change.letter, change.argument.map(<[u8]>::to_vec)))
        .collect();
    let change = |sign, letter, argument: &str| {
        (sign, letter, Some(argument.as_bytes().to_vec()).filter(|argument| !argument.is_empty()))
    };
    let expected = [
        change(Sign::Plus, b'o', "ann"),
        change(Sign::Plus, b'k', "key"),
        change(Sign::Plus, b'l', "10"),
        change(Sign::Minus, b'k', "old"),
        change(Sign::Minus, b'l', ""),
        change(Sign::Minus, b'b', "*!*@h"),
        change(Sign::Plus, b'v', "bob"),
        change(Sign::Plus, b'i', ""),
    ];
    assert_eq!(changes, expected);
}

#[test]
fn a_list_mode_without_an_argument_asks_for_the_list() {
    let table = table();
    for modes in [&b"b"[..], b"+b", b"-b"] {
        let change = table.changes(modes, &[]).next().unwrap().unwrap();
        assert!(change.is_query());
    }
    let arguments = [&b"*!*@h"[..]];
    assert!(!table.changes(b"b", &arguments).next().unwrap().unwrap().is_query());
}

#[test]
fn what_is_wrong_is_reported_and_the_rest_goes_on() {
    let table = table();
    let arguments = [&b"ann"[..], b"two words", b""];
    let results: Vec<_> = table.changes(b"+o?i-vhk", &arguments).collect();
    assert!(results[0].is_ok() && results[2].is_ok());
    assert_eq!(results[1], Err(ModeError::Unknown { letter: b'?', at: 2 }));
    assert_eq!(results[3], Err(ModeError::BadArgument { letter: b'v', at: 5 }));
    assert_eq!(results[4], Err(ModeError::MissingArgument { letter: b'h', at: 6 }));
    assert_eq!(results[5], Err(ModeError::MissingArgument { letter: b'k', at: 7 }));
    assert_eq!(results[1].unwrap_err().to_string(), "unknown mode ? at 2");
}

#[test]
fn signs_without_modes_change_nothing() {
    assert_eq!(table().changes(b"+-+", &[]).count(), 0);
    assert_eq!(written(b"+-++i--+-m", &[]), "+i-m");
}

#[test]
fn changes_are_written_with_a_sign_only_where_it_changes() {
    assert_eq!(written(b"+o+v-b", &[b"ann", b"bob", b"*"]), "+ov-b ann bob *");
    assert_eq!(written(b"", &[]), "");
}

#[test]
fn groups_keep_to_their_count_and_their_room() {
    let table = table();
    let arguments = [&b"ann"[..], b"bob", b"someone-long"];
    let changes: Result<Vec<_>, _> = table.changes(b"+ov-o", &arguments).collect();
    let changes = changes.unwrap();
    let lengths = |count, room| -> Vec<_> {
        group_modes(&changes, count, room).map(<[ModeChange<'_>]>::len).collect()
    };
    assert_eq!(lengths(9, 400), [3]);
    assert_eq!(lengths(9, 11), [2, 1], "+ov ann bob is 11 bytes");
    assert_eq!(lengths(9, 10), [1, 1, 1]);
    assert_eq!(lengths(0, 0), [1, 1, 1], "never an empty group");
    assert_eq!(group_modes(&[], 4, 400).count(), 0);
}

#[test]
fn a_table_gives_back_the_values_it_was_made_of() {
    let table = table();
    assert_eq!(table.chanmodes(), b"beI,k,l,imnst");
    assert_eq!(table.prefix(), b"(qaohv)~&@%+");
    assert_eq!(table.status_of(b'%'), Some(b'h'));
    assert_eq!(table.status_of(b'!'), None);
    let flags = ModeTable::flags(b"iw").unwrap();
    assert_eq!((flags.chanmodes(), flags.prefix()), (b",,,iw".to_vec(), Vec::new()));
    let short = ModeTable::parse(b"b,k", b"").unwrap();
    assert_eq!(short.kind(b'k'), Some(ModeKind::Always));
    assert_eq!(ModeTable::parse(b"a,b,c,d,e", b"").unwrap().kind(b'e'), None, "a fifth list");
}

#[test]
fn a_wrong_table_is_refused() {
    let wrong = |chanmodes, prefix| ModeTable::parse(chanmodes, prefix).unwrap_err();
    assert_eq!(wrong(b"b,b", b""), ModeTableError::Twice { letter: b'b' });
    assert_eq!(wrong(b"o", b"(o)@"), ModeTableError::Twice { letter: b'o' });
    assert_eq!(wrong(b"+", b""), ModeTableError::BadLetter { letter: b'+' });
    for prefix in [&b"ov@+"[..], b"(ov@+", b"(ov)@", b"(o)@+"] {
        assert_eq!(wrong(b"", prefix), ModeTableError::BadPrefix);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        modes in "[-+beklimvoh]{0,30}",
        arguments in vec("[a-z!@*.]{1,6}", 0..30),
    ) {
        let table = table();
        let arguments: Vec<_> = arguments.iter().map(String::as_bytes).collect();
        // A list that is asked for has no argument, and would take that of another mode.
        let changes: Vec<_> = table.changes(modes.as_bytes(), &arguments)
            .filter_map(Result::ok)
            .filter(|change| !change.is_query())
            .collect();
        let mut out = Vec::new();
        write_modes(&changes, &mut out);
        let words: Vec<_> = out.split(|&byte| byte == b' ').collect();
        let again: Result<Vec<_>, _> = table.changes(words[0], &words[1..]).collect();
        prop_assert_eq!(again.unwrap(), changes.clone());
        for group in group_modes(&changes, 4, 20) {
            let mut line = Vec::new();
            write_modes(group, &mut line);
            prop_assert!(group.len() <= 4 && (line.len() <= 20 || group.len() == 1));
        }
    }

    #[test]
    fn nothing_panics_on_anything(
        chanmodes in vec(any::<u8>(), 0..20),
        prefix in vec(any::<u8>(), 0..20),
        modes in vec(any::<u8>(), 0..40),
        arguments in vec(vec(any::<u8>(), 0..4), 0..5),
    ) {
        let _ = ModeTable::parse(&chanmodes, &prefix);
        let arguments: Vec<_> = arguments.iter().map(Vec::as_slice).collect();
        prop_assert!(table().changes(&modes, &arguments).count() <= modes.len());
    }
}

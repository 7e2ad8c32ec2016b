//! Queries, RFC 1288, section 2.3.

use proptest::prelude::*;
use ropewalk_finger::{Query, QueryError};

fn parts(line: &str) -> (bool, String, Vec<String>) {
    let query = Query::parse(line.as_bytes()).unwrap();
    (query.is_verbose(), query.user().to_owned(), query.hosts().to_vec())
}

#[test]
fn every_form_of_section_2_3_is_read() {
    let none = Vec::new();
    for (line, verbose, user, hosts) in [
        ("", false, "", none.clone()),
        ("/W", true, "", none.clone()),
        ("/W alice", true, "alice", none.clone()),
        ("/W   alice", true, "alice", none.clone()),
        ("alice", false, "alice", none.clone()),
        ("  alice\t", false, "alice", none.clone()),
        ("/w alice", true, "alice", none.clone()),
        ("/Wendy", false, "/Wendy", none.clone()),
        ("@host", false, "", vec!["host".into()]),
        ("/W @host", true, "", vec!["host".into()]),
        ("/W@host", true, "", vec!["host".into()]),
        ("alice@host.example@[::1]", false, "alice", vec!["host.example".into(), "[::1]".into()]),
        ("/W alice@a@b@c", true, "alice", vec!["a".into(), "b".into(), "c".into()]),
        ("Ærøskøbing", false, "Ærøskøbing", none),
    ] {
        assert_eq!(parts(line), (verbose, user.to_owned(), hosts), "{line:?}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let error = |line: &[u8]| Query::parse(line).unwrap_err();
    assert_eq!(error(b"alice bob"), QueryError::TwoWords("alice bob".into()));
    assert_eq!(error(b"alice@"), QueryError::Host(String::new()));
    assert_eq!(error(b"alice@-x"), QueryError::Host("-x".into()));
    assert_eq!(error(b"alice@a;b"), QueryError::Host("a;b".into()));
    assert_eq!(error(b"ali\x1bce"), QueryError::Unprintable { at: 3 });
    assert_eq!(error(b"al\xff"), QueryError::Unprintable { at: 2 });
    assert_eq!(error(&[b'x'; 513]), QueryError::TooLong { length: 513, limit: 512 });
    assert_eq!(error(b"al\xff").to_string(), "byte 2 of the query cannot be printed");
}

#[test]
fn a_query_is_passed_on_from_the_last_host_to_the_first() {
    let query: Query = "alice@inner@outer".parse().unwrap();
    let (next, rest) = query.next_hop().unwrap();
    assert_eq!((next, rest.to_string().as_str()), ("outer", "alice@inner"));
    let (next, rest) = rest.next_hop().unwrap();
    assert_eq!((next, rest.to_string().as_str()), ("inner", "alice"));
    assert_eq!(rest.next_hop(), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(
        verbose in any::<bool>(),
        user in "[!-.0-?A-~é][!-?A-~é]{0,20}|",
        hosts in proptest::collection::vec("[a-z0-9][a-z0-9.:-]{0,10}", 0..4),
    ) {
        let text = format!("{}{user}{}", if verbose { "/W " } else { "" },
            hosts.iter().map(|host| format!("@{host}")).collect::<String>());
        let query = Query::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(query.user(), user);
        prop_assert_eq!(query.hosts(), hosts);
        prop_assert_eq!(Query::parse(query.to_string().as_bytes()), Ok(query));
    }

    #[test]
    fn nothing_makes_it_panic_and_what_is_read_is_written_alike(
        line in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        if let Ok(query) = Query::parse(&line) {
            prop_assert_eq!(Query::parse(query.to_string().as_bytes()), Ok(query));
        }
    }

    #[test]
    fn nothing_like_a_query_makes_it_panic(line in "[/Ww @a.é\t-]{0,30}") {
        if let Ok(query) = Query::parse(line.as_bytes()) {
            prop_assert_eq!(Query::parse(query.to_string().as_bytes()), Ok(query));
        }
    }
}

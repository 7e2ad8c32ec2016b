//! The server.

use std::future::Future;

use ropewalk_finger::{Answer, Characters, Directory, LookupError, Query, Ruip, Settings};
use ropewalk_line::Lines;
use ropewalk_protocol::{Framed, Limits};
use ropewalk_testkit::{Harness, every_cut};

use crate::{Office, SECOND};

fn server(settings: Settings) -> Harness<Framed<Lines, Ruip<Office>>> {
    Harness::new(Ruip::protocol(Office, settings))
}

fn answer(query: &str) -> String {
    let mut harness = server(Settings::default());
    harness.feed(query.as_bytes());
    assert!(harness.has_ended(), "{query:?} is answered, and the connection closed (2.1)");
    harness.text()
}

#[test]
fn every_kind_of_query_is_answered() {
    assert_eq!(answer("alice\r\n"), "Alice\r\n");
    assert_eq!(answer("/W alice\r\n"), "Alice\r\nRoom 12\r\n", "2.5.4");
    assert_eq!(answer("\r\n"), "alice\r\nbob", "2.5.1");
    assert_eq!(answer("\n"), "alice\r\nbob", "an end of line without its return will do");
    assert_eq!(answer("nobody\r\n"), "No such user\r\n");
    assert_eq!(answer("later\r\n"), "Directory temporarily unavailable\r\n");
    assert_eq!(answer("two words\r\n"), "\"two words\" is more than one word\r\n");
}

#[test]
fn what_failed_inside_is_not_told_outside() {
    assert_eq!(answer("broken\r\n"), "Lookup failed\r\n");
}

#[test]
fn forwarding_is_refused_by_default_in_the_words_of_section_3_2_1() {
    assert_eq!(answer("alice@elsewhere\r\n"), "Finger forwarding service denied\r\n");
    assert_eq!(answer("@elsewhere@further\r\n"), "Finger forwarding service denied\r\n");
}

#[derive(Clone)]
struct Closed;

impl Directory for Closed {
    async fn user(self, _: Query) -> Result<Answer, LookupError> {
        Err(LookupError::NoSuchUser)
    }

    async fn users(self, _: Query) -> Result<Answer, LookupError> {
        Err(LookupError::ListDenied)
    }

    fn forward(
        self,
        query: Query,
    ) -> impl Future<Output = Result<Answer, LookupError>> + Send + 'static {
        let (next, rest) = query.next_hop().unwrap();
        let text = format!("asking {next} for {rest}");
        async move { Ok(Answer::from(text)) }
    }
}

#[test]
fn a_list_may_be_denied_and_forwarding_may_be_done() {
    let answer = |query| every_cut(query, || Ruip::protocol(Closed, Settings::default())).written;
    assert_eq!(answer(b"\r\n"), b"Finger online user list denied\r\n", "3.2.2");
    assert_eq!(answer(b"/W a@b@c\r\n"), b"asking c for /W a@b", "2.4");
}

#[test]
fn control_characters_do_not_leave() {
    // 3.3: printable ASCII, tabs, and ends of lines.
    assert_eq!(answer("mallory\r\n"), "[31mred\r\n\r\ntab\there 2J caf?\r\n");
    let settings = Settings { characters: Characters::International, ..Settings::default() };
    let mut harness = server(settings);
    harness.feed(b"mallory\r\n");
    let written = harness.written();
    assert_eq!(written, b"[31mred\r\n\r\ntab\there\xe9 2J caf\xc3\xa9\r\n");
}

#[test]
fn the_outcome_is_the_same_however_the_query_is_cut() {
    for query in [&b"/W alice\r\n"[..], b"alice\r\nbob\r\n", b"alice", b"a b\r\n", b"\r\n"] {
        every_cut(query, || Ruip::protocol(Office, Settings::default()));
    }
}

#[test]
fn only_the_first_query_is_answered() {
    assert_eq!(answer("alice\r\nbob\r\n\r\n"), "Alice\r\n");
}

#[test]
fn a_query_that_is_too_long_is_refused_before_its_end() {
    assert_eq!(answer(&"x".repeat(600)), "query of 600 bytes is longer than the limit of 512\r\n");
}

#[test]
fn a_client_that_ends_its_half_after_the_query_is_answered() {
    let mut harness = server(Settings::default());
    harness.feed(b"alice\r\n");
    harness.end();
    assert_eq!(harness.text(), "Alice\r\n");
    assert!(harness.lost().unwrap().is_clean());
}

#[test]
fn every_step_has_its_time() {
    let settings = Settings {
        query: 5 * SECOND,
        lookup: 7 * SECOND,
        answer: 9 * SECOND,
        ..Settings::default()
    };
    let mut harness = server(settings);
    harness.feed(b"alic");
    harness.advance(5 * SECOND);
    assert_eq!(harness.text(), "No query came in time\r\n");

    let mut harness = server(settings);
    harness.feed(b"slow\r\n");
    harness.advance(6 * SECOND);
    assert!(!harness.has_ended());
    harness.advance(SECOND);
    assert_eq!(harness.text(), "Directory temporarily unavailable\r\n");

    let mut harness = server(settings);
    harness.take(0);
    harness.feed(b"long\r\n");
    harness.advance(8 * SECOND);
    assert!(harness.lost().is_none());
    harness.advance(SECOND);
    assert_eq!(harness.lost().unwrap().to_string(), "aborted");
}

#[test]
fn a_long_answer_is_pulled_as_it_leaves_and_bounded() {
    let limits = Limits { high_watermark: 1000, low_watermark: 500, ..Limits::default() };
    let settings = Settings { length: 200_000, ..Settings::default() };
    let mut harness = Harness::limited(Ruip::protocol(Office, settings), limits);
    harness.take(0);
    harness.feed(b"long\r\n");
    let queued = harness.connection().queued();
    assert!((1000..1100).contains(&queued), "{queued}");
    harness.take(usize::MAX);
    let text = harness.text();
    assert!(text.starts_with("line 0\r\nline 1\r\n"));
    assert!(text.ends_with("\r\nThe answer is too long, and was cut off\r\n"), "{}", text.len());
    assert_eq!(text.len(), 200_000 + "\r\nThe answer is too long, and was cut off\r\n".len());
}

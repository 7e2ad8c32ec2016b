//! The client, with our server and with worse ones.

use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use ropewalk_finger::{Characters, FingerError, Inquiry, Patience, Query, Ruip, Settings, finger};
use ropewalk_protocol::{Address, Connect, Context, Listen, Protocol, Reactor, factory};
use ropewalk_testkit::MemoryReactor;

use crate::{Office, SECOND};

type Result = std::result::Result<Bytes, FingerError>;

/// What comes of a question, after so many seconds.
fn ask(
    reactor: &MemoryReactor,
    server: Connect,
    query: &str,
    patience: Patience,
) -> Option<Result> {
    let told: Arc<Mutex<Option<Result>>> = Arc::default();
    let asking = finger(reactor, server, &query.parse::<Query>().unwrap(), patience);
    let tells = Arc::clone(&told);
    reactor.spawn(async move { *tells.lock().unwrap() = Some(asking.await) });
    reactor.advance(100 * SECOND);
    told.lock().unwrap().take()
}

fn localhost() -> Listen {
    Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()))
}

fn office(reactor: &MemoryReactor) -> Connect {
    let ruips = factory(|_| Some(Ruip::protocol(Office, Settings::default())));
    Connect::new(reactor.listen(localhost(), ruips).unwrap().address().clone())
}

#[test]
fn a_question_is_answered_whole() {
    let reactor = MemoryReactor::new();
    let server = office(&reactor);
    let ask = |query| ask(&reactor, server.clone(), query, Patience::default()).unwrap().unwrap();
    assert_eq!(ask("/W alice"), "Alice\r\nRoom 12\r\n");
    assert_eq!(ask(""), "alice\r\nbob");
    let long = ask("long");
    assert!(long.ends_with(b"\r\nThe answer is too long, and was cut off\r\n"));
    assert_eq!(reactor.open_ends(), 0);
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let nowhere = Connect::new(Address::Tcp(([127, 0, 0, 1], 79).into()));
    let result = ask(&MemoryReactor::new(), nowhere, "alice", Patience::default());
    assert!(matches!(result, Some(Err(FingerError::Connect(_)))), "{result:?}");
}

/// Says something and then nothing, or breaks off.
#[derive(Clone)]
struct Says(&'static [u8], Then);

#[derive(Clone, Copy)]
enum Then {
    Waits,
    Breaks,
    Goes,
}

impl Protocol for Says {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
        cx.write(self.0);
        match self.1 {
            Then::Waits | Then::Goes => {}
            Then::Breaks => drop(cx.mailbox().post(())),
        }
        if matches!(self.1, Then::Goes) {
            cx.close();
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, ()>, (): ()) {
        cx.abort();
    }
}

fn ask_badly(says: Says, patience: Patience) -> Result {
    let reactor = MemoryReactor::new();
    let port = reactor.listen(localhost(), factory(move |_| Some(says.clone()))).unwrap();
    ask(&reactor, Connect::new(port.address().clone()), "alice", patience).unwrap()
}

#[test]
fn an_answer_that_does_not_end_is_not_waited_for() {
    let result = ask_badly(Says(b"so", Then::Waits), Patience::default());
    assert_eq!(result.unwrap_err().to_string(), "no whole answer within 60s");
}

#[test]
fn an_answer_that_is_too_long_is_not_taken() {
    let patience = Patience { length: 3, ..Patience::default() };
    let result = ask_badly(Says(b"four", Then::Goes), patience);
    assert_eq!(result.unwrap_err().to_string(), "the answer is longer than the limit of 3 bytes");
    assert_eq!(ask_badly(Says(b"thr", Then::Goes), patience).unwrap(), "thr");
}

#[test]
fn an_answer_that_breaks_off_is_an_error_with_what_came() {
    match ask_badly(Says(b"so far", Then::Breaks), Patience::default()) {
        Err(FingerError::Broken { partial, reason }) => {
            assert!(!reason.is_clean());
            assert!(b"so far".starts_with(&partial));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_terminal_is_shown_has_no_control_characters() {
    let shown = Inquiry::printable(b"a\x1b[2J\r\nb\nc\x00\xff", Characters::Ascii);
    assert_eq!(shown, "a[2J\nb\nc");
}

//! Connections that become something else.

use bytes::BytesMut;
use ropewalk_http::{Carries, Method, Progress, Request, Response, Router, Server};
use ropewalk_protocol::{Context, Protocol, Reason};
use ropewalk_testkit::{Harness, every_cut};

use crate::{settings, statuses};

enum Message {
    Say(&'static str),
    Http(Progress),
}

impl Carries for Message {
    fn carry(progress: Progress) -> Self {
        Self::Http(progress)
    }

    fn unpack(self) -> Result<Progress, Self> {
        match self {
            Self::Http(progress) => Ok(progress),
            other => Err(other),
        }
    }
}

/// Says what comes in brackets.
struct Brackets;

impl Protocol for Brackets {
    type Message = Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Message>) {
        cx.write(b"hello");
    }

    fn data_received(&mut self, cx: &mut Context<'_, Message>, input: &mut BytesMut) {
        for byte in input.split() {
            cx.write(&[b'<', byte, b'>']);
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Message>, message: Message) {
        if let Message::Say(word) = message {
            cx.write(word.as_bytes());
        }
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Message>) {
        cx.write(b"bye");
        cx.close();
    }

    fn connection_lost(&mut self, reason: &Reason) {
        assert!(reason.is_clean());
    }
}

fn server() -> Server<Router<Brackets>> {
    let router = Router::upgrading("/up", |request: &Request| match request.header("upgrade") {
        Some("brackets") => Ok((Response::empty(101).header("Upgrade", "brackets"), Brackets)),
        _ => Err(Response::plain(400)),
    });
    let router = router.at(Method::Get, "/", |_: Request| Response::text(200, "plain"));
    Server::new(router, settings())
}

fn head(fields: &str) -> String {
    format!("GET /up HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn a_connection_becomes_another_and_what_was_sent_ahead_is_its_first_input() {
    let upgrade = head("Connection: keep-alive, Upgrade\r\nUpgrade: brackets\r\n");
    let input = format!("GET / HTTP/1.1\r\nHost: a\r\n\r\n{upgrade}ab");
    let outcome = every_cut(input.as_bytes(), server);
    let text = String::from_utf8(outcome.written).unwrap();
    assert_eq!(statuses(&text), [200, 101]);
    let end = "\r\nUpgrade: brackets\r\nConnection: Upgrade\r\n\r\nhello<a><b>bye";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn it_gets_its_messages_and_before_that_they_have_no_reader() {
    let mut harness = Harness::new(server());
    harness.mailbox().post(Message::Say("early")).unwrap();
    harness.poll();
    assert_eq!(harness.written(), b"");
    harness.feed(head("Connection: upgrade\r\nUpgrade: brackets\r\n").as_bytes());
    harness.written();
    harness.mailbox().post(Message::Say("word")).unwrap();
    harness.poll();
    assert_eq!(harness.written(), b"word");
}

#[test]
fn what_does_not_ask_rightly_stays_as_it_is() {
    for (fields, status) in [
        ("", 426),
        ("Upgrade: brackets\r\n", 426),
        ("Connection: upgrade\r\n", 426),
        ("Connection: upgrade\r\nUpgrade: h2c\r\n", 400),
    ] {
        let mut harness = Harness::new(server());
        harness.feed(head(fields).as_bytes());
        assert_eq!(statuses(&harness.text()), [status], "{fields}");
        harness.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(statuses(&harness.text()), [200]);
    }
    let mut harness = Harness::new(server());
    harness.feed(b"GET /up HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: brackets\r\n\r\n");
    assert_eq!(statuses(&harness.text()), [426], "RFC 9110, section 7.8: not in HTTP/1.0");
}

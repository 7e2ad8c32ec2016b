//! STARTTLS at both ends, and what a stranger slips in before the handshake.

use std::{cell::RefCell, rc::Rc, time::Duration};

use bytes::BytesMut;
use ropewalk_line::{Delimiter, Lines};
use ropewalk_protocol::{Context, Filtered, Framed, Protocol, Reason, Receiver};
use ropewalk_testkit::{Harness, Pair, every_cut_by};
use ropewalk_tls::{ClientTls, ServerTls};

use crate::made::{Authority, Made};

/// A server of lines: `STARTTLS` is answered and begins a handshake, anything else is echoed.
#[derive(Clone, Default)]
struct Server(Rc<RefCell<Vec<String>>>);

impl Receiver<Lines> for Server {
    type Message = ();

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
        let line = String::from_utf8_lossy(line).into_owned();
        if line == "STARTTLS" && cx.can_start_tls() {
            cx.write(b"220 go ahead\n");
            cx.start_tls();
        } else {
            cx.write(format!("250 {line}\n").as_bytes());
        }
        self.0.borrow_mut().push(line);
    }

    fn secured(&mut self, cx: &mut Context<'_, ()>) {
        assert!(cx.peer().tls.is_some() && !cx.can_start_tls());
        self.0.borrow_mut().push("(secured)".into());
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.0.borrow_mut().push(format!("({reason})"));
    }
}

/// A client that says everything it has to say; takes the first answer as the go-ahead.
struct Client {
    heard: Rc<RefCell<Vec<String>>>,
}

impl Receiver<Lines> for Client {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        cx.write(b"STARTTLS\n");
    }

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, line: &[u8]) {
        self.heard.borrow_mut().push(String::from_utf8_lossy(line).into_owned());
        if line.starts_with(b"220 ") {
            cx.start_tls();
        }
    }

    fn secured(&mut self, cx: &mut Context<'_, ()>) {
        self.heard.borrow_mut().push("(secured)".into());
        cx.write(b"secret\n");
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.heard.borrow_mut().push(format!("({reason})"));
    }
}

fn lines<R: Receiver<Lines>>(receiver: R) -> Framed<Lines, R> {
    Framed::new(Lines::new(Delimiter::Lf, 512), receiver)
}

fn both() -> (ClientTls, ServerTls) {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    (authority.client().build().unwrap(), server)
}

fn client(tls: &ClientTls) -> (impl Protocol<Message = ()>, Rc<RefCell<Vec<String>>>) {
    let heard = Rc::default();
    let client = lines(Client { heard: Rc::clone(&heard) });
    (Filtered::around(tls.starttls("a.example").unwrap(), client), heard)
}

#[test]
fn what_was_written_before_is_plain_and_what_comes_after_is_not() {
    let (tls, server_tls) = both();
    let server = Server::default();
    let (client, heard) = client(&tls);
    let mut client = Harness::new(client);
    assert_eq!(client.text(), "STARTTLS\n");
    let mut serving = Harness::new(Filtered::around(server_tls.starttls(), lines(server.clone())));
    serving.feed(b"HELO\nSTARTTLS\n");
    assert_eq!(serving.text(), "250 HELO\n220 go ahead\n");
    client.feed(b"220 go ahead\n");
    let mut pair = Pair::of(client, serving, Duration::ZERO);
    pair.run();
    assert_eq!(*server.0.borrow(), ["HELO", "STARTTLS", "(secured)", "secret"]);
    assert_eq!(*heard.borrow(), ["220 go ahead", "(secured)", "250 secret"]);
}

/// As in RFC 3207, section 4.2: what came before the handshake must not count after it.
#[test]
fn a_server_takes_no_command_that_was_slipped_in() {
    let (_, tls) = both();
    let heard = every_cut_by(b"HELO\nSTARTTLS\nEVIL\nMORE", |pieces| {
        let server = Server::default();
        let mut serving = Harness::new(Filtered::around(tls.starttls(), lines(server.clone())));
        pieces.iter().for_each(|piece| serving.feed(piece));
        serving.end();
        let reason = serving.lost().expect("it is lost");
        assert!(!reason.is_clean(), "{reason}");
        let mut heard = server.0.take();
        assert!(heard.pop().is_some_and(|last| last.starts_with('(')));
        heard
    });
    assert_eq!(heard, ["HELO", "STARTTLS"]);
}

#[test]
fn a_client_takes_no_answer_that_was_slipped_in() {
    let (tls, _) = both();
    let heard = every_cut_by(b"220 go ahead\n250 EVIL\n250 MORE", |pieces| {
        let (client, heard) = client(&tls);
        let mut client = Harness::new(client);
        pieces.iter().for_each(|piece| client.feed(piece));
        client.end();
        let reason = client.lost().expect("it is lost");
        assert!(!reason.is_clean(), "{reason}");
        let mut heard = heard.take();
        assert!(heard.pop().is_some_and(|last| last.starts_with('(')));
        heard
    });
    assert_eq!(heard, ["220 go ahead"]);
}

#[test]
fn plain_input_is_named_as_the_reason() {
    let (_, tls) = both();
    let server = Server::default();
    let mut serving = Harness::new(Filtered::around(tls.starttls(), lines(server)));
    serving.feed(b"STARTTLS\nEVIL\n");
    serving.end();
    let lost = serving.lost().unwrap().to_string();
    assert_eq!(lost, "malformed input: plain input after the start of TLS");
    assert_eq!(serving.text(), "220 go ahead\n");
}

/// A client that sends its ClientHello in the same breath as the command is not an attacker, but
/// cannot be told from one.
#[test]
fn a_handshake_in_the_same_breath_is_refused_too() {
    let (client, tls) = both();
    let hello = {
        let (speaker, _) = crate::ends::Speaker::new();
        let filter = client.filter("a.example").unwrap();
        Harness::new(Filtered::around(filter, speaker)).written()
    };
    let mut serving = Harness::new(Filtered::around(tls.starttls(), lines(Server::default())));
    serving.feed(&[b"STARTTLS\n", &hello[..]].concat());
    serving.end();
    assert!(!serving.lost().unwrap().is_clean());
}

#[test]
fn a_connection_may_stay_plain() {
    let (_, tls) = both();
    let server = Server::default();
    let mut serving = Harness::new(Filtered::around(tls.starttls(), lines(server.clone())));
    assert!(serving.protocol().inner().is_some());
    serving.advance(Duration::from_secs(60));
    serving.feed(b"one\n");
    assert_eq!(serving.text(), "250 one\n");
    serving.end();
    assert_eq!(serving.lost().unwrap().to_string(), "closed");
}

#[test]
fn a_handshake_that_does_not_come_times_out_and_nothing_plain_is_said_after_it() {
    let (_, tls) = both();
    let server = Server::default();
    let mut serving = Harness::new(Filtered::around(tls.starttls(), lines(server.clone())));
    serving.feed(b"STARTTLS\n");
    assert_eq!(serving.text(), "220 go ahead\n");
    serving.advance(Duration::from_secs(10));
    serving.end();
    assert_eq!(serving.lost().unwrap().to_string(), "tls: no handshake within 10s");
    assert_eq!(serving.text(), "");
}

#[test]
fn a_handshake_is_begun_once() {
    /// Asks over and over.
    struct Eager;
    impl Protocol for Eager {
        type Message = ();
        fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
            input.clear();
            cx.start_tls();
            cx.start_tls();
        }
        fn secured(&mut self, cx: &mut Context<'_, ()>) {
            cx.start_tls();
            cx.write(b"done");
        }
    }
    let (client, _) = both();
    let made = Made::alone(&["a.example"]);
    let tls = made.server().build().unwrap();
    let pin = ropewalk_tls::Pin::of(&made.der).unwrap();
    let client_tls = ClientTls::builder().pin(pin).build().unwrap();
    drop(client);
    let mut serving = Harness::new(Filtered::around(tls.starttls(), Eager));
    serving.feed(b"x");
    let (speaker, log) = crate::ends::Speaker::new();
    let filter = client_tls.filter("a.example").unwrap();
    let mut pair =
        Pair::of(Harness::new(Filtered::around(filter, speaker)), serving, Duration::ZERO);
    pair.run();
    assert_eq!(log.data(), b"done");
}

//! Bodies of requests: collected, watched, refused; and the question whether to send one.

use std::sync::{Arc, Mutex};

use ropewalk_http::{Answer, Handler, Intake, Method, Request, Response, Router, Server};
use ropewalk_testkit::{Harness, every_cut};

use crate::{answer, bodies, server, settings, statuses};

fn post(fields: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}")
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_comes_or_as_soon_as_it_is() {
    let right = post("Content-Length: 100\r\n", &"x".repeat(100));
    assert_eq!(statuses(&answer(&right)), [200]);
    let text = answer(post("Content-Length: 101\r\n", ""));
    assert_eq!(statuses(&text), [413]);
    assert!(text.ends_with("the body is longer than the limit of 100 bytes\n"));
    let chunks = format!("40\r\n{0}\r\n40\r\n{0}\r\n", "x".repeat(64));
    assert_eq!(statuses(&answer(post("Transfer-Encoding: chunked\r\n", &chunks))), [413]);
}

#[test]
fn extensions_and_trailers_are_bounded() {
    let chunked = |rest: &str| answer(post("Transfer-Encoding: chunked\r\n", rest));
    assert_eq!(statuses(&chunked(&format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(1000)))), [200]);
    for rest in [
        format!("1;{}", "x".repeat(20_000)),
        format!("1;{}\r\na\r\n", "x".repeat(1000)).repeat(50),
        format!("0\r\n{}", "X: y\r\n".repeat(5000)),
        format!("0\r\nX: {}", "y".repeat(20_000)),
        "0".repeat(40_000),
    ] {
        assert_eq!(statuses(&chunked(&rest)), [400], "{rest:.20}");
    }
}

#[test]
fn who_asks_whether_to_send_is_told_to_go_on() {
    // RFC 9110, section 10.1.1.
    let mut harness = server();
    harness.feed(post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "").as_bytes());
    assert_eq!(harness.text(), "HTTP/1.1 100 Continue\r\n\r\n");
    harness.feed(b"hi");
    assert_eq!(bodies(&harness.text()), ["POST / hi"]);
    harness.feed(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi").as_bytes());
    assert_eq!(statuses(&harness.text()), [200], "not where the body is there already");
    harness.feed(post("Expect: 100-continue\r\nContent-Length: 101\r\n", "").as_bytes());
    assert_eq!(statuses(&harness.text()), [413], "and not where it would be refused");
    assert_eq!(statuses(&answer(post("Expect: tea\r\n", ""))), [417]);
    let old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    assert_eq!(answer(old), "", "HTTP/1.0 does not know it");
}

struct Watches(Arc<Mutex<Vec<u8>>>);

impl Handler for Watches {
    fn intake(&self, head: &Request) -> Intake {
        if head.header("authorization").is_none() {
            return Intake::Refuse(Response::plain(401).header("WWW-Authenticate", "Basic"));
        }
        let seen = Arc::clone(&self.0);
        let pieces = Box::new(move |piece: &[u8]| seen.lock().unwrap().extend_from_slice(piece));
        Intake::Watch { limit: 10, pieces }
    }

    fn handle(&self, request: Request) -> Answer {
        assert!(request.body().is_empty());
        Response::empty(204).into()
    }
}

#[test]
fn a_body_may_be_watched_or_refused() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let router = Router::new().at(Method::Post, "/", Watches(Arc::clone(&seen)));
    let server = || Server::new(router.clone(), settings());
    let body = "Authorization: x\r\nTransfer-Encoding: chunked\r\n";
    let outcome = every_cut(post(body, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").as_bytes(), server);
    assert!(outcome.written.starts_with(b"HTTP/1.1 204 No Content\r\n"));
    assert!(seen.lock().unwrap().chunks(5).all(|all| all == b"abcde"));
    let mut harness = Harness::new(server());
    harness.feed(post("Content-Length: 5\r\n", "").as_bytes());
    assert!(harness.has_ended(), "what was not read cannot be passed over");
    assert_eq!(statuses(&harness.text()), [401]);
    let mut harness = Harness::new(server());
    harness.feed(post(body, "b\r\nhello world\r\n").as_bytes());
    assert_eq!(statuses(&harness.text()), [413]);
}

#[test]
fn no_body_is_no_body() {
    assert_eq!(bodies(&answer(post("Content-Length: 0\r\n", ""))), ["POST / "]);
    let empty = post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n");
    assert_eq!(bodies(&answer(empty)), ["POST / "]);
}

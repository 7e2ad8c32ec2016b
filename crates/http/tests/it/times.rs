//! How long a server waits for what.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use ropewalk_http::{Answer, Body, Method, Request, Response, Router, Server};
use ropewalk_testkit::Harness;

use crate::{server, settings, statuses};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let mut harness = server();
    harness.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    harness.written();
    harness.advance(59 * SECOND);
    assert!(!harness.has_ended());
    harness.feed(b"\r\n"); // an empty line does not count as a request
    harness.advance(SECOND);
    assert!(harness.has_ended());
    assert_eq!(harness.text(), "");
}

#[test]
fn a_slow_request_is_told_408_however_it_drips() {
    for beginning in ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"] {
        let mut harness = server();
        harness.feed(beginning.as_bytes());
        for _ in 0..29 {
            harness.advance(SECOND);
            harness.feed(b"x");
            assert!(!harness.has_ended());
        }
        harness.advance(SECOND);
        assert_eq!(statuses(&harness.text()), [408]);
        assert!(harness.has_ended());
    }
}

fn serve(handler: impl ropewalk_http::Handler) -> Harness<Server<Router>> {
    let mut harness =
        Harness::new(Server::new(Router::new().at(Method::Get, "/", handler), settings()));
    harness.take(0);
    harness.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    harness
}

#[test]
fn an_answer_that_is_still_leaving_is_no_silence() {
    let mut harness = serve(|_: Request| Response::text(200, vec![b'x'; 1_000_000]));
    for _ in 0..5 {
        harness.take(1000);
        harness.advance(60 * SECOND);
        assert!(harness.lost().is_none() && !harness.has_ended());
    }
    harness.advance(60 * SECOND);
    assert_eq!(harness.lost().unwrap().to_string(), "aborted", "it takes nothing any more");
}

#[test]
fn a_service_that_does_not_answer_is_a_503() {
    let mut harness = serve(|_: Request| Answer::later(pending()));
    harness.take(usize::MAX);
    harness.advance(30 * SECOND);
    assert_eq!(statuses(&harness.text()), [503]);
    assert!(harness.has_ended());
}

struct Endless;

impl futures_core::Stream for Endless {
    type Item = std::io::Result<Bytes>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<std::io::Result<Bytes>>> {
        std::task::Poll::Ready(Some(Ok(Bytes::from_static(&[b'x'; 10_000]))))
    }
}

#[test]
fn a_client_that_does_not_take_a_long_answer_is_cut_off() {
    let mut harness = serve(|_: Request| Response::new(200, "text/plain", Body::pieces(Endless)));
    harness.advance(29 * SECOND);
    assert!(harness.lost().is_none());
    harness.take(70_000); // it takes some, and then nothing again
    harness.advance(29 * SECOND);
    assert!(harness.lost().is_none());
    harness.advance(SECOND);
    assert_eq!(harness.lost().unwrap().to_string(), "aborted");
}

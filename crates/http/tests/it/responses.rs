//! Responses: later ones, pieces, and what cannot be sent.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_core::Stream;
use ropewalk_http::{Answer, Body, Method, Request, Response, Router, Server};
use ropewalk_protocol::Limits;
use ropewalk_testkit::Harness;

use crate::{bodies, settings, statuses};

/// Pieces from a list; `None` in it means not yet. Counts how many were taken.
struct List(VecDeque<io::Result<Bytes>>, Arc<AtomicUsize>);

impl Stream for List {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let this = self.get_mut();
        this.1.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(this.0.pop_front())
    }
}

fn list(pieces: &[&'static str]) -> List {
    let pieces = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
    List(pieces.collect(), Arc::default())
}

fn serve(handler: impl ropewalk_http::Handler) -> Harness<Server<Router>> {
    Harness::new(Server::new(Router::new().at(Method::Get, "/", handler), settings()))
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn pieces_of_unknown_length_are_chunks_and_the_connection_stays() {
    let mut harness = serve(|_: Request| {
        Response::new(200, "text/plain", Body::pieces(list(&["abc", "", "de"])))
    });
    harness.feed(&[GET, GET].concat());
    let text = harness.text();
    assert_eq!(
        text.matches("\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            .count(),
        2
    );
    assert!(!harness.has_ended());
}

#[test]
fn http_1_0_gets_them_until_the_connection_ends() {
    let mut harness =
        serve(|_: Request| Response::new(200, "text/plain", Body::pieces(list(&["abc", "de"]))));
    harness.feed(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let text = harness.text();
    assert!(text.ends_with("\r\nConnection: close\r\n\r\nabcde"), "{text}");
    assert!(harness.has_ended() && !text.contains("chunked"));
}

#[test]
fn a_length_that_is_not_kept_breaks_the_connection_off() {
    for (length, pieces) in [(4, ["abc", "de"]), (6, ["abc", "de"])] {
        let mut harness = serve(move |_: Request| {
            let pieces = Box::pin(list(&pieces));
            Response::new(200, "text/plain", Body::Pieces { length: Some(length), pieces })
        });
        harness.feed(GET);
        assert_eq!(harness.lost().unwrap().to_string(), "aborted", "{length}");
    }
    let mut harness = serve(|_: Request| {
        let broken =
            List([Ok("abc".into()), Err(io::ErrorKind::Other.into())].into(), Arc::default());
        Response::new(200, "text/plain", Body::pieces(broken))
    });
    harness.feed(GET);
    assert!(!harness.lost().unwrap().is_clean());
}

#[test]
fn pieces_are_asked_for_as_they_leave() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let handler = move |_: Request| {
        let piece = Bytes::from(vec![b'x'; 1000]);
        let pieces = (0..1000).map(|_| Ok(piece.clone())).collect();
        Response::new(200, "text/plain", Body::pieces(List(pieces, Arc::clone(&counter))))
    };
    let limits = Limits { high_watermark: 5000, low_watermark: 1000, ..Limits::default() };
    let router = Router::new().at(Method::Get, "/", handler);
    let mut harness = Harness::limited(Server::new(router, settings()), limits);
    harness.take(0);
    harness.feed(GET);
    assert!(taken.load(Ordering::Relaxed) <= 6, "{taken:?}");
    assert!(!harness.connection().wants_input());
    harness.take(usize::MAX);
    assert_eq!(taken.load(Ordering::Relaxed), 1001);
    assert!(harness.text().ends_with("\r\n0\r\n\r\n"));
    assert!(harness.connection().wants_input());
}

/// An answer that the test gives.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    fn open(&self) {
        let mut gate = self.0.lock().unwrap();
        gate.0 = true;
        gate.1.take().into_iter().for_each(Waker::wake);
    }

    async fn passed(self) {
        std::future::poll_fn(|cx| {
            let mut gate = self.0.lock().unwrap();
            gate.1 = Some(cx.waker().clone());
            if gate.0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[test]
fn while_a_request_is_worked_on_nothing_is_read_and_answers_keep_their_order() {
    let gate = Gate::default();
    let asks = gate.clone();
    let mut harness = serve(move |request: Request| match request.path() {
        "/slow" => {
            let passed = asks.clone().passed();
            Answer::later(async move {
                passed.await;
                Response::text(200, "slow")
            })
        }
        _ => Response::text(200, "fast").into(),
    });
    harness.feed(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!harness.connection().wants_input());
    harness.end();
    assert_eq!(harness.written(), b"");
    gate.open();
    harness.poll();
    assert_eq!(bodies(&harness.text()), ["slow", "fast"]);
    assert!(harness.lost().unwrap().is_clean());
}

#[test]
fn a_program_that_ends_answers_what_it_works_on() {
    let gate = Gate::default();
    let asks = gate.clone();
    let mut harness = serve(move |_: Request| {
        let passed = asks.clone().passed();
        Answer::later(async move {
            passed.await;
            Response::text(200, "done")
        })
    });
    harness.feed(GET);
    harness.shut_down();
    assert!(!harness.has_ended());
    gate.open();
    harness.poll();
    let text = harness.text();
    assert!(text.contains("\r\nConnection: close\r\n") && text.ends_with("done"), "{text}");
    assert!(harness.has_ended());
}

#[test]
fn what_would_split_a_response_is_a_500() {
    for (name, value) in [
        ("X", "a\r\nSet-Cookie: b"),
        ("X", "a\nb"),
        ("X", "a\0b"),
        ("X y", "a"),
        ("", "a"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
    ] {
        let mut harness = serve(move |_: Request| Response::text(200, "x").header(name, value));
        harness.feed(GET);
        assert_eq!(statuses(&harness.text()), [500], "{name:?}: {value:?}");
    }
    assert_eq!(Response::empty(42).status(), 500);
    assert_eq!(Response::empty(100).status(), 500, "an interim response is not a service's");
}

#[test]
fn some_statuses_have_no_body() {
    for status in [204, 304] {
        let mut harness = serve(move |_: Request| Response::text(status, "never sent"));
        harness.feed(GET);
        let text = harness.text();
        assert!(text.ends_with("\r\n\r\n") && !text.contains("Content-Length"), "{text}");
    }
}

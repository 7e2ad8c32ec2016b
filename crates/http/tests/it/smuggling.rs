//! What a proxy in front could understand otherwise is refused, and nothing behind it is answered.

use ropewalk_testkit::every_cut;

use crate::{answer, router, settings, statuses};
use ropewalk_http::Server;

/// The section of the RFC that lets or makes a server refuse it, the status, and the request.
const REFUSED: &[(&str, u16, &str)] = &[
    // Two ways to tell the length.
    (
        "9112 6.3",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "9112 6.3",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ),
    (
        "9112 6.3",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    ),
    (
        "9112 6.3",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    ),
    ("9112 6.3", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello"),
    ("9110 8.6", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello"),
    ("9110 8.6", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello"),
    ("9110 8.6", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello"),
    ("9110 8.6", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\nhello"),
    ("9110 8.6", 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello"),
    (
        "9110 8.6",
        413,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
    ),
    // Transfer codings.
    ("9112 6.1", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (
        "9112 6.1",
        501,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "9112 6.3",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    ),
    ("9112 6.3", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n"),
    (
        "9112 6.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "9112 6.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    ),
    ("9112 6.3", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    (
        "9112 6.3",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    ),
    ("9112 6.3", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n"),
    // Chunks.
    ("9112 7.1", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n"),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
    ),
    ("9112 7.1", 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\na\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
    ),
    (
        "9112 7.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    ),
    (
        "9112 7.1.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\rb\r\na\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1.1",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nb\r\na\r\n0\r\n\r\n",
    ),
    (
        "9112 7.1.2",
        400,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGET / HTTP/1.1\r\n\r\n",
    ),
    // Lines.
    ("9112 2.2", 400, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
    ("9112 2.2", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    ("9112 2.2", 400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    ("9112 2.2", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    ("9112 5.2", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"),
    ("9112 5.2", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n"),
    ("9112 5.1", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    ("9112 5.1", 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc"),
    ("9112 5", 400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"),
    ("9112 5", 400, "GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n"),
    ("9110 5.5", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    // The request line.
    ("9112 3", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9112 3", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9112 3", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    ("9112 3", 400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9112 3.2", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9112 3.2", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9112 3.2", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9112 3.2.2", 400, "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("9110 2.5", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ("9112 2.3", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    // Host.
    ("9112 3.2", 400, "GET / HTTP/1.1\r\n\r\n"),
    ("9112 3.2", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    ("9112 3.2", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("9112 3.2", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ("9112 3.2", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
];

#[test]
fn every_ambiguous_request_is_refused_and_nothing_behind_it_is_answered() {
    for (section, status, request) in REFUSED {
        let text = answer(format!("{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
        let shown = request.escape_debug();
        assert_eq!(statuses(&text), [*status], "RFC {section}: {shown}");
        assert!(text.contains("\r\nConnection: close\r\n"), "RFC {section}: {shown}");
        assert!(!text.contains("smuggled"), "RFC {section}: {shown}");
    }
}

#[test]
fn they_are_refused_alike_however_they_are_cut() {
    for (_, status, request) in REFUSED {
        let refused = every_cut(request.as_bytes(), || Server::new(router(), settings()));
        let text = String::from_utf8(refused.written).unwrap();
        // A request whose beginning asks to go on is told so before it is refused.
        let last = statuses(&text).into_iter().rfind(|it| *it != 100);
        assert_eq!(last, Some(*status), "{}", request.escape_debug());
    }
}

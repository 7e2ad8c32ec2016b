//! Requests: the same answers however they come.

use std::{sync::Arc, time::Instant, time::UNIX_EPOCH};

use bytes::BytesMut;
use ropewalk_http::{Method, Request, Response, Router, Server, Settings};
use ropewalk_protocol::{Connection, Limits, Peer};

/// The first byte chooses the size of the chunks; the rest is what arrives.
pub fn request(data: &[u8]) {
    let [size, input @ ..] = data else { return };
    let whole = answers(input, input.len().max(1));
    let pieces = answers(input, usize::from(*size).max(1));
    assert_eq!(whole, pieces, "the same however it comes");
    let _ = Request::parse(input);
}

/// What is written, but for the word to go on, which depends on what is there.
fn answers(input: &[u8], size: usize) -> String {
    let echo = |request: Request| Response::text(200, request.body().clone());
    let router = Router::new().at(Method::Get, "/", echo).at(Method::Post, "/", echo);
    let server = Server::new(router, Settings::new(|| UNIX_EPOCH));
    let now = Instant::now();
    let mut connection = Connection::new(server, Peer::unnamed(), Arc::new(Limits::default()));
    connection.start(now);
    let mut written = Vec::new();
    for piece in input.chunks(size) {
        connection.feed(now, &mut BytesMut::from(piece));
        connection.poll(now, None);
        while !connection.outgoing().is_empty() {
            written.extend_from_slice(connection.outgoing());
            connection.sent(now, connection.outgoing().len());
        }
    }
    String::from_utf8_lossy(&written).replace("HTTP/1.1 100 Continue\r\n\r\n", "")
}

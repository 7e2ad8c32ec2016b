//! What a request costs once everything is warm.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_http::{Intake, Method, Request, Response, Router, Server};
use ropewalk_protocol::{Connection, Limits, Peer};

use crate::settings;

struct Watches;

impl ropewalk_http::Handler for Watches {
    fn intake(&self, _: &Request) -> Intake {
        Intake::Watch { limit: u64::MAX, pieces: Box::new(|_| {}) }
    }

    fn handle(&self, _: Request) -> ropewalk_http::Answer {
        Response::empty(204).into()
    }
}

fn turns(input: &[&[u8]], counted: usize) -> u64 {
    let now = Instant::now();
    let router = Router::new().at(Method::Get, "/", |_: Request| Response::text(200, "hello")).at(
        Method::Post,
        "/",
        Watches,
    );
    let server = Server::new(router, settings());
    let mut connection = Connection::new(server, Peer::unnamed(), Arc::new(Limits::default()));
    connection.start(now);
    let mut read = BytesMut::with_capacity(64 * 1024);
    let mut spare = Vec::with_capacity(64 * 1024);
    let mut turn = |piece: &[u8]| {
        read.clear();
        read.reserve(64 * 1024);
        read.extend_from_slice(piece);
        connection.lend(&mut spare);
        connection.feed(now, &mut read);
        let written = connection.outgoing().len();
        connection.sent(now, written);
        connection.reclaim(&mut spare);
    };
    let (last, first) = input.split_last().unwrap();
    first.iter().for_each(|piece| turn(piece));
    turn(last);
    allocation_counter::measure(|| (0..counted).for_each(|_| turn(last))).count_total
}

#[test]
fn a_request_allocates_its_text_and_fields_and_its_answer_its_own_fields() {
    let request: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    // The request's text (with its count of users when it is shared) and fields; the response's.
    assert_eq!(turns(&[request], 100), 300);
}

#[test]
fn a_piece_of_a_body_allocates_nothing() {
    let head: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(turns(&[head, b"5\r\nhello\r\n"], 100), 0);
    let head: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    assert_eq!(turns(&[head, b"hello"], 100), 0);
}

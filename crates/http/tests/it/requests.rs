//! Requests: what is read of them, in what order, and what is too much.

use proptest::prelude::*;
use ropewalk_http::{BadRequest, Method, Request, Server};
use ropewalk_testkit::every_cut;

use crate::{answer, bodies, router, server, settings, statuses};

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

#[test]
fn requests_sent_ahead_are_answered_in_order() {
    let text = answer(["/1", "/2", "/3"].map(get).concat());
    assert_eq!(bodies(&text), ["GET /1 ", "GET /2 ", "GET /3 "]);
    assert!(!text.contains("Connection:"), "RFC 9112, section 9.3: it stays open by default");
}

#[test]
fn the_outcome_is_the_same_however_the_input_is_cut() {
    let input = [
        "\r\n\r\n",
        &get("/1"),
        "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
         3;x=\"y\"\r\nabc\r\n02\r\nde\r\n000\r\nX: y\r\n\r\n",
        "GET /4 HTTP/1.0\r\n\r\n",
        "not read any more",
    ]
    .concat();
    let outcome = every_cut(input.as_bytes(), || Server::new(router(), settings()));
    let text = String::from_utf8(outcome.written).unwrap();
    assert_eq!(bodies(&text), ["GET /1 ", "POST /2 hello", "POST /3 abcde", "GET /4 "]);
}

#[test]
fn an_answer_has_what_a_client_needs() {
    let text = answer(get("/"));
    let head = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\nGET / ";
    assert_eq!(text, head);
}

#[test]
fn head_is_get_without_the_body() {
    let text = answer("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(text.ends_with("Content-Length: 7\r\n\r\n"), "RFC 9110, section 9.3.2: {text}");
}

#[test]
fn connections_stay_or_go_as_section_9_3_says() {
    for (head, stays, says) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, ""),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false, "Connection: close"),
        ("GET / HTTP/1.0\r\n\r\n", false, "Connection: close"),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, "Connection: keep-alive"),
    ] {
        let mut harness = server();
        harness.feed(head.as_bytes());
        assert_eq!(!harness.has_ended(), stays, "{head}");
        assert!(harness.text().contains(says), "{head}");
    }
}

#[test]
fn every_form_of_target_is_understood() {
    let request =
        |line: &str| Request::parse(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
    for (line, path, query) in [
        ("GET /", "/", None),
        ("GET /a/b?c=d&e?f", "/a/b", Some("c=d&e?f")),
        ("GET http://host/a?b", "/a", Some("b")),
        ("GET HTTPS://host:80", "/", None),
        ("GET http://host?b", "/", Some("b")),
        ("OPTIONS *", "*", None),
        ("CONNECT host:80", "host:80", None),
    ] {
        let request = request(line).unwrap();
        assert_eq!((request.path(), request.query()), (path, query), "{line}");
    }
    assert_eq!(request("PURGE /").unwrap().method(), Method::Other);
    assert_eq!(request("get /").unwrap().method(), Method::Other, "methods have a case");
    assert_eq!(request("PURGE /").unwrap().method_text(), "PURGE");
}

#[test]
fn fields_are_found_in_any_case_and_lists_are_taken_apart() {
    let head = b"GET / HTTP/1.1\r\nHOST: a\r\nAccept: a , b\r\naccept:\t,c\r\nX: \xe9\r\n\r\n";
    let request = Request::parse(head).unwrap();
    assert_eq!(request.list("ACCEPT").collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(request.header("accept"), Some("a , b"));
    assert_eq!(request.header("x"), None, "it is no text");
    assert_eq!(request.headers("x").collect::<Vec<_>>(), [b"\xe9"]);
}

#[test]
fn what_is_too_much_is_told_with_its_status() {
    let long = "x".repeat(9_000);
    assert_eq!(statuses(&answer(get(&format!("/{long}")))), [414]);
    assert_eq!(statuses(&answer("x".repeat(20_000))), [414], "without an end");
    let head =
        |field: &str, count| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", field.repeat(count));
    assert_eq!(statuses(&answer(head("X: y\r\n", 99))), [200]);
    let text = answer(head("X: y\r\n", 100));
    assert_eq!(statuses(&text), [431]);
    assert!(text.ends_with("the head is larger than the limit of 100 fields\n"));
    let text = answer(head(&format!("X: {long}\r\n"), 2));
    assert_eq!(statuses(&text), [431]);
    assert!(text.ends_with("the head is larger than the limit of 16384 bytes\n"));
    let endless = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "y".repeat(20_000));
    assert_eq!(statuses(&answer(endless)), [431], "without an end");
}

#[test]
fn an_end_in_the_middle_of_a_request_is_an_end() {
    assert_eq!(answer("GET / HT"), "");
    assert_eq!(answer("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"), "");
}

#[test]
fn an_error_says_its_status() {
    assert_eq!(Request::parse(b"GET / HTTP/1.1\r\n\r\n").unwrap_err(), BadRequest::Host);
    assert_eq!(BadRequest::Host.status(), 400);
    assert_eq!(Request::parse(b"GET / HTTP/1.1\r\n").unwrap_err().status(), 400);
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Request::parse(&input);
        let mut harness = server();
        input.chunks(7).for_each(|piece| harness.feed(piece));
        harness.end();
        prop_assert!(harness.lost().is_some());
    }

    #[test]
    fn nothing_like_a_request_makes_it_panic_and_cuts_do_not_matter(
        lines in proptest::collection::vec(prop_oneof![
            Just("GET / HTTP/1.1\r\n"), Just("POST /a HTTP/1.1\r\n"), Just("Host: a\r\n"),
            Just("\r\n"), Just("Content-Length: 3\r\n"), Just("Transfer-Encoding: chunked\r\n"),
            Just("3\r\nabc\r\n"), Just("0\r\n\r\n"), Just("abc"), Just("Expect: 100-continue\r\n"),
            Just(" x\r\n"), Just("\n"), Just("X: y\r\n"),
        ], 0..12),
        size in 1usize..20,
    ) {
        let input = lines.concat();
        let whole = answer(&input);
        let mut harness = server();
        input.as_bytes().chunks(size).for_each(|piece| harness.feed(piece));
        harness.end();
        let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        prop_assert_eq!(harness.text().replace(go_on, ""), whole.replace(go_on, ""));
    }
}

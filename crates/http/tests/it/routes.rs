//! Routers and health.

use ropewalk_http::{Health, Method, Request, Response, Router, Server};
use ropewalk_testkit::Harness;

use crate::{settings, statuses};

#[test]
fn the_first_route_that_fits_answers_and_what_does_not_fit_is_told() {
    let health = Health::new();
    let router = Router::new()
        .at(Method::Get, "/health", health.clone())
        .at(Method::Post, "/a", |_: Request| Response::text(200, "posted"))
        .at(Method::Get, "/a/", |request: Request| Response::text(200, request.path().to_owned()));
    let mut harness = Harness::new(Server::new(router.clone(), settings()));
    let mut ask = |line: &str| {
        harness.feed(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        harness.text()
    };
    assert!(ask("GET /health").ends_with("\r\n\r\nok\n"));
    health.set_ready(false);
    assert_eq!(statuses(&ask("GET /health?x=y")), [503]);
    assert_eq!(statuses(&ask("GET /healthy")), [404]);
    assert!(ask("POST /a").ends_with("posted"));
    assert!(ask("GET /a/b/c").ends_with("/a/b/c"));
    assert!(ask("HEAD /a/b/c").ends_with("Content-Length: 6\r\n\r\n"));
    // RFC 9110, section 15.5.6: a 405 MUST say what is allowed.
    let text = ask("DELETE /a/b");
    assert_eq!(statuses(&text), [405]);
    assert!(text.contains("\r\nAllow: GET, HEAD\r\n"));
    assert_eq!(statuses(&ask("BREW /a/b")), [405]);
    let later = router.clone().at(Method::Get, "/new", Health::new());
    assert_eq!(
        format!("{router:?}").matches("Get").count() + 1,
        format!("{later:?}").matches("Get").count()
    );
}

#[test]
fn a_body_for_nobody_is_refused_at_its_head() {
    let mut harness = Harness::new(Server::new(Router::new(), settings()));
    harness.feed(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    assert_eq!(statuses(&harness.text()), [404]);
    assert!(harness.has_ended());
}

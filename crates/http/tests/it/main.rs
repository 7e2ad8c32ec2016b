//! The crate's behaviour, through its public face.

mod allocations;
mod bodies;
mod files;
mod metrics;
mod outside;
mod requests;
mod responses;
mod routes;
mod smuggling;
mod times;
mod upgrades;

use std::time::{Duration, UNIX_EPOCH};

use ropewalk_http::{Answer, Intake, Method, Request, Response, Router, Server, Settings};
use ropewalk_testkit::Harness;

/// A Sunday in 1994, for all dates.
fn settings() -> Settings {
    Settings::new(|| UNIX_EPOCH + Duration::from_secs(784_111_777))
}

/// Says what it was asked, with the body.
struct Mirror;

impl ropewalk_http::Handler for Mirror {
    fn intake(&self, _: &Request) -> Intake {
        Intake::Collect(100)
    }

    fn handle(&self, request: Request) -> Answer {
        let text = format!("{} {} ", request.method_text(), request.target());
        Response::text(200, [text.as_bytes(), request.body()].concat()).into()
    }
}

fn router() -> Router {
    let mut router = Router::new();
    for method in [Method::Get, Method::Post, Method::Options] {
        router = router.at(method, "/", Mirror);
    }
    router
}

type Http = Harness<Server<Router>>;

fn server() -> Http {
    Harness::new(Server::new(router(), settings()))
}

/// The whole of what is answered, until the client ends.
fn answer(input: impl AsRef<[u8]>) -> String {
    let mut harness = server();
    harness.feed(input.as_ref());
    harness.end();
    harness.text()
}

/// The statuses in a stream of responses.
fn statuses(text: &str) -> Vec<u16> {
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.map(|rest| rest[..3].parse().unwrap()).collect()
}

/// The bodies of responses whose `Content-Length` is there.
fn bodies(mut text: &str) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let length = head
            .split("Content-Length: ")
            .nth(1)
            .map_or(0, |it| it.split("\r\n").next().unwrap().parse().unwrap());
        found.push(rest[..length].to_owned());
        text = &rest[length..];
    }
    found
}

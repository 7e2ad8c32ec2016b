//! curl, on sockets.

use std::{
    fs,
    process::{Command, Output},
    thread,
    time::SystemTime,
};

use ropewalk_http::{Files, Method, Request, Response, Router, Server, Settings};
use ropewalk_protocol::{Address, Listen, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings as ReactorSettings};

fn curl(arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*"]);
    let Output { stdout, stderr, status } =
        command.args(arguments).output().expect("curl is installed");
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("it shows text")
}

#[test]
#[ignore = "needs curl"]
fn outside_curl_gets_posts_and_ranges() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ten.txt"), "0123456789").unwrap();
    fs::write(folder.path().join("big.bin"), vec![b'x'; 3_000_000]).unwrap();
    let settings = ReactorSettings { signals: false, ..ReactorSettings::default() };
    let reactor = PollReactor::new(settings).unwrap();
    let files = Files::new(reactor.clone(), folder.path()).unwrap();
    let echo = |request: Request| Response::text(200, request.body().clone());
    let router = Router::new().at(Method::Post, "/echo", echo).at(Method::Get, "/", files);
    let server =
        factory(move |_| Some(Server::new(router.clone(), Settings::new(SystemTime::now))));
    let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    let port = reactor.listen(listen, server).unwrap().address().port().unwrap();
    let runs = reactor.clone();
    let running = thread::spawn(move || runs.run());
    let base = format!("http://127.0.0.1:{port}");
    let (ten, big, echo) =
        (format!("{base}/ten.txt"), format!("{base}/big.bin"), format!("{base}/echo"));

    assert_eq!(curl(&[&ten]), "0123456789");
    // Two on one connection: curl says how many it made for each.
    let twice = curl(&["--write-out", "|%{num_connects}|", &ten, &ten]);
    assert_eq!(twice, "0123456789|1|0123456789|0|");
    let head = curl(&["--head", &ten]);
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Content-Length: 10\r\n"),
        "{head}"
    );
    assert_eq!(curl(&["--range", "2-4", &ten]), "234");
    let tag = folder.path().join("tag");
    let tag = tag.to_str().unwrap();
    curl(&["--etag-save", tag, &ten]);
    let again = curl(&["--etag-compare", tag, "--write-out", "%{http_code}", &ten]);
    assert_eq!(again, "304");
    assert_eq!(curl(&[&big]).len(), 3_000_000);
    let chunked = ["--header", "Transfer-Encoding: chunked", "--data", "in chunks", &echo];
    assert_eq!(curl(&chunked), "in chunks");
    let expect = ["--verbose", "--header", "Expect: 100-continue", "--data", "asked", &echo];
    assert_eq!(curl(&expect), "asked");
    let missing = curl(&["--write-out", "%{http_code}", "--path-as-is", &format!("{base}/../x")]);
    assert_eq!(missing, "404 Not Found\n404");

    reactor.stop();
    running.join().unwrap();
}

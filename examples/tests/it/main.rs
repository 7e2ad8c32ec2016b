//! The demo servers, as programs.

mod application;
mod endpoints;
mod jobs;
mod outside;
mod tutorial;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// A running server; ends with this value.
struct Server {
    child: Child,
    announced: String,
}

impl Server {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(["--listen", "tcp:0:interface=127.0.0.1"]).args(arguments);
        Self::announced(command)
    }

    /// Starts the program and waits for the first line that it prints.
    fn announced(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut announced = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut announced).unwrap();
        Self { child, announced }
    }

    fn connect(&self) -> TcpStream {
        let rest = self.announced.strip_prefix("listening on tcp:").expect(&self.announced);
        let (port, rest) = rest.split_once(':').unwrap();
        assert_eq!(rest, "interface=127.0.0.1\n");
        let stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// What comes back for `input`, until the server ends its half.
    fn answer(&self, input: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(input).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const WAYS: [&[&str]; 5] = [
    &["--reactor", "poll", "--threads", "1"],
    &["--reactor", "poll", "--threads", "2"],
    &["--reactor", "async-io"],
    &["--reactor", "tokio"],
    &["--reactor", "tokio", "--threads", "2"],
];

const ECHO: &str = env!("CARGO_BIN_EXE_echo");
const LINES: &str = env!("CARGO_BIN_EXE_lines");
const CHARGEN: &str = env!("CARGO_BIN_EXE_chargen");
const HYPER: &str = env!("CARGO_BIN_EXE_hyper");
const WEB: &str = env!("CARGO_BIN_EXE_web");
const FINGER: &str = env!("CARGO_BIN_EXE_finger");
const PROXY: &str = env!("CARGO_BIN_EXE_proxy");

#[test]
fn echo_sends_back_what_arrives_on_every_reactor() {
    for way in WAYS {
        let server = Server::start(ECHO, way);
        assert_eq!(server.answer(b"hello"), "hello", "{way:?}");
    }
}

#[test]
fn lines_sends_back_each_line_on_every_reactor() {
    for way in WAYS {
        let server = Server::start(LINES, way);
        assert_eq!(server.answer(b"one\ntwo\r\nnot whole"), "one\ntwo\r\n", "{way:?}");
    }
}

#[test]
fn lines_says_that_a_line_is_too_long_and_goes_on_serving() {
    let server = Server::start(LINES, &[]);
    let answer = server.answer(&[b'x'; 20_000]);
    assert!(answer.ends_with("line longer than the limit of 16384 bytes\n"), "{answer}");
    assert_eq!(server.answer(b"next\n"), "next\n");
}

#[test]
fn chargen_streams_as_long_as_one_reads() {
    for way in WAYS {
        let server = Server::start(CHARGEN, way);
        let mut stream = server.connect();
        let mut bytes = vec![0; 1_000_000];
        stream.read_exact(&mut bytes).unwrap();
        assert!(bytes.starts_with(b" !\"#$%&'()*+,-./0123456789"), "{way:?}");
        assert_eq!(bytes[7030..14_060], bytes[..7030]);
    }
}

#[test]
fn proxy_passes_on_what_it_gets_on_every_reactor() {
    for way in WAYS {
        let server = Server::start(PROXY, way);
        assert_eq!(server.answer(b"hello"), "hello", "{way:?}: to an echo of its own");
        let to = server.announced.trim_start_matches("listening on tcp:");
        let to = format!("tcp:127.0.0.1:{}", to.split(':').next().unwrap());
        let policies =
            ["--to", &to, "--rate", "1000000", "--total-rate", "2000000", "--log", "hex"];
        let second = Server::start(PROXY, &[way, &policies].concat());
        assert_eq!(second.answer(b"through two"), "through two", "{way:?}");
    }
}

#[test]
fn finger_tells_who_is_there_and_asks_on_every_reactor() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("carol"), "Carol\nNo plan.\n").unwrap();
    std::fs::write(folder.path().join(".secret"), "hidden\n").unwrap();
    for way in WAYS {
        let plans = ["--plans", folder.path().to_str().unwrap()];
        let server = Server::start(FINGER, &[way, &plans].concat());
        assert_eq!(server.answer(b"\r\n"), "carol\r\n", "{way:?}");
        assert_eq!(server.answer(b"carol\r\n"), "Carol\r\n");
        assert_eq!(server.answer(b".secret\r\n"), "No such user\r\n");
        assert_eq!(server.answer(b"../../etc/passwd\r\n"), "No such user\r\n");
        let port = server.announced.split(':').nth(1).unwrap();
        let endpoint = format!("tcp:127.0.0.1:{port}");
        let arguments = ["ask", "/W carol", "--server", &endpoint];
        let output = Command::new(FINGER).args(arguments).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "Carol\nNo plan.\n");
    }
}

#[test]
fn web_serves_a_folder_health_and_metrics_on_every_reactor() {
    let folder = tempfile::tempdir().unwrap();
    let big: Vec<u8> = (0..1_000_000_u32).map(|index| (index % 26) as u8 + b'a').collect();
    std::fs::write(folder.path().join("big.txt"), &big).unwrap();
    for way in WAYS {
        let own = Server::start(WEB, way);
        assert!(own.answer(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("<h1>It runs</h1>"));
        let folder = ["--folder", folder.path().to_str().unwrap()];
        let server = Server::start(WEB, &[way, &folder].concat());
        let ask =
            |path| server.answer(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert!(ask("/big.txt").as_bytes().ends_with(&big), "{way:?}");
        assert!(ask("/health").ends_with("\r\n\r\nok\n"), "{way:?}");
        let metrics = ask("/metrics");
        assert!(metrics.contains("web_requests_total{for=\"files\"} 1\n"), "{metrics}");
    }
}

#[test]
fn hyper_answers_on_every_reactor() {
    for way in WAYS {
        let server = Server::start(HYPER, way);
        let body = "x".repeat(500_000);
        let length = body.len();
        let request = format!(
            "GET /one HTTP/1.1\r\nHost: a\r\n\r\nPOST /two HTTP/1.1\r\nHost: a\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let answer = server.answer(request.as_bytes());
        assert!(answer.contains("GET /one\n"), "{way:?}");
        assert!(answer.ends_with(&format!("POST /two\n{body}")), "{way:?}: {}", answer.len());
    }
}

#[test]
fn proxy_tells_who_is_too_many() {
    let server = Server::start(PROXY, &["--limit", "1"]);
    let _first = server.connect();
    let mut farewell = String::new();
    server.connect().read_to_string(&mut farewell).unwrap();
    assert_eq!(farewell, "too many connections\n");
}

fn fails(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = Command::new(ECHO).args(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_wrong_command_line_is_told_and_ends_with_status_2() {
    let endpoint = "echo: unknown option \"prot\" in tcp:1:prot=1\n  tcp:1:prot=1\n        ^^^^\n";
    assert_eq!(fails(&["--listen", "tcp:1:prot=1"]), (2, endpoint.to_owned()));
    assert_eq!(fails(&["--what"]), (2, "echo: invalid option '--what'\n".to_owned()));
    for (arguments, part) in [
        (["--reactor", "steam"], "there are poll, async-io, tokio"),
        (["--threads", "0"], "it is a number from 1 to 1024"),
    ] {
        let (status, message) = fails(&arguments);
        assert_eq!((status, message.lines().count()), (2, 1), "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_taken_port_is_told_in_a_line_and_ends_with_status_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp:{}:interface=127.0.0.1", taken.local_addr().unwrap().port());
    let (status, message) = fails(&["--listen", &endpoint]);
    assert_eq!((status, message.lines().count()), (1, 1));
    assert!(
        message.starts_with(&format!("echo: server: cannot listen on {endpoint}: ")),
        "{message}"
    );
}

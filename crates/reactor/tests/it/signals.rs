//! SIGTERM and SIGINT, sent to a process of its own.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Command, Stdio},
};

use ropewalk_protocol::{Phase, Reactor};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings};
use rustix::process::{Pid, Signal, kill_process};

use crate::{assert_echoes, client, echo_on, localhost, tcp};

const REACTOR: &str = "ROPEWALK_TEST_SIGNALS";

#[test]
fn sigterm_stops_poll_cleanly() {
    stops("poll", Signal::TERM);
}

#[test]
fn sigint_stops_poll_cleanly() {
    stops("poll", Signal::INT);
}

#[test]
fn sigterm_stops_async_io_cleanly() {
    stops("async-io", Signal::TERM);
}

/// Not a test of its own: the server that the tests above start.
#[test]
fn server_with_signals() {
    match std::env::var(REACTOR).as_deref() {
        Ok("poll") => {
            serve(&PollReactor::new(Settings { threads: 2, ..Settings::default() }).unwrap());
        }
        Ok(_) => serve(&AsyncIoReactor::new(Settings::default())),
        Err(_) => {}
    }
}

fn serve(reactor: &impl Reactor) {
    let port = echo_on(reactor, localhost());
    reactor.add_trigger(Phase::AfterShutdown, async { eprintln!("stopped in good order") });
    // Said from inside: the signals are listened for by now.
    reactor.call_when_running(move || eprintln!("at {}", tcp(&port)));
    reactor.run();
}

fn stops(reactor: &str, signal: Signal) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "signals::server_with_signals", "--nocapture"])
        .env(REACTOR, reactor)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let address: SocketAddr = lines
        .find_map(|line| line.strip_prefix("at ").map(|address| address.parse().unwrap()))
        .unwrap();
    let mut client = client(address);
    assert_echoes(&mut client, b"before");
    kill_process(Pid::from_child(&server), signal).unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"", "closed in good order");
    drop(client);
    assert!(lines.any(|line| line == "stopped in good order"));
    assert!(server.wait().unwrap().success());
}

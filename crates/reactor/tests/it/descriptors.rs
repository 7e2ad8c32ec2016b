//! Running out of descriptors, in a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use ropewalk_protocol::Reactor;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::{assert_echoes, async_io, client, echo_on, localhost, poll, tcp};

/// Names the reactor in the child's environment.
const REACTOR: &str = "ROPEWALK_TEST_REACTOR";
/// Descriptors that the child may have.
const LIMIT: u64 = 40;

#[test]
fn a_poll_listener_outlives_a_lack_of_descriptors() {
    outlives("poll");
}

#[test]
fn an_async_io_listener_outlives_a_lack_of_descriptors() {
    outlives("async-io");
}

/// Not a test of its own: the server that the tests above start.
#[test]
fn server_with_few_descriptors() {
    match std::env::var(REACTOR).as_deref() {
        Ok("poll") => serve(&poll(1)),
        Ok(_) => serve(&async_io(1)),
        Err(_) => {}
    }
}

fn serve(reactor: &impl Reactor) {
    setrlimit(Resource::Nofile, Rlimit { current: Some(LIMIT), maximum: Some(LIMIT) }).unwrap();
    let port = echo_on(reactor, localhost());
    eprintln!("at {}", tcp(&port));
    reactor.run();
}

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(reactor: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "descriptors::server_with_few_descriptors", "--nocapture"])
            .env(REACTOR, reactor)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(address) = line.strip_prefix("at ") {
                break address.parse().unwrap();
            }
        };
        Self { process, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn outlives(reactor: &str) {
    let server = Server::start(reactor);
    let mut first = client(server.address);
    assert_echoes(&mut first, b"first");
    let many: Vec<TcpStream> = (0..2 * LIMIT).map(|_| client(server.address)).collect();
    let mut last = client(server.address);
    last.write_all(b"last").unwrap();
    // It is full now, and the last one cannot be served; the first one is all the same.
    last.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(last.read(&mut [0; 4]).is_err(), "there was a descriptor for it");
    assert_echoes(&mut first, b"still");
    drop(many);
    last.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut back = [0; 4];
    last.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"last");
    assert_echoes(&mut client(server.address), b"again");
}

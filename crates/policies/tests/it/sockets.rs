//! Limits where connections are real.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use ropewalk_policies::{ConnectionLimits, Forward, Limited, PrefixRule, Rules};
use ropewalk_protocol::{Address, Connect, Listen, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings};
use socket2::{Domain, Socket, Type};

use crate::Echo;

struct Running {
    reactor: PollReactor,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    fn new(reactor: PollReactor) -> Self {
        let runs = reactor.clone();
        Self { reactor, thread: Some(thread::spawn(move || runs.run())) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.reactor.stop();
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

fn reactor() -> PollReactor {
    PollReactor::new(Settings { signals: false, ..Settings::default() }).unwrap()
}

fn localhost() -> Listen {
    Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()))
}

/// A client from an address of its own.
fn connect(from: [u8; 4], to: &Address) -> TcpStream {
    let Address::Tcp(to) = to else { panic!("{to}") };
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&(*to).into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Whether it is served: what is sent comes back. A refused one ends, or is reset.
fn is_served(mut stream: &TcpStream) -> bool {
    let mut answer = [0; 4];
    let written = stream.write_all(b"ping");
    match written.and_then(|()| stream.read_exact(&mut answer)) {
        Ok(()) => answer == *b"ping",
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ) =>
        {
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn ten_of_a_flood_are_served_the_rest_is_closed_and_others_are_served_meanwhile() {
    let reactor = reactor();
    let rules = Rules { prefixes: vec![PrefixRule::new(10)], ..Rules::default() };
    let limits = ConnectionLimits::new(rules, std::time::Instant::now);
    let echoes = Limited::new(limits.clone(), factory(|_| Some(Echo)));
    let port = reactor.listen(localhost(), echoes).unwrap();
    let _running = Running::new(reactor);
    let other = connect([127, 0, 0, 1], port.address());
    let mut held = Vec::new();
    for number in 0..1_000 {
        let stream = connect([127, 0, 0, 2], port.address());
        if is_served(&stream) {
            held.push(stream);
        }
        if number % 100 == 0 {
            assert!(is_served(&other));
            assert!(is_served(&connect([127, 0, 0, 1], port.address())));
        }
    }
    assert_eq!(held.len(), 10);
    assert_eq!(limits.refused(), 990);
    assert_eq!(limits.open(), 11);
    assert!(held.iter().all(is_served), "those that were let in stay");
    drop(held.pop());
    // The place is free as soon as the server has seen that.
    let served = (0..1_000).any(|_| is_served(&connect([127, 0, 0, 2], port.address())));
    assert!(served);
}

#[test]
fn a_forwarded_connection_is_the_other_one() {
    let reactor = reactor();
    let echo = reactor.listen(localhost(), factory(|_| Some(Echo))).unwrap();
    let forward = Forward::to(&reactor, Connect::new(echo.address().clone()));
    let port = reactor.listen(localhost(), forward).unwrap();
    let _running = Running::new(reactor);
    let stream = connect([127, 0, 0, 1], port.address());
    assert!(is_served(&stream));
    let all: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 253) as u8).collect();
    let came = thread::scope(|scope| {
        let reads = scope.spawn(|| {
            let mut came = Vec::new();
            (&stream).read_to_end(&mut came).unwrap();
            came
        });
        (&stream).write_all(&all).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        reads.join().unwrap()
    });
    assert!(came == all, "{} of {} bytes", came.len(), all.len());
}

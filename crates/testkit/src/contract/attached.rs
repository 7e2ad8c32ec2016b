//! Descriptors that exist already, on reactors that have descriptors.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::net::{UnixListener, UnixStream},
    sync::Arc,
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_protocol::{Attach, Limits, Listen, Reactor, Reason, factory};

use super::{Board, Ground, Served, client, play, server::BIG};
use crate::Client;

/// The server on one end of a pair of sockets, and the client on the other.
fn pair<R: Reactor>(reactor: &R, board: &Board) -> Client {
    let (here, there) = UnixStream::pair().expect("there are sockets");
    let client = Client::new();
    let served = Served::new(board.clone());
    reactor.attach(Attach::one(there.into()), served).expect("sockets can be attached");
    attach_client(reactor, Attach::one(here.into()), &client);
    client
}

fn attach_client<R: Reactor>(reactor: &R, mut attach: Attach, client: &Client) {
    let (high_watermark, outbox) = (8 * 1024 * 1024, 16 * 1024 * 1024);
    attach.limits = Arc::new(Limits { high_watermark, outbox, ..Limits::default() });
    reactor.attach(attach, client.protocol()).expect("it can be attached");
}

/// A connected socket from elsewhere is served like one that was accepted.
pub fn a_socket_that_exists_is_served(ground: &impl Ground) {
    let (reactor, board) = (ground.reactor(), Board::default());
    let lost = board.clone();
    play(&reactor.clone(), async move {
        let client = pair(&reactor, &board);
        client.write(b"hello");
        assert_eq!(client.read(5).await, b"hello");
        client.write(b"D");
        assert_eq!(client.read(4).await, b"late");
        client.write_eof();
        assert_eq!(client.read_to_end().await, b"end");
        client.close();
        assert!(client.until_lost().await.is_clean());
    });
    assert!(matches!(lost.lost()[..], [Reason::Closed]), "{:?}", lost.lost());
}

/// Four megabytes each way, which fit into nobody's buffers; and messages, which cross.
pub fn an_attached_socket_has_backpressure(ground: &impl Ground) {
    let (reactor, board) = (ground.reactor(), Board::default());
    play(&reactor.clone(), async move {
        let client = pair(&reactor, &board);
        let sent: Vec<u8> = (0..BIG).map(|at| b'a' + (at % 26) as u8).collect();
        client.write(&sent);
        assert!(client.read(BIG).await == sent, "in order");
        client.write(b"W");
        assert_eq!(client.read(1).await, b"w");
        let other = pair(&reactor, &board);
        other.write(b"N");
        assert_eq!(client.read(4).await, b"news");
        client.write(b"B");
        client.read(1).await;
        client.write(b"C");
        assert_eq!(client.read_to_end().await.len(), BIG - 1 + 3);
    });
}

/// Two pipes make a connection; closing one end ends it at once.
pub fn two_pipes_are_a_connection(ground: &impl Ground) {
    let (reactor, board) = (ground.reactor(), Board::default());
    let lost = board.clone();
    play(&reactor.clone(), async move {
        let (one_in, one_out) = io::pipe().expect("there are pipes");
        let (two_in, two_out) = io::pipe().expect("there are pipes");
        let served = Served::new(board.clone());
        reactor.attach(Attach::two(one_in.into(), two_out.into()), served).expect("it attaches");
        let client = Client::new();
        attach_client(&reactor, Attach::two(two_in.into(), one_out.into()), &client);
        client.write(b"hello");
        assert_eq!(client.read(5).await, b"hello");
        let sent = vec![b'x'; BIG];
        client.write(&sent);
        assert!(client.read(BIG).await == sent);
        client.write(b"C");
        assert_eq!(client.read_to_end().await, b"bye");
        client.close();
        assert!(client.until_lost().await.is_clean());
    });
    assert!(matches!(lost.lost()[..], [Reason::Closed]), "{:?}", lost.lost());
}

/// A file, which the system does not watch, is read to its end; `/dev/null` takes the answer.
pub fn a_file_is_read_to_its_end(ground: &impl Ground) {
    let reactor = ground.reactor();
    play(&reactor.clone(), async move {
        let path = std::env::current_exe().expect("this is a program");
        let length = std::fs::metadata(&path).expect("and a file").len();
        let file = File::open(&path).expect("which can be read");
        let null = OpenOptions::new().write(true).open("/dev/null").expect("it is there");
        let client = Client::new();
        attach_client(&reactor, Attach::two(file.into(), null.into()), &client);
        client.write(b"to nobody");
        assert_eq!(client.read_to_end().await.len() as u64, length);
        client.close();
        assert!(client.until_lost().await.is_clean());
    });
}

/// A panic and an abort end it, and each is told once.
pub fn what_is_attached_ends_like_a_connection(ground: &impl Ground) {
    let (reactor, board) = (ground.reactor(), Board::default());
    let lost = board.clone();
    play(&reactor.clone(), async move {
        for command in [b"P", b"A"] {
            let client = pair(&reactor, &board);
            client.write(command);
            client.until_lost_or_ended().await;
        }
    });
    let lost = lost.lost();
    assert!(matches!(lost[..], [Reason::Panicked, Reason::Aborted]), "{lost:?}");
}

/// A stopping reactor tells what is attached, and sends what it says.
pub fn what_is_attached_says_goodbye(ground: &impl Ground) {
    let (reactor, board) = (ground.reactor(), Board::default());
    let (mut here, there) = UnixStream::pair().expect("there are sockets");
    let attach = Attach::one(there.into());
    reactor.attach(attach, Served::new(board.clone())).expect("it can be attached");
    let reading = std::thread::spawn(move || {
        let mut said = Vec::new();
        here.write_all(b"x").expect("it is open");
        io::Read::read_to_end(&mut here, &mut said).expect("it ends");
        said
    });
    let clock = reactor.clock();
    play(&reactor, async move {
        clock.sleep_until(clock.now() + Duration::from_millis(50)).await;
    });
    assert_eq!(reading.join().expect("it reads"), b"xgoodbye");
    assert_eq!(board.lost().len(), 1);
}

/// A listening socket that exists is accepted from, and given on.
pub fn a_listening_socket_is_adopted_and_handed_over(ground: &impl Ground) {
    let reactor = ground.reactor();
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("there is a port");
    let address = socket.local_addr().expect("it is bound");
    let mut listen = Listen::new(ground.nowhere());
    listen.socket = Some(Arc::new(socket.into()));
    let board = Board::default();
    let serves = factory(move |_| Some(Served::new(board.clone())));
    let port = reactor.listen(listen, serves.clone()).expect("it listens already");
    assert_eq!(port.address(), &address.into(), "where it really is");
    let given = port.hand_over().expect("it can be duplicated");
    let mut listen = Listen::new(ground.nowhere());
    listen.socket = Some(Arc::new(given));
    let successor = reactor.listen(listen, serves).expect("it listens still");
    play(&reactor.clone(), async move {
        let client_of_both = client(&reactor, &port).await;
        client_of_both.write(b"x");
        assert_eq!(client_of_both.read(1).await, b"x");
        port.stop_listening();
        let clock = reactor.clock();
        while port.hand_over().is_ok() {
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
        let client_of_one = client(&reactor, &successor).await;
        client_of_one.write(b"y");
        assert_eq!(client_of_one.read(1).await, b"y");
    });
}

/// What cannot be listened on is named.
pub fn a_socket_that_does_not_listen_is_refused(ground: &impl Ground) {
    let reactor = ground.reactor();
    let refusal = |fd: std::os::fd::OwnedFd| {
        let mut listen = Listen::new(ground.nowhere());
        listen.socket = Some(Arc::new(fd));
        let board = Board::default();
        let serves = factory(move |_| Some(Served::new(board.clone())));
        reactor.listen(listen, serves).expect_err("it does not listen").source.to_string()
    };
    let (connected, _other) = UnixStream::pair().expect("there are sockets");
    assert_eq!(refusal(connected.into()), "the socket passed in does not listen");
    let udp = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("there is a port");
    assert_eq!(refusal(udp.into()), "the socket passed in is not a stream socket");
    let (pipe, _other) = io::pipe().expect("there are pipes");
    assert_eq!(refusal(pipe.into()), "the descriptor passed in is not a socket");
}

/// The permissions are there before anybody can connect; a lock names who holds it.
pub fn a_unix_socket_has_its_mode_and_its_lock(ground: &impl Ground) {
    use std::os::unix::fs::PermissionsExt;
    let path =
        std::env::temp_dir().join(format!("ropewalk-{:?}.sock", std::thread::current().id()));
    let path = path.with_extension(format!("{}.sock", std::process::id()));
    let lock = format!("{}.lock", path.display());
    let reactor = ground.reactor();
    let mut listen = Listen::new(ropewalk_protocol::Address::unix(&path));
    (listen.mode, listen.lock) = (Some(0o620), true);
    let board = Board::default();
    let serves = factory(move |_| Some(Served::new(board.clone())));
    drop(UnixListener::bind(&path).expect("the place is free")); // as a crash leaves it
    let port = reactor.listen(listen.clone(), serves.clone()).expect("a stale file is no matter");
    let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o620);
    let error = reactor.listen(listen.clone(), serves.clone()).expect_err("it is locked");
    let holder = format!("{lock} is held by process {}", std::process::id());
    assert_eq!(error.source.to_string(), holder);
    let (again, locked) = (reactor.clone(), path.clone());
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        client.write(b"x");
        assert_eq!(client.read(1).await, b"x");
        port.stop_listening();
        let clock = reactor.clock();
        // The lock is given back with the port.
        let next = loop {
            match again.listen(listen.clone(), serves.clone()) {
                Ok(port) => break port,
                Err(_) => clock.sleep_until(clock.now() + Duration::from_millis(1)).await,
            }
        };
        assert!(locked.exists());
        drop(next);
    });
    assert!(!path.exists(), "the file goes with the reactor");
    std::fs::remove_file(lock).expect("the lock file stays");
}

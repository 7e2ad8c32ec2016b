//! Listening, connecting, and what goes wrong with them.

use std::{io::Read, os::unix::net::UnixStream, sync::mpsc, time::Duration};

use ropewalk_protocol::{Address, Connect, ConnectError, Listen, Peer, Reactor, factory};
use socket2::{Domain, Socket, Type};

use crate::{Echo, Running, assert_echoes, client, echo_on, localhost, on_each_reactor, tcp};

fn port_zero_lets_the_system_pick(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    assert_ne!(tcp(&port).port(), 0);
    let _running = Running::new(reactor);
    assert_echoes(&mut client(tcp(&port)), b"one");
    assert_echoes(&mut client(tcp(&port)), b"two");
}

fn ipv6_is_served(reactor: impl Reactor) {
    let port = echo_on(&reactor, Listen::new(Address::Tcp("[::1]:0".parse().unwrap())));
    let _running = Running::new(reactor);
    assert_echoes(&mut client(tcp(&port)), b"six");
}

fn a_port_that_is_taken_is_an_error_that_names_it(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    let again = Listen::new(port.address().clone());
    let error = reactor.listen(again, factory(|_| Some(Echo))).unwrap_err().to_string();
    let number = tcp(&port).port();
    assert!(
        error.starts_with(&format!("cannot listen on tcp:{number}:interface=127.0.0.1: ")),
        "{error}"
    );
}

fn two_listeners_share_a_port_where_asked(reactor: impl Reactor) {
    let mut listen = localhost();
    listen.reuse_port = true;
    let port = echo_on(&reactor, listen.clone());
    listen.address = port.address().clone();
    let second = echo_on(&reactor, listen);
    assert_eq!(port.address(), second.address());
    let _running = Running::new(reactor);
    for _ in 0..8 {
        assert_echoes(&mut client(tcp(&port)), b"either");
    }
}

fn unix_sockets_are_served_and_their_files_removed(reactor: impl Reactor) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let stale = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    stale.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    drop(stale); // as a crash leaves it
    let listen = Listen::new(Address::unix(&path));
    let port = echo_on(&reactor, listen.clone());
    assert_eq!(port.address(), &Address::unix(&path));
    let in_use = reactor.listen(listen, factory(|_| Some(Echo)));
    assert!(in_use.is_err(), "a socket that is listened on is not taken away");
    let running = Running::new(reactor);
    let mut client = UnixStream::connect(&path).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_echoes(&mut client, b"local");
    drop(client);
    drop(running);
    assert!(!path.exists());
}

fn a_stopped_port_refuses_and_its_connections_go_on(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    let _running = Running::new(reactor);
    let mut before = client(tcp(&port));
    assert_echoes(&mut before, b"before");
    port.stop_listening();
    // The listener is closed some time soon; connections that slip in until then are served.
    while std::net::TcpStream::connect(tcp(&port)).is_ok() {
        std::thread::yield_now();
    }
    assert_echoes(&mut before, b"after");
}

fn a_factory_that_refuses_closes_the_connection(reactor: impl Reactor) {
    let none = factory(|_: &Peer| None::<Echo>);
    let port = reactor.listen(localhost(), none).unwrap();
    let _running = Running::new(reactor);
    assert_eq!(client(tcp(&port)).read(&mut [0; 8]).unwrap(), 0);
}

fn connecting_says_how_it_went(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    let closed = echo_on(&reactor, localhost());
    closed.stop_listening();
    let to = Connect::new(port.address().clone());
    let mut bound = to.clone();
    bound.bind = Some(([127, 0, 0, 7], 0).into());
    let (good, from_seven) = (reactor.connect(to, Echo), reactor.connect(bound, Echo));
    let (tell, hear) = mpsc::channel();
    let _running = Running::new(reactor.clone());
    let clock = reactor.clone();
    reactor.spawn(async move {
        tell.send(good.await).unwrap();
        tell.send(from_seven.await).unwrap();
        // The port has certainly been closed when a refusal comes.
        loop {
            let late = clock.connect(Connect::new(closed.address().clone()), Echo).await;
            if late.is_err() {
                tell.send(late).unwrap();
                return;
            }
        }
    });
    let mut answers = hear.iter();
    assert_eq!(&answers.next().unwrap().unwrap().address, port.address());
    let peer = answers.next().unwrap().unwrap();
    assert_eq!(peer.local.ip(), Some([127, 0, 0, 7].into()));
    match answers.next().unwrap() {
        Err(ConnectError::Failed { source, .. }) => {
            assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);
        }
        other => panic!("{other:?}"),
    }
}

fn connecting_gives_up_in_time(reactor: impl Reactor) {
    // A listener whose queue is full: the system leaves further attempts without an answer.
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    full.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let fill: Vec<_> = (0..4)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address); // in progress
            socket
        })
        .collect();
    let mut connect = Connect::new(Address::Tcp(address.as_socket().unwrap()));
    connect.timeout = Duration::from_millis(50);
    let attempt = reactor.connect(connect, Echo);
    let (tell, hear) = mpsc::channel();
    let _running = Running::new(reactor.clone());
    reactor.spawn(async move { tell.send(attempt.await).unwrap() });
    let answer = hear.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(matches!(answer, Err(ConnectError::TimedOut { .. })), "{answer:?}");
    drop(fill);
}

on_each_reactor!(
    port_zero_lets_the_system_pick,
    ipv6_is_served,
    a_port_that_is_taken_is_an_error_that_names_it,
    two_listeners_share_a_port_where_asked,
    unix_sockets_are_served_and_their_files_removed,
    a_stopped_port_refuses_and_its_connections_go_on,
    a_factory_that_refuses_closes_the_connection,
    connecting_says_how_it_went,
    connecting_gives_up_in_time,
);

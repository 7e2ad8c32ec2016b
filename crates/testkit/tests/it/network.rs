//! The network in memory: latency, slow readers, breaks, and silence.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ropewalk_protocol::{Address, Connect, ConnectError, Limits, Listen, Peer, Reactor, factory};
use ropewalk_testkit::{Client, ClientProtocol, MemoryReactor, Pace};

/// A listener whose end is a client too, and a client that is connected to it.
fn connected(reactor: &MemoryReactor) -> (Client, Client, Peer) {
    let server = Client::new();
    let serves = server.clone();
    let build = factory(move |_: &Peer| -> Option<ClientProtocol> { Some(serves.protocol()) });
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let port = reactor.listen(Listen::new(address), build).unwrap();
    let client = Client::new();
    let result: Arc<Mutex<Option<Peer>>> = Arc::default();
    let connecting = reactor.connect(Connect::new(port.address().clone()), client.protocol());
    let inside = Arc::clone(&result);
    reactor.spawn(async move { *inside.lock().unwrap() = connecting.await.ok() });
    reactor.run_until_idle();
    let peer = result.lock().unwrap().take().expect("it connects at once");
    (client, server, peer)
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn a_latency_delays_bytes_and_nothing_else() {
    let reactor = MemoryReactor::new();
    let (client, server, _) = connected(&reactor);
    reactor.set_latency(millis(20));
    client.write(b"hello");
    reactor.advance(millis(19));
    assert_eq!(server.waiting(), 0);
    reactor.advance(millis(1));
    assert_eq!(server.received(), b"hello");
}

#[test]
fn a_slow_reader_gets_so_many_bytes_a_millisecond() {
    let reactor = MemoryReactor::new();
    let (client, server, peer) = connected(&reactor);
    reactor.set_pace(&peer.local, Pace::Bytes(10));
    server.write(&[b'x'; 100]);
    reactor.run_until_idle();
    assert_eq!(client.waiting(), 10);
    reactor.advance(millis(3));
    assert_eq!(client.waiting(), 40);
    reactor.advance(millis(100));
    assert_eq!(client.waiting(), 100);
}

#[test]
fn a_reader_that_stopped_fills_its_writer_up() {
    let reactor = MemoryReactor::new();
    let (client, server, peer) = connected(&reactor);
    reactor.set_pace(&peer.local, Pace::Stopped);
    server.write(&vec![b'x'; 1024 * 1024]);
    reactor.advance(millis(1000));
    assert_eq!(client.waiting(), 0);
    reactor.set_pace(&peer.local, Pace::Full);
    assert_eq!(client.waiting(), 1024 * 1024);
    reactor.set_pace(&peer.local, Pace::Stopped);
    server.write(&vec![b'x'; Limits::default().outbox + 1024 * 1024]);
    reactor.run_until_idle();
    assert!(server.lost()[0].to_string().contains("does not read"), "{:?}", server.lost());
}

#[test]
fn a_cut_connection_is_lost_at_both_ends_once() {
    let reactor = MemoryReactor::new();
    let (client, server, peer) = connected(&reactor);
    reactor.cut(&peer.local);
    for end in [client, server] {
        assert_eq!(end.lost().len(), 1);
        assert!(end.lost()[0].to_string().contains("reset"), "{:?}", end.lost());
    }
    assert_eq!(reactor.open_ends(), 0);
}

#[test]
fn an_attempt_that_nobody_answers_times_out() {
    let reactor = MemoryReactor::new();
    let address = Address::Tcp(([192, 0, 2, 1], 80).into());
    reactor.swallow(&address);
    let mut connect = Connect::new(address);
    connect.timeout = millis(500);
    let result: Arc<Mutex<Option<ConnectError>>> = Arc::default();
    let connecting = reactor.connect(connect, Client::new().protocol());
    let inside = Arc::clone(&result);
    reactor.spawn(async move { *inside.lock().unwrap() = connecting.await.err() });
    reactor.advance(millis(499));
    assert!(result.lock().unwrap().is_none());
    reactor.advance(millis(1));
    let error = result.lock().unwrap().take();
    assert!(matches!(error, Some(ConnectError::TimedOut { .. })), "{error:?}");
}

#[test]
fn a_dropped_attempt_connects_nobody() {
    let reactor = MemoryReactor::new();
    reactor.set_latency(millis(10));
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let serves = factory(|_: &Peer| Some(Client::new().protocol()));
    let port = reactor.listen(Listen::new(address), serves).unwrap();
    let connect = Connect::new(port.address().clone());
    drop(reactor.connect(connect, Client::new().protocol()));
    reactor.advance(millis(100));
    assert_eq!(reactor.open_ends(), 0);
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let reactor = MemoryReactor::new();
    let address = Address::Tcp(([127, 0, 0, 1], 6667).into());
    let serves = factory(|_: &Peer| Some(Client::new().protocol()));
    let port = reactor.listen(Listen::new(address.clone()), serves.clone()).unwrap();
    let error = reactor.listen(Listen::new(address.clone()), serves.clone()).unwrap_err();
    assert!(error.to_string().starts_with("cannot listen on tcp:6667:interface=127.0.0.1"));
    port.stop_listening();
    assert!(reactor.listen(Listen::new(address), serves).is_ok());
}

#[test]
fn calls_in_threads_can_be_held() {
    let reactor = MemoryReactor::new();
    reactor.hold_threads();
    let result: Arc<Mutex<Option<u8>>> = Arc::default();
    let (inside, call) = (Arc::clone(&result), reactor.call_in_thread(|| 7));
    reactor.spawn(async move { *inside.lock().unwrap() = call.await });
    reactor.advance(millis(100));
    assert_eq!(*result.lock().unwrap(), None);
    reactor.release_threads();
    assert_eq!(*result.lock().unwrap(), Some(7));
}

#[test]
fn a_reactor_in_memory_has_no_descriptors_and_says_so() {
    let reactor = MemoryReactor::new();
    let (pipe, _other) = std::io::pipe().unwrap();
    let attach = ropewalk_protocol::Attach::one(pipe.into());
    let error = reactor.attach(attach, Client::new().protocol()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    assert_eq!(error.to_string(), "a reactor in memory has no descriptors");
}

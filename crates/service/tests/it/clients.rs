//! Clients that connect again, in memory and on the manual clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{Address, Context, Listen, Peer, Port, Protocol, Reactor, factory};
use ropewalk_service::{NotConnected, ReconnectingClient, Service};
use ropewalk_task::Backoff;
use ropewalk_testkit::{Client, MemoryReactor};

use crate::outcome;

const SECOND: Duration = Duration::from_secs(1);
const HERE: &str = "tcp:127.0.0.1:6667";

/// Writes what it is told, and a word when it is to go.
struct Uplink;

impl Protocol for Uplink {
    type Message = &'static str;

    fn data_received(&mut self, _: &mut Context<'_, &'static str>, input: &mut BytesMut) {
        input.clear();
    }

    fn message_received(&mut self, cx: &mut Context<'_, &'static str>, message: &'static str) {
        cx.write(message.as_bytes());
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, &'static str>) {
        cx.write(b"goodbye");
        cx.close();
    }
}

type Making = Box<dyn FnMut() -> Uplink + Send>;

/// A client that counts the protocols it made, and waits 1, 2, 4, 8 seconds.
fn client(
    reactor: &MemoryReactor,
) -> (Arc<AtomicUsize>, ReconnectingClient<MemoryReactor, Uplink, Making>) {
    let made = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&made);
    let making: Making = Box::new(move || {
        counts.fetch_add(1, Ordering::Relaxed);
        Uplink
    });
    let client = ReconnectingClient::new(reactor, HERE.parse().unwrap(), making);
    let longest = SECOND * 8;
    (made, client.backing_off(Backoff { jitter: 0.0, longest, ..Backoff::default() }))
}

fn listen(reactor: &MemoryReactor, peer: &Client) -> Port {
    let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 6667).into()));
    let peer = peer.clone();
    reactor.listen(listen, factory(move |_: &Peer| Some(peer.protocol()))).unwrap()
}

#[test]
fn attempts_that_fail_are_made_again_later_and_later() {
    let reactor = MemoryReactor::new();
    let (made, mut client) = client(&reactor);
    client.start().unwrap();
    reactor.run_until_idle();
    let mut counts = Vec::new();
    for _ in 0..16 {
        counts.push(made.load(Ordering::Relaxed));
        reactor.advance(SECOND);
    }
    assert_eq!(counts, [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5]);
    assert_eq!(client.status(), ["connecting to tcp:127.0.0.1:6667"]);
}

#[test]
fn whoever_waits_is_told_of_the_connection_and_can_use_it() {
    let reactor = MemoryReactor::new();
    let (_, mut client) = client(&reactor);
    client.start().unwrap();
    let waiting = outcome(&reactor, client.handle().when_connected());
    reactor.advance(SECOND * 2);
    assert!(waiting.lock().unwrap().is_none());
    let peer = Client::new();
    let _port = listen(&reactor, &peer);
    reactor.advance(SECOND * 2);
    let mailbox = waiting.lock().unwrap().take().unwrap().unwrap();
    mailbox.post("hello").unwrap();
    reactor.run_until_idle();
    assert_eq!(peer.received(), b"hello");
    assert_eq!(client.status(), ["connected to tcp:127.0.0.1:6667"]);
    let again = outcome(&reactor, client.handle().when_connected());
    assert!(again.lock().unwrap().take().unwrap().unwrap() == mailbox);
}

#[test]
fn whoever_bears_two_failures_is_told_of_the_second() {
    let reactor = MemoryReactor::new();
    let (_, mut client) = client(&reactor);
    client.start().unwrap();
    reactor.run_until_idle();
    let waiting = outcome(&reactor, client.handle().connected_within(2));
    reactor.advance(SECOND);
    assert!(waiting.lock().unwrap().is_none());
    reactor.advance(SECOND * 2);
    let error = waiting.lock().unwrap().take().unwrap().unwrap_err();
    assert!(matches!(error, NotConnected::Failed { .. }));
    let text = error.to_string();
    assert!(text.starts_with("cannot connect to tcp:127.0.0.1:6667: "), "{text}");
}

#[test]
fn a_lost_connection_is_made_again_and_the_back_off_begins_anew() {
    let reactor = MemoryReactor::new();
    let (made, mut client) = client(&reactor);
    client.start().unwrap();
    reactor.advance(SECOND * 8); // attempts at 0, 1, 3, 7
    let peer = Client::new();
    let _port = listen(&reactor, &peer);
    reactor.advance(SECOND * 7);
    assert_eq!(made.load(Ordering::Relaxed), 5);
    peer.abort();
    reactor.run_until_idle();
    assert_eq!(client.status(), ["connecting to tcp:127.0.0.1:6667"]);
    reactor.advance(SECOND);
    assert_eq!(made.load(Ordering::Relaxed), 6);
    assert_eq!(client.status(), ["connected to tcp:127.0.0.1:6667"]);
}

#[test]
fn stopping_ends_the_connection_in_good_order_and_waits_for_that() {
    let reactor = MemoryReactor::new();
    let peer = Client::new();
    let _port = listen(&reactor, &peer);
    let (_, mut client) = client(&reactor);
    client.start().unwrap();
    reactor.run_until_idle();
    let handle = client.handle();
    let stopped = outcome(&reactor, async move { client.stop().await });
    assert_eq!(peer.received(), b"goodbye");
    peer.close();
    reactor.run_until_idle();
    assert!(stopped.lock().unwrap().is_some());
    let late = outcome(&reactor, handle.when_connected());
    assert!(matches!(*late.lock().unwrap(), Some(Err(NotConnected::Stopped))));
    assert_eq!(reactor.open_ends(), 0);
}

#[test]
fn stopping_gives_up_an_attempt_and_a_wait() {
    let reactor = MemoryReactor::new();
    for advance in [Duration::ZERO, SECOND * 2] {
        reactor.swallow(&Address::Tcp(([127, 0, 0, 1], 6667).into()));
        let (made, mut client) = client(&reactor);
        client.start().unwrap();
        reactor.run_until_idle();
        reactor.advance(advance);
        let waiting = outcome(&reactor, client.handle().when_connected());
        let stopped = outcome(&reactor, async move { client.stop().await });
        assert!(stopped.lock().unwrap().is_some());
        assert!(matches!(*waiting.lock().unwrap(), Some(Err(NotConnected::Stopped))));
        let before = made.load(Ordering::Relaxed);
        reactor.advance(SECOND * 60);
        assert_eq!(made.load(Ordering::Relaxed), before);
    }
}

#[test]
fn a_client_that_stopped_starts_again() {
    let reactor = MemoryReactor::new();
    let (made, mut client) = client(&reactor);
    client.start().unwrap();
    reactor.run_until_idle();
    let client = outcome(&reactor, async move {
        client.stop().await;
        client
    });
    let mut client = client.lock().unwrap().take().unwrap();
    let _port = listen(&reactor, &Client::new());
    client.start().unwrap();
    reactor.run_until_idle();
    assert_eq!(made.load(Ordering::Relaxed), 2);
    assert_eq!(client.status(), ["connected to tcp:127.0.0.1:6667"]);
}

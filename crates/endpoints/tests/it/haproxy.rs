//! Listening behind a proxy that says who the peer is.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_endpoints::{ProxyFilter, ProxyHeader, ServerEndpoint};
use ropewalk_protocol::{Address, Connect, Context, Filtered, Peer, Protocol, Reactor, factory};
use ropewalk_testkit::{Client, Harness, MemoryReactor, every_cut};

/// Says who its peer is, then echoes.
struct WhoAmI;

impl Protocol for WhoAmI {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        let Peer { address, local, proxy, .. } = cx.peer().clone();
        let through = proxy.map_or_else(|| "nobody".to_owned(), |proxy| proxy.to_string());
        cx.write(format!("{address} to {local} through {through}\n").as_bytes());
    }

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.send(input.split().freeze());
    }
}

fn filtered() -> impl Protocol<Message = ()> {
    Filtered::new(ProxyFilter::new(Duration::from_secs(5)), factory(|_: &Peer| Some(WhoAmI)))
}

#[test]
fn the_protocol_sees_the_true_address_however_the_header_is_cut() {
    let header = ProxyHeader::new(
        Address::Tcp(([192, 0, 2, 7], 40_000).into()),
        Address::Tcp(([198, 51, 100, 1], 6667).into()),
    );
    for header in [header.to_v1(), header.to_v2()] {
        let outcome = every_cut(&[&header, &b"hello"[..]].concat(), filtered);
        let said = "tcp:40000:interface=192.0.2.7 to tcp:6667:interface=198.51.100.1 \
                    through unnamed\nhello";
        assert_eq!(String::from_utf8(outcome.written).unwrap(), said);
    }
}

#[test]
fn a_connection_without_a_header_ends_and_the_reason_says_so() {
    let outcome = every_cut(b"NICK alice\r\n", filtered);
    assert!(outcome.written.is_empty());
    let lost = outcome.lost.unwrap();
    assert_eq!(lost, "malformed input: it does not begin with a PROXY header");
}

#[test]
fn a_header_that_does_not_come_is_waited_for_five_seconds() {
    let mut harness = Harness::new(filtered());
    harness.feed(b"PROXY TCP4 ");
    harness.advance(Duration::from_secs(4));
    assert!(!harness.has_ended());
    harness.advance(Duration::from_secs(1));
    harness.end();
    let lost = harness.lost().unwrap().to_string();
    assert_eq!(lost, "haproxy: no PROXY header came within 5s");
}

#[test]
fn nothing_is_waited_for_once_the_header_is_there() {
    let mut harness = Harness::new(filtered());
    harness.feed(b"PROXY UNKNOWN\r\n");
    harness.advance(Duration::from_secs(60));
    harness.feed(b"still here");
    assert!(harness.text().ends_with("still here"));
}

/// Listens at `text` in memory and gives what a client that sends `input` hears.
fn heard(text: &str, input: &[u8]) -> String {
    let reactor = MemoryReactor::new();
    let endpoint: ServerEndpoint = text.parse().unwrap();
    let listening = endpoint.listen(&reactor, factory(|_: &Peer| Some(WhoAmI))).unwrap();
    let client = Client::new();
    let mut connect = Connect::new(listening.address().clone());
    connect.bind = Some(([10, 1, 2, 3], 4).into());
    let connecting = reactor.connect(connect, client.protocol());
    reactor.run_until_idle();
    client.write(input);
    reactor.run_until_idle();
    drop(connecting);
    String::from_utf8(client.received()).unwrap()
}

#[test]
fn only_the_proxies_that_are_named_may_say_who_the_peer_is() {
    let header = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 6667\r\n";
    let told = heard("haproxy:from=192.0.2.0/24,10.0.0.0/8:tcp:1", header);
    assert!(told.starts_with("tcp:40000:interface=192.0.2.7 to "), "{told}");
    assert_eq!(heard("haproxy:from=10.1.2.4,10.2.0.0/16:tcp:1", header), "");
}

#[test]
fn a_header_may_stand_inside_another_layer() {
    let first = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 6667\r\n";
    let second = b"PROXY UNKNOWN\r\nhello";
    let told = heard("haproxy:haproxy:tcp:1", &[&first[..], second].concat());
    assert!(told.starts_with("tcp:40000:interface=192.0.2.7 to ") && told.ends_with("hello"));
}

#[test]
fn a_factory_behind_a_layer_keeps_what_it_counts() {
    let reactor = MemoryReactor::new();
    let counted = Arc::new(Mutex::new(Vec::new()));
    let (counts, mut count) = (Arc::clone(&counted), 0);
    let counting = factory(move |_: &Peer| {
        count += 1;
        counts.lock().unwrap().push(count);
        Some(WhoAmI)
    });
    let endpoint: ServerEndpoint = "haproxy:tcp:1".parse().unwrap();
    let listening = endpoint.listen(&reactor, counting).unwrap();
    for _ in 0..3 {
        let client = Client::new();
        let connect = Connect::new(listening.address().clone());
        let connecting = reactor.connect(connect, client.protocol());
        reactor.run_until_idle();
        client.write(b"PROXY UNKNOWN\r\n");
        reactor.run_until_idle();
        drop(connecting);
    }
    assert_eq!(*counted.lock().unwrap(), [1, 2, 3]);
}

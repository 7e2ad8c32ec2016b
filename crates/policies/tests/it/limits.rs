//! Limits of connections: in all, by prefix, by rate; who is exempt; what is remembered.

use std::{net::IpAddr, time::Duration};

use bytes::BytesMut;
use proptest::prelude::*;
use ropewalk_clock::Clock;
use ropewalk_policies::{Admission, ConnectionLimits, Limited, PrefixRule, Rate, Refusal, Rules};
use ropewalk_protocol::{
    Address, Context, Factory, Filter, Filtered, Malformed, Outbox, Peer, Protocol, Reactor, Wire,
    factory,
};
use ropewalk_testkit::{Harness, MemoryReactor};

use crate::Echo;

fn peer(ip: &str) -> Peer {
    Peer::new(Address::Tcp((ip.parse::<IpAddr>().unwrap(), 4000).into()), Address::Unnamed)
}

/// Limits on a clock that the reactor moves.
fn limits(rules: Rules) -> (ConnectionLimits, MemoryReactor) {
    let reactor = MemoryReactor::new();
    let clock = reactor.clock();
    (ConnectionLimits::new(rules, move || clock.now()), reactor)
}

fn prefixes(prefixes: Vec<PrefixRule>) -> Rules {
    Rules { prefixes, ..Rules::default() }
}

#[test]
fn every_rule_holds_and_is_named() {
    let rules = Rules {
        total: 4,
        prefixes: vec![PrefixRule::new(2), PrefixRule { v4: 24, v6: 48, ..PrefixRule::new(3) }],
        ..Rules::default()
    };
    let (limits, _) = limits(rules);
    let mut held = Vec::new();
    let mut admit = |ip: &str| limits.admit(&peer(ip)).map(|it| held.push(it));
    assert_eq!(admit("192.0.2.1"), Ok(()));
    assert_eq!(admit("192.0.2.1"), Ok(()));
    let refusal = admit("192.0.2.1").unwrap_err().to_string();
    assert_eq!(refusal, "2 connections from 192.0.2.1/32 are the limit");
    assert_eq!(admit("192.0.2.2"), Ok(()));
    let refusal = admit("192.0.2.3").unwrap_err().to_string();
    assert_eq!(refusal, "3 connections from 192.0.2.0/24 are the limit");
    assert_eq!(admit("198.51.100.1"), Ok(()));
    let refusal = admit("198.51.100.1").unwrap_err();
    assert_eq!(refusal, Refusal::Total { limit: 4 });
    assert_eq!(limits.open(), 4);
    assert_eq!(limits.refused(), 3);
    drop(held);
    assert_eq!((limits.open(), limits.prefixes()), (0, 0), "empty entries go at once");
}

#[test]
fn an_ipv6_user_is_a_network_of_64_bits_and_an_ipv4_address_in_ipv6_is_that_address() {
    let (limits, _) = limits(prefixes(vec![PrefixRule::new(1)]));
    let _one = limits.admit(&peer("2001:db8::1")).unwrap();
    assert!(limits.admit(&peer("2001:db8::ffff:1")).is_err());
    assert!(limits.admit(&peer("2001:db8:0:1::1")).is_ok());
    let _two = limits.admit(&peer("192.0.2.1")).unwrap();
    assert!(limits.admit(&peer("::ffff:192.0.2.1")).is_err());
}

#[test]
fn who_is_exempt_is_neither_limited_nor_counted() {
    let exempt = vec!["192.0.2.0/24".parse().unwrap()];
    let (limits, _) = limits(Rules { total: 1, exempt, ..prefixes(vec![PrefixRule::new(1)]) });
    let _held: Vec<_> = (0..5).map(|_| limits.admit(&peer("192.0.2.9")).unwrap()).collect();
    assert_eq!(limits.open(), 0);
    assert!(limits.admit(&peer("198.51.100.1")).is_ok());
}

#[test]
fn peers_without_an_address_count_in_all_only() {
    let (limits, _) = limits(Rules { total: 2, ..prefixes(vec![PrefixRule::new(1)]) });
    let _held: Vec<_> = (0..2).map(|_| limits.admit(&Peer::unnamed()).unwrap()).collect();
    assert_eq!(limits.admit(&Peer::unnamed()).unwrap_err(), Refusal::Total { limit: 2 });
}

#[test]
fn new_connections_have_a_rate() {
    let rate = Some(Rate::new(3, Duration::from_secs(60)));
    let (limits, reactor) = limits(prefixes(vec![PrefixRule { rate, ..PrefixRule::new(10) }]));
    for _ in 0..3 {
        drop(limits.admit(&peer("192.0.2.1")).unwrap());
    }
    let refusal = limits.admit(&peer("192.0.2.1")).unwrap_err().to_string();
    assert_eq!(refusal, "connections from 192.0.2.1/32 come too fast");
    assert!(limits.admit(&peer("192.0.2.2")).is_ok(), "others do not wait");
    reactor.advance(Duration::from_secs(20));
    assert!(limits.admit(&peer("192.0.2.1")).is_ok());
    assert!(limits.admit(&peer("192.0.2.1")).is_err());
}

#[test]
fn a_refused_connection_does_not_use_up_another_rule() {
    let rate = Some(Rate::new(2, Duration::from_secs(60)));
    let wide = PrefixRule { v4: 24, rate, ..PrefixRule::new(10) };
    let (limits, _) = limits(prefixes(vec![wide, PrefixRule::new(1)]));
    let _one = limits.admit(&peer("192.0.2.1")).unwrap();
    for _ in 0..10 {
        assert!(matches!(limits.admit(&peer("192.0.2.1")), Err(Refusal::Prefix { .. })));
    }
    assert!(limits.admit(&peer("192.0.2.2")).is_ok());
}

#[test]
fn what_is_remembered_for_a_rate_is_bounded() {
    let rate = Some(Rate::new(5, Duration::from_secs(3600)));
    let rules = prefixes(vec![PrefixRule { rate, ..PrefixRule::new(10) }]);
    let (limits, _) = limits(Rules { remembered: 160, ..rules });
    for number in 0..10_000_u32 {
        let ip = std::net::Ipv4Addr::from(0x0a00_0000 + number).to_string();
        drop(limits.admit(&peer(&ip)).unwrap());
        assert!(limits.prefixes() <= 160 + 16, "{}", limits.prefixes());
    }
    assert!(limits.prefixes() > 0);
}

/// A header that names the true peer, as a proxy's does.
struct Named(&'static str);

impl Filter for Named {
    fn connection_made(&mut self, wire: &mut Wire<'_>) {
        wire.amend().address = peer(self.0).address;
        wire.open();
    }

    fn decode(
        &mut self,
        _: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        plain.unsplit(input.split());
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        wire.pass(plain);
    }
}

#[test]
fn the_address_that_counts_is_the_one_that_a_proxy_names() {
    let (limits, _) = limits(prefixes(vec![PrefixRule::new(1)]));
    let echoes = Limited::new(limits, factory(|_| Some(Echo)));
    let connect = |ip| Harness::new(Filtered::new(Named(ip), echoes.clone()));
    let mut first = connect("192.0.2.1");
    first.feed(b"hello");
    assert_eq!(first.written(), b"hello");
    assert!(connect("192.0.2.1").has_ended());
    assert!(!connect("192.0.2.2").has_ended());
}

#[test]
fn it_counts_until_the_protocol_is_dropped() {
    let (limits, _) = limits(prefixes(vec![PrefixRule::new(1)]));
    let mut echoes = Limited::new(limits.clone(), factory(|_| Some(Echo)));
    let first = echoes.build(&peer("192.0.2.1"));
    assert!(first.is_some());
    assert!(echoes.build(&peer("192.0.2.1")).is_none());
    drop(first);
    assert!(echoes.build(&peer("192.0.2.1")).is_some());
    let mut refuses = Limited::new(limits.clone(), factory(|_| None::<Echo>));
    assert!(refuses.build(&peer("192.0.2.1")).is_none());
    assert_eq!(limits.open(), 0, "what the factory refused does not count");
}

#[test]
fn farewells_are_said_as_far_as_their_number_goes() {
    let (limits, _) = limits(Rules { farewells: 2, ..prefixes(vec![PrefixRule::new(0)]) });
    let mut echoes =
        Limited::new(limits, factory(|_| Some(Echo))).farewell("ERROR :Too many connections\r\n");
    let mut first = Harness::new(echoes.build(&peer("192.0.2.1")).unwrap());
    let _second = echoes.build(&peer("192.0.2.1")).unwrap();
    assert!(echoes.build(&peer("192.0.2.1")).is_none());
    first.feed(b"NICK a\r\n");
    assert_eq!(first.text(), "ERROR :Too many connections\r\n");
    assert!(first.has_ended());
    drop(first);
    assert!(echoes.build(&peer("192.0.2.1")).is_some());
}

#[test]
fn an_admitted_protocol_is_called_for_everything() {
    struct Answers;
    impl Protocol for Answers {
        type Message = u8;
        fn connection_made(&mut self, cx: &mut Context<'_, u8>) {
            cx.write(b"made ");
        }
        fn data_received(&mut self, cx: &mut Context<'_, u8>, input: &mut BytesMut) {
            cx.send(input.split().freeze());
        }
        fn message_received(&mut self, cx: &mut Context<'_, u8>, _: u8) {
            cx.write(b" message");
        }
        fn turn_ended(&mut self, cx: &mut Context<'_, u8>) {
            cx.write(b" turn");
        }
        fn eof_received(&mut self, cx: &mut Context<'_, u8>) {
            cx.write(b" eof");
        }
        fn shutting_down(&mut self, cx: &mut Context<'_, u8>) {
            cx.write(b" shutdown");
        }
    }
    let (limits, _) = limits(Rules::default());
    let mut answers = Limited::new(limits, factory(|_| Some(Answers)));
    let mut harness = Harness::new(answers.build(&Peer::unnamed()).unwrap());
    harness.feed(b"data");
    harness.mailbox().post(1).unwrap();
    harness.end();
    harness.shut_down();
    assert_eq!(harness.text(), "made data eof message turn shutdown");
}

proptest! {
    /// Against a plain list of who is in.
    #[test]
    fn counts_agree_with_a_list(steps in proptest::collection::vec((0u8..8, any::<bool>()), 1..200)) {
        let rules = Rules {
            total: 9,
            prefixes: vec![PrefixRule::new(2), PrefixRule { v4: 30, ..PrefixRule::new(3) }],
            ..Rules::default()
        };
        let (limits, _) = limits(rules);
        let mut inside: Vec<(u8, Admission)> = Vec::new();
        for (number, enters) in steps {
            if enters {
                let same = inside.iter().filter(|(other, _)| *other == number).count();
                let near = inside.iter().filter(|(other, _)| other / 4 == number / 4).count();
                let admitted = limits.admit(&peer(&format!("10.0.0.{number}")));
                prop_assert_eq!(admitted.is_ok(), same < 2 && near < 3 && inside.len() < 9);
                inside.extend(admitted.ok().map(|admission| (number, admission)));
            } else if let Some(at) = inside.iter().position(|(other, _)| *other == number) {
                inside.remove(at);
            }
            prop_assert_eq!(limits.open(), inside.len());
        }
        drop(inside);
        prop_assert_eq!(limits.prefixes(), 0);
    }
}

//! Connecting to a host with several addresses (RFC 8305), in memory and on the manual clock.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, stream};
use ropewalk_clock::Clock;
use ropewalk_endpoints::{Answers, ClientEndpoint, DialError, Resolver};
use ropewalk_protocol::{Address, Listen, Peer, Reactor, factory};
use ropewalk_testkit::{Client, MemoryReactor};

const PORT: u16 = 6667;

/// Gives these answers, each after its delay.
struct Scripted<'a>(&'a MemoryReactor, &'a [(u64, Result<&'a [&'a str], &'a str>)]);

impl Resolver for Scripted<'_> {
    fn resolve(&self, _: &str) -> Answers {
        let clock = self.0.clock();
        let begun = clock.now();
        let answers: Vec<_> = self
            .1
            .iter()
            .map(|(delay, answer)| {
                let ips =
                    answer.map(|ips| ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap()).collect());
                (begun + Duration::from_millis(*delay), ips.map_err(io::Error::other))
            })
            .collect();
        let told = stream::iter(answers).then(move |(at, answer)| {
            let clock = clock.clone();
            async move {
                clock.sleep_until(at).await;
                answer
            }
        });
        Box::pin(told)
    }
}

/// A network in which each address is reached, refused, or swallows what is sent there.
struct World {
    reactor: MemoryReactor,
    /// Who was connected to, in this order.
    reached: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new(listening: &[&str], swallowing: &[&str]) -> Self {
        let reactor = MemoryReactor::new();
        let reached: Arc<Mutex<Vec<String>>> = Arc::default();
        for ip in listening {
            let (note, name) = (Arc::clone(&reached), (*ip).to_owned());
            let listen = Listen::new(address(ip));
            let server = factory(move |_: &Peer| {
                note.lock().unwrap().push(name.clone());
                Some(Client::new().protocol())
            });
            reactor.listen(listen, server).unwrap();
        }
        for ip in swallowing {
            reactor.swallow(&address(ip));
        }
        Self { reactor, reached }
    }

    /// Dials, moves the clock by so many milliseconds, and gives the outcome, if there is one, and
    /// who was reached.
    fn dial(
        &self,
        text: &str,
        answers: &[(u64, Result<&[&str], &str>)],
        milliseconds: u64,
    ) -> (Option<Result<Address, DialError>>, Vec<String>) {
        let endpoint: ClientEndpoint = text.parse().unwrap();
        let resolver = Scripted(&self.reactor, answers);
        let protocol = Client::new().protocol();
        let dialing = endpoint.connect_with(&self.reactor, &resolver, Arc::default(), protocol);
        let outcome = Arc::new(Mutex::new(None));
        let tells = Arc::clone(&outcome);
        self.reactor.spawn(async move {
            let ended = dialing.await.map(|peer| peer.address);
            *tells.lock().unwrap() = Some(ended);
        });
        self.reactor.advance(Duration::from_millis(milliseconds));
        let outcome = outcome.lock().unwrap().take();
        (outcome, self.reached.lock().unwrap().clone())
    }
}

fn address(ip: &str) -> Address {
    SocketAddr::new(ip.parse().unwrap(), PORT).into()
}

const HOST: &str = "tcp:chat.example:6667";

#[test]
fn the_first_address_is_taken_where_it_answers() {
    let world = World::new(&["2001:db8::1", "192.0.2.1"], &[]);
    let (outcome, reached) = world.dial(HOST, &[(0, Ok(&["2001:db8::1", "192.0.2.1"]))], 0);
    assert_eq!(outcome.unwrap().unwrap(), address("2001:db8::1"));
    assert_eq!(reached, ["2001:db8::1"]);
}

#[test]
fn an_address_that_does_not_answer_costs_a_quarter_of_a_second() {
    let world = World::new(&["192.0.2.1"], &["2001:db8::1"]);
    let answers: &[(u64, Result<&[&str], &str>)] = &[(0, Ok(&["2001:db8::1", "192.0.2.1"]))];
    assert!(world.dial(HOST, answers, 249).0.is_none());
    let world = World::new(&["192.0.2.1"], &["2001:db8::1"]);
    let (outcome, _) = world.dial(HOST, answers, 250);
    assert_eq!(outcome.unwrap().unwrap(), address("192.0.2.1"));
}

#[test]
fn an_address_that_refuses_costs_nothing() {
    let world = World::new(&["192.0.2.1"], &[]);
    let (outcome, _) = world.dial(HOST, &[(0, Ok(&["2001:db8::1", "192.0.2.1"]))], 0);
    assert_eq!(outcome.unwrap().unwrap(), address("192.0.2.1"));
}

#[test]
fn families_are_tried_by_turns() {
    let silent = ["2001:db8::1", "2001:db8::2", "192.0.2.1"];
    let world = World::new(&["2001:db8::3"], &silent);
    let answer: &[&str] = &["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"];
    // By turns: 1, 192.0.2.1, 2, 3: a quarter of a second for each that is silent.
    assert!(world.dial(HOST, &[(0, Ok(answer))], 749).0.is_none());
    let world = World::new(&["2001:db8::3"], &silent);
    assert!(world.dial(HOST, &[(0, Ok(answer))], 750).0.unwrap().is_ok());
}

#[test]
fn ipv4_alone_waits_fifty_milliseconds_for_ipv6() {
    let both: &[(u64, Result<&[&str], &str>)] =
        &[(0, Ok(&["192.0.2.1"])), (40, Ok(&["2001:db8::1"]))];
    let world = World::new(&["2001:db8::1", "192.0.2.1"], &[]);
    let (outcome, reached) = world.dial(HOST, both, 40);
    assert_eq!(outcome.unwrap().unwrap(), address("2001:db8::1"));
    assert_eq!(reached, ["2001:db8::1"]);

    let late: &[(u64, Result<&[&str], &str>)] =
        &[(0, Ok(&["192.0.2.1"])), (400, Ok(&["2001:db8::1"]))];
    let world = World::new(&["2001:db8::1", "192.0.2.1"], &[]);
    let (outcome, _) = world.dial(HOST, late, 50);
    assert_eq!(outcome.unwrap().unwrap(), address("192.0.2.1"));
}

#[test]
fn ipv6_does_not_wait_for_ipv4() {
    let world = World::new(&["2001:db8::1"], &[]);
    let (outcome, _) = world.dial(HOST, &[(0, Ok(&["2001:db8::1"])), (900, Err("no answer"))], 0);
    assert!(outcome.unwrap().is_ok());
}

#[test]
fn an_answer_that_comes_late_joins_the_race() {
    let world = World::new(&["192.0.2.1"], &["2001:db8::1"]);
    let answers: &[(u64, Result<&[&str], &str>)] =
        &[(0, Ok(&["2001:db8::1"])), (2000, Ok(&["192.0.2.1"]))];
    assert!(world.dial(HOST, answers, 2000).0.unwrap().is_ok());
}

#[test]
fn when_nobody_answers_each_address_is_named_with_its_reason() {
    let world = World::new(&[], &[]);
    let (outcome, _) = world.dial(HOST, &[(0, Ok(&["2001:db8::1", "192.0.2.1"]))], 0);
    let error = outcome.unwrap().unwrap_err();
    assert!(matches!(&error, DialError::All { failures, .. } if failures.len() == 2));
    let text = error.to_string();
    assert!(
        text.starts_with("cannot connect to chat.example: cannot connect to tcp:2001"),
        "{text}"
    );
    assert!(text.contains("; cannot connect to tcp:192.0.2.1:6667: "), "{text}");
}

#[test]
fn an_ipv6_endpoint_leaves_ipv4_alone() {
    let world = World::new(&["192.0.2.1"], &[]);
    let (outcome, _) = world.dial("tcp6:chat.example:6667", &[(0, Ok(&["192.0.2.1"]))], 0);
    assert_eq!(
        outcome.unwrap().unwrap_err().to_string(),
        "chat.example has no address that will do"
    );
}

#[test]
fn everything_together_has_one_limit() {
    let world = World::new(&[], &["2001:db8::1", "192.0.2.1"]);
    let text = "tcp:chat.example:6667:timeout=5";
    let answers: &[(u64, Result<&[&str], &str>)] = &[(3000, Ok(&["2001:db8::1", "192.0.2.1"]))];
    let (outcome, _) = world.dial(text, answers, 5000);
    let message = "cannot connect to tcp:chat.example:6667:timeout=5: no connection within 5s";
    assert_eq!(outcome.unwrap().unwrap_err().to_string(), message);
}

#[test]
fn two_that_connect_at_once_share_no_protocol() {
    let world = World::new(&["2001:db8::1", "192.0.2.1"], &[]);
    world.reactor.set_latency(Duration::from_millis(300));
    let (outcome, _) = world.dial(HOST, &[(0, Ok(&["2001:db8::1", "192.0.2.1"]))], 5000);
    assert_eq!(outcome.unwrap().unwrap(), address("2001:db8::1"));
    // The other attempt was given up: one connection is left, with its two ends.
    assert_eq!(world.reactor.open_ends(), 2);
}

#[test]
fn dropping_the_future_gives_it_up() {
    let world = World::new(&["192.0.2.1"], &[]);
    world.reactor.set_latency(Duration::from_millis(10));
    let endpoint: ClientEndpoint = "tcp:192.0.2.1:6667".parse().unwrap();
    let mut dialing = Box::pin(endpoint.connect(&world.reactor, Client::new().protocol()));
    assert!((&mut dialing).now_or_never().is_none());
    drop(dialing);
    world.reactor.advance(Duration::from_secs(1));
    assert_eq!(world.reactor.open_ends(), 0);
}

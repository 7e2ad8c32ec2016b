//! Servers on endpoints.

use futures_util::FutureExt;
use ropewalk_protocol::{Connect, Peer, Reactor, factory};
use ropewalk_service::{Server, Service, Services};
use ropewalk_testkit::{Client, MemoryReactor};

use crate::outcome;

#[test]
fn a_server_listens_from_its_privileged_start_until_it_stops_and_connections_go_on() {
    let reactor = MemoryReactor::new();
    let serves = factory(|_: &Peer| Some(Client::new().protocol()));
    let mut server = Server::new(&reactor, "tcp:7:interface=127.0.0.1".parse().unwrap(), serves);
    assert!(server.status().is_empty());
    server.privileged_start().unwrap();
    let address = server.listening().unwrap().address().clone();
    server.start().unwrap();
    assert_eq!(server.status(), ["listening on tcp:7:interface=127.0.0.1"]);

    let first = Client::new();
    let connecting = reactor.connect(Connect::new(address.clone()), first.protocol());
    assert!(outcome(&reactor, connecting).lock().unwrap().as_ref().unwrap().is_ok());
    server.stop().now_or_never().unwrap();
    reactor.run_until_idle();
    let connecting = reactor.connect(Connect::new(address), Client::new().protocol());
    assert!(outcome(&reactor, connecting).lock().unwrap().as_ref().unwrap().is_err());
    assert!(first.lost().is_empty());
}

#[test]
fn a_server_that_cannot_listen_says_which_and_why() {
    let reactor = MemoryReactor::new();
    let serves = || factory(|_: &Peer| Some(Client::new().protocol()));
    let mut all = Services::default();
    for name in ["first", "second"] {
        let endpoint = "tcp:7:interface=127.0.0.1".parse().unwrap();
        all.add(name, Server::new(&reactor, endpoint, serves())).unwrap();
    }
    let error = all.privileged_start().unwrap_err().to_string();
    assert!(error.starts_with("second: cannot listen on tcp:7:interface=127.0.0.1: "), "{error}");
}

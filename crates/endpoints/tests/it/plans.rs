use std::{net::SocketAddr, time::Duration};

use ropewalk_endpoints::{ClientEndpoint, ServerEndpoint};
use ropewalk_protocol::Address;

#[test]
fn a_servers_options_come_to_the_reactor() {
    let to = Address::Tcp(([127, 0, 0, 1], 1).into());
    let text = "tcp:1:interface=127.0.0.1:backlog=7:reuse_port=yes:nodelay=no:keepalive=60";
    let listen = text.parse::<ServerEndpoint>().unwrap().plan().listen(to.clone());
    assert_eq!(listen.address, Address::Tcp(([127, 0, 0, 1], 1).into()));
    assert_eq!((listen.backlog, listen.reuse_port, listen.nodelay), (7, true, false));
    assert_eq!(listen.keepalive, Some(Duration::from_secs(60)));
}

#[test]
fn what_is_not_said_is_the_reactors_default() {
    let listen = "unix:/run/x".parse::<ServerEndpoint>().unwrap();
    let listen = listen.plan().listen(Address::unix("/run/x"));
    let default = ropewalk_protocol::Listen::new(Address::unix("/run/x"));
    assert_eq!(listen.address, default.address);
    assert_eq!((listen.backlog, listen.reuse_port), (default.backlog, default.reuse_port));
    assert_eq!((listen.nodelay, listen.keepalive), (default.nodelay, default.keepalive));
}

#[test]
fn a_clients_options_come_to_the_reactor() {
    let text = "tcp:127.0.0.1:1:timeout=5:bindAddress=127.0.0.2:nodelay=no:keepalive=60";
    let to = Address::Tcp(([127, 0, 0, 1], 1).into());
    let connect = text.parse::<ClientEndpoint>().unwrap().plan().connect(to.clone());
    assert_eq!((connect.address, connect.nodelay), (to, false));
    assert_eq!(connect.bind, Some(SocketAddr::from(([127, 0, 0, 2], 0))));
    assert_eq!(connect.timeout, Duration::from_secs(5));
    assert_eq!(connect.keepalive, Some(Duration::from_secs(60)));
}

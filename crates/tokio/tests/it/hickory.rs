//! Names looked up by hickory, for a client on another reactor.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::mpsc,
    thread,
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
};
use ropewalk_endpoints::{ClientEndpoint, DialError};
use ropewalk_protocol::{Address, Listen, Peer, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings};
use ropewalk_testkit::Client;
use ropewalk_tokio::HickoryResolver;

/// A name server that knows `here.example` at 127.0.0.1, and answers everything else with "no such
/// name". It ends with the process.
fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let _ = socket.send_to(&answer(&query[..length]), from);
        }
    });
    address
}

/// RFC 1035 section 4.
fn answer(query: &[u8]) -> Vec<u8> {
    let end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let question = &query[12..end];
    let known = question.starts_with(b"\x04here\x07example\0");
    let is_a = question[question.len() - 4..question.len() - 2] == [0, 1];
    let (code, count) = if known { (0x80, u8::from(is_a)) } else { (0x83, 0) };
    let mut answer = [&query[..2], &[0x85, code, 0, 1, 0, count, 0, 1 - count, 0, 0]].concat();
    answer.extend(question);
    if count == 1 {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(Ipv4Addr::LOCALHOST.octets());
    } else {
        // The zone `example`, which is why it can say so (RFC 2308 section 3).
        answer.extend(b"\x07example\0\0\x06\0\x01\0\0\0\x3c\0\x16\0\0");
        answer.extend([0; 20]);
    }
    answer
}

fn resolver(runtime: &tokio::runtime::Runtime) -> HickoryResolver {
    let server = name_server();
    let mut connection = ConnectionConfig::udp();
    connection.port = server.port();
    let server = NameServerConfig::new(server.ip(), true, vec![connection]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let provider = TokioRuntimeProvider::default();
    let resolver = TokioResolver::builder_with_config(config, provider).build().unwrap();
    HickoryResolver::new(runtime.handle(), resolver)
}

#[test]
fn a_client_on_another_reactor_finds_its_server_by_name() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let resolver = resolver(&runtime);
    let settings = Settings { signals: false, shutdown: Duration::ZERO, ..Settings::default() };
    let reactor = PollReactor::new(settings).unwrap();
    let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    let port = reactor.listen(listen, factory(|_: &Peer| Some(Client::new().protocol()))).unwrap();
    let dial = |host: &str| {
        let text = format!("tcp:{host}:{}", port.address().port().unwrap());
        let endpoint: ClientEndpoint = text.parse().unwrap();
        let protocol = Client::new().protocol();
        endpoint.connect_with(&reactor, &resolver, Default::default(), protocol)
    };
    let (here, nowhere) = (dial("here.example."), dial("nowhere.example."));
    let (tell, told) = mpsc::channel();
    let stops = reactor.clone();
    reactor.spawn(async move {
        tell.send((here.await, nowhere.await)).unwrap();
        stops.stop();
    });
    reactor.run();
    let (here, nowhere) = told.recv().unwrap();
    assert_eq!(here.unwrap().address, *port.address());
    let error = nowhere.unwrap_err();
    assert!(matches!(error, DialError::LookUp { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot look up nowhere.example.: "), "{error}");
}

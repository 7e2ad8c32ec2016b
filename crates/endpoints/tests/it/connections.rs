use std::sync::mpsc;

use bytes::BytesMut;
use ropewalk_endpoints::{ClientEndpoint, DialError, ServerEndpoint};
use ropewalk_protocol::{ConnectError, Context, Peer, Protocol, Reactor, Reason, factory};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings};

struct Greeter;

impl Protocol for Greeter {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        cx.write(b"hello");
        cx.close();
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
    }
}

/// Sends what it hears, and stops its reactor at the end.
struct Listener<R>(mpsc::Sender<Vec<u8>>, R);

impl<R: Reactor> Protocol for Listener<R> {
    type Message = ();

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        self.0.send(input.split().to_vec()).unwrap();
    }

    fn connection_lost(&mut self, _: &Reason) {
        self.1.stop();
    }
}

/// Listens at `server`, and connects with the string that `client` makes of its address.
fn greet(reactor: &impl Reactor, server: &str, client: impl Fn(&str) -> String) {
    let server: ServerEndpoint = server.parse().unwrap();
    let port = server.listen(reactor, factory(|_: &Peer| Some(Greeter))).unwrap();
    let client: ClientEndpoint = client(&port.address().to_string()).parse().unwrap();
    let (heard, words) = mpsc::channel();
    let connecting = client.connect(reactor, Listener(heard, reactor.clone()));
    reactor.spawn(async move {
        connecting.await.unwrap();
    });
    reactor.run();
    assert_eq!(words.iter().collect::<Vec<_>>().concat(), b"hello");
}

fn reactors() -> (PollReactor, AsyncIoReactor) {
    let settings = Settings { signals: false, ..Settings::default() };
    (PollReactor::new(settings.clone()).unwrap(), AsyncIoReactor::new(settings))
}

fn port(server: &str) -> &str {
    server.split(':').nth(1).unwrap()
}

#[test]
fn a_client_finds_a_server_by_its_address() {
    let client = |server: &str| format!("tcp:127.0.0.1:{}:timeout=60", port(server));
    greet(&reactors().0, "tcp:0:interface=127.0.0.1", client);
    greet(&reactors().1, "tcp:0:interface=127.0.0.1", client);
}

#[test]
fn a_client_finds_a_server_by_a_name() {
    let client = |server: &str| format!("tcp:localhost:{}", port(server));
    greet(&reactors().0, "tcp:0:interface=127.0.0.1", client);
    greet(&reactors().1, "tcp:0:interface=127.0.0.1", client);
}

#[test]
fn a_client_finds_a_server_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("unix:{}/greet\\=a\\:b", folder.path().display());
    greet(&reactors().0, &text, str::to_owned);
}

#[test]
fn a_name_that_does_not_exist_and_a_port_that_nobody_has_are_told_apart() {
    let (reactor, _) = reactors();
    let dial = |text: &str| {
        let client: ClientEndpoint = text.parse().unwrap();
        client.connect(&reactor, Greeter)
    };
    let unknown = dial("tcp:nobody.invalid:1");
    let refused = dial("tcp:127.0.0.1:1");
    let (tell, told) = mpsc::channel();
    let stopping = reactor.clone();
    reactor.spawn(async move {
        tell.send((unknown.await.unwrap_err(), refused.await.unwrap_err())).unwrap();
        stopping.stop();
    });
    reactor.run();
    let (unknown, refused) = told.recv().unwrap();
    assert!(matches!(unknown, DialError::LookUp { .. }), "{unknown}");
    assert!(unknown.to_string().starts_with("cannot look up nobody.invalid: "), "{unknown}");
    assert!(matches!(refused, DialError::Connect(ConnectError::Failed { .. })), "{refused}");
}

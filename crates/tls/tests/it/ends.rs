//! Two ends of a connection that do as they are told, and remember what they heard.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use ropewalk_protocol::{Context, Filtered, Given, Limits, Peer, Protocol, Reason, TlsFacts};
use ropewalk_testkit::{Harness, Pair};
use ropewalk_tls::{ClientTls, ServerTls, Tls};

pub(crate) type Stack = Filtered<Tls, Given<Speaker>>;

/// What an end is told to do.
pub(crate) enum Order {
    Write(Vec<u8>),
    Send(Bytes),
    Eof,
    Close,
    Pause,
    Resume,
    StartTls,
}

/// Does it.
pub(crate) struct Speaker(Log);

/// What an end heard; shared with the test.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    data: Vec<u8>,
    events: Vec<&'static str>,
    peer: Option<Peer>,
    lost: Option<Reason>,
}

impl Log {
    pub(crate) fn data(&self) -> Vec<u8> {
        self.0.lock().unwrap().data.clone()
    }

    pub(crate) fn events(&self) -> String {
        self.0.lock().unwrap().events.join(" ")
    }

    pub(crate) fn facts(&self) -> Arc<TlsFacts> {
        let heard = self.0.lock().unwrap();
        heard.peer.as_ref().expect("it was made").tls.clone().expect("it is secured")
    }

    /// The peer's own certificate.
    pub(crate) fn shown(&self) -> Vec<u8> {
        self.facts().certificates.first().expect("it showed one").to_vec()
    }

    pub(crate) fn lost(&self) -> String {
        self.0.lock().unwrap().lost.as_ref().expect("it is lost").to_string()
    }
}

impl Speaker {
    pub(crate) fn new() -> (Self, Log) {
        let log = Log::default();
        (Self(log.clone()), log)
    }

    fn heard(&self, event: &'static str, peer: Option<&Peer>) {
        let mut heard = self.0.0.lock().unwrap();
        heard.events.push(event);
        if let Some(peer) = peer {
            heard.peer = Some(peer.clone());
        }
    }
}

impl Protocol for Speaker {
    type Message = Order;

    fn connection_made(&mut self, cx: &mut Context<'_, Order>) {
        self.heard("made", Some(cx.peer()));
    }

    fn data_received(&mut self, _: &mut Context<'_, Order>, input: &mut BytesMut) {
        self.0.0.lock().unwrap().data.extend(input.split());
    }

    fn message_received(&mut self, cx: &mut Context<'_, Order>, order: Order) {
        match order {
            Order::Write(bytes) => cx.write(&bytes),
            Order::Send(bytes) => cx.send(bytes),
            Order::Eof => cx.write_eof(),
            Order::Close => cx.close(),
            Order::Pause => cx.pause_reading(),
            Order::Resume => cx.resume_reading(),
            Order::StartTls => cx.start_tls(),
        }
    }

    fn secured(&mut self, cx: &mut Context<'_, Order>) {
        self.heard("secured", Some(cx.peer()));
    }

    fn eof_received(&mut self, _: &mut Context<'_, Order>) {
        self.heard("eof", None);
    }

    fn drained(&mut self, _: &mut Context<'_, Order>) {
        self.heard("drained", None);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.0.0.lock().unwrap().lost = Some(reason.clone());
    }
}

/// A client and a server, connected.
pub(crate) struct Ends {
    pub(crate) pair: Pair<Stack, Stack>,
    pub(crate) client: Log,
    pub(crate) server: Log,
}

impl Ends {
    pub(crate) fn new(client: Tls, server: Tls) -> Self {
        let ((a, client_log), (b, server_log)) = (Speaker::new(), Speaker::new());
        let (a, b) = (Filtered::around(client, a), Filtered::around(server, b));
        let limits = || Limits { outbox: 64 << 20, ..Limits::default() };
        let (a, b) = (Harness::limited(a, limits()), Harness::limited(b, limits()));
        let pair = Pair::of(a, b, Duration::ZERO);
        Self { pair, client: client_log, server: server_log }
    }

    /// After the handshake, and whatever it came to.
    pub(crate) fn shaken(client: &ClientTls, name: &str, server: &ServerTls) -> Self {
        let mut ends = Self::new(client.filter(name).unwrap(), server.filter());
        ends.pair.run();
        ends
    }

    pub(crate) fn tell_client(&mut self, orders: impl IntoIterator<Item = Order>) {
        tell(&mut self.pair.a, orders);
        self.pair.run();
    }

    pub(crate) fn tell_server(&mut self, orders: impl IntoIterator<Item = Order>) {
        tell(&mut self.pair.b, orders);
        self.pair.run();
    }

    pub(crate) fn client_lost(&self) -> String {
        self.pair.a.lost().expect("the client is lost").to_string()
    }

    pub(crate) fn server_lost(&self) -> String {
        self.pair.b.lost().expect("the server is lost").to_string()
    }
}

/// Tells one end, in one turn.
pub(crate) fn tell(end: &mut Harness<Stack>, orders: impl IntoIterator<Item = Order>) {
    let mailbox = end.mailbox();
    orders.into_iter().for_each(|order| mailbox.post(order).expect("there is room"));
    end.poll();
}

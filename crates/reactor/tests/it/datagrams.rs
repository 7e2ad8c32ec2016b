//! Datagrams: UDP and UNIX sockets.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::unix::{fs::PermissionsExt, net::UnixDatagram},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    time::{Duration, Instant},
};

use ropewalk_protocol::{
    DatagramAddress, DatagramContext, DatagramError, DatagramLimits, DatagramProtocol, Interface,
    Mailbox, Reason,
};
use ropewalk_reactor::{Bind, BindDatagrams};

use crate::{Running, on_each_reactor};

/// Answers, and tells the test what happened.
pub(crate) struct Told {
    tell: Sender<String>,
    deadline: Option<Instant>,
    mailbox: Option<Sender<Mailbox<String>>>,
}

impl Told {
    pub(crate) fn new() -> (Self, Receiver<String>) {
        let (tell, hear) = mpsc::channel();
        (Self { tell, deadline: None, mailbox: None }, hear)
    }

    fn say(&self, what: impl Into<String>) {
        let _ = self.tell.send(what.into()); // the test may be over
    }
}

impl DatagramProtocol for Told {
    type Message = String;

    fn started(&mut self, cx: &mut DatagramContext<'_, String>) {
        if let Some(give) = &self.mailbox {
            give.send(cx.mailbox()).unwrap();
        }
    }

    fn datagram_received(
        &mut self,
        cx: &mut DatagramContext<'_, String>,
        datagram: &[u8],
        from: &DatagramAddress,
    ) {
        let text = String::from_utf8_lossy(datagram).into_owned();
        self.say(&text);
        match &*text {
            "later" => self.deadline = Some(cx.now() + Duration::from_millis(20)),
            "future" => cx.spawn(async { "from a future".to_owned() }),
            "flood" => (0..2000_u32).for_each(|count| cx.send_to(&count.to_be_bytes(), from)),
            "long" => cx.send_to(&[b'x'; 2000], from),
            "join" => cx.join_group([192, 0, 2, 1].into(), Interface::Any),
            "nowhere" => {
                cx.send_to(b"x", &DatagramAddress::from(([127, 0, 0, 1], 0)));
            }
            "panic" => panic!("asked to"),
            "close" => {
                cx.send_to(b"closing", from);
                cx.close();
            }
            _ => cx.send_to(datagram, from),
        }
    }

    fn datagram_truncated(
        &mut self,
        _: &mut DatagramContext<'_, String>,
        beginning: &[u8],
        length: usize,
        _: &DatagramAddress,
    ) {
        self.say(format!("{} of {length}", beginning.len()));
    }

    fn message_received(&mut self, cx: &mut DatagramContext<'_, String>, message: String) {
        self.say(message.clone());
        cx.send(message.as_bytes()); // where it is connected
    }

    fn connection_refused(&mut self, _: &mut DatagramContext<'_, String>) {
        self.say("refused");
    }

    fn failed(&mut self, _: &mut DatagramContext<'_, String>, why: &DatagramError) {
        self.say(why.to_string());
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn timed_out(&mut self, _: &mut DatagramContext<'_, String>) {
        self.say("timed out");
    }

    fn stopped(&mut self, reason: &Reason) {
        self.say(format!("stopped: {reason}"));
    }
}

pub(crate) fn next(hear: &Receiver<String>) -> String {
    hear.recv_timeout(Duration::from_secs(20)).unwrap()
}

pub(crate) fn localhost() -> Bind {
    Bind::new((Ipv4Addr::LOCALHOST, 0))
}

fn client(to: &DatagramAddress) -> UdpSocket {
    let to = to.udp().unwrap();
    let any: SocketAddr = if to.is_ipv4() {
        (Ipv4Addr::LOCALHOST, 0).into()
    } else {
        (Ipv6Addr::LOCALHOST, 0).into()
    };
    let client = UdpSocket::bind(any).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.connect(to).unwrap();
    client
}

fn asked(client: &UdpSocket, text: &[u8]) -> Vec<u8> {
    client.send(text).unwrap();
    let mut buffer = [0; 2048];
    let count = client.recv(&mut buffer).unwrap();
    buffer[..count].to_vec()
}

fn udp_is_answered_on_both_families(reactor: impl BindDatagrams) {
    let (told, hear) = Told::new();
    let four = reactor.bind(localhost(), told).unwrap();
    let (told, _hear) = Told::new();
    let six = reactor.bind(Bind::new((Ipv6Addr::LOCALHOST, 0)), told).unwrap();
    let _running = Running::new(reactor);
    assert_ne!(four.address().udp().unwrap().port(), 0);
    let clients = [client(four.address()), client(six.address())];
    for client in &clients {
        for length in [0, 1, 500, 1400] {
            assert_eq!(asked(client, &vec![b'a'; length]), vec![b'a'; length]);
        }
    }
    for length in [0, 1, 500, 1400] {
        assert_eq!(next(&hear).len(), length, "one datagram at a time");
    }
}

fn time_futures_and_messages_reach_the_protocol(reactor: impl BindDatagrams) {
    let (mut told, hear) = Told::new();
    let (give, mailboxes) = mpsc::channel();
    told.mailbox = Some(give);
    let port = reactor.bind(localhost(), told).unwrap();
    let _running = Running::new(reactor);
    let client = client(port.address());
    client.send(b"later").unwrap();
    assert_eq!((next(&hear), next(&hear)), ("later".into(), "timed out".into()));
    client.send(b"future").unwrap();
    assert_eq!((next(&hear), next(&hear)), ("future".into(), "from a future".into()));
    assert!(next(&hear).starts_with("cannot send to unnamed: "), "it is not connected");
    mailboxes.recv().unwrap().post("posted".into()).unwrap();
    assert_eq!(next(&hear), "posted");
}

fn what_is_too_much_is_dropped_and_told(reactor: impl BindDatagrams) {
    let (told, hear) = Told::new();
    let mut bind = localhost();
    let limits = DatagramLimits { datagram: 1000, queue: 100, ..DatagramLimits::default() };
    bind.limits = Arc::new(limits);
    let port = reactor.bind(bind, told).unwrap();
    let _running = Running::new(reactor);
    let client = client(port.address());
    assert_eq!(asked(&client, b"flood"), 0_u32.to_be_bytes());
    let dropped = "1900 datagrams dropped: the queue holds 100";
    assert_eq!((next(&hear), next(&hear)), ("flood".into(), dropped.into()));
    client.send(b"long").unwrap();
    let long = "datagram of 2000 bytes is longer than the limit of 1000";
    assert_eq!((next(&hear), next(&hear)), ("long".into(), long.into()));
    client.send(&[b'y'; 1001]).unwrap();
    assert_eq!(next(&hear), "1000 of 1001");
    client.send(b"join").unwrap();
    assert_eq!(next(&hear), "join");
    assert!(next(&hear).starts_with("multicast group 192.0.2.1: "));
    client.send(b"nowhere").unwrap();
    assert_eq!(next(&hear), "nowhere");
    assert!(next(&hear).starts_with("cannot send to udp 127.0.0.1:0: "));
    client.send(b"still there").unwrap();
    assert_eq!(next(&hear), "still there");
}

fn a_connected_socket_hears_that_nobody_is_there(reactor: impl BindDatagrams) {
    let gone = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let nobody = gone.local_addr().unwrap();
    drop(gone);
    let somebody = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    somebody.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (give, mailboxes) = mpsc::channel();
    let connected = |to| {
        let (mut told, hear) = Told::new();
        told.mailbox = Some(give.clone());
        reactor.bind(Bind::connected(to), told).unwrap();
        hear
    };
    let hear = connected(nobody);
    let _heard = connected(somebody.local_addr().unwrap());
    let _running = Running::new(reactor.clone());
    let one = mailboxes.recv_timeout(Duration::from_secs(20)).unwrap();
    let two = mailboxes.recv_timeout(Duration::from_secs(20)).unwrap();
    one.post("hello".into()).unwrap();
    two.post("hello".into()).unwrap();
    assert_eq!((next(&hear), next(&hear)), ("hello".into(), "refused".into()));
    let mut buffer = [0; 8];
    assert_eq!(somebody.recv(&mut buffer).unwrap(), 5);
    // It goes on all the same.
    one.post("again".into()).unwrap();
    two.post("again".into()).unwrap();
    assert_eq!((next(&hear), next(&hear)), ("again".into(), "refused".into()));
}

fn unix_datagrams_have_a_file_with_its_mode(reactor: impl BindDatagrams) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server");
    drop(UnixDatagram::bind(&path).unwrap()); // as a crash leaves it
    let mut bind = Bind::new(DatagramAddress::unix(&path));
    bind.mode = Some(0o600);
    let (told, hear) = Told::new();
    let port = reactor.bind(bind.clone(), told).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (told, _hear) = Told::new();
    assert!(reactor.bind(bind, told).is_err(), "it is in use");
    let running = Running::new(reactor);
    let client = UnixDatagram::bind(folder.path().join("client")).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.send_to(b"hello", &path).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(client.recv(&mut buffer).unwrap(), 5);
    assert_eq!(next(&hear), "hello");
    UnixDatagram::unbound().unwrap().send_to(b"no answer", &path).unwrap();
    assert_eq!(next(&hear), "no answer");
    assert!(next(&hear).starts_with("cannot send to unnamed: "));
    port.stop();
    assert_eq!(next(&hear), "stopped: closed");
    drop(running);
    assert!(!path.exists());
}

#[cfg(target_os = "linux")]
fn abstract_names_work(reactor: impl BindDatagrams) {
    let name = format!("ropewalk-{}-{:?}", std::process::id(), std::thread::current().id());
    let address = DatagramAddress::Abstract(name.as_bytes().into());
    let (told, hear) = Told::new();
    let port = reactor.bind(Bind::new(address.clone()), told).unwrap();
    assert_eq!(port.address(), &address);
    let mut bind = Bind::new(DatagramAddress::Unnamed);
    bind.connect = Some(address);
    let (mut told, _hear) = Told::new();
    let (give, mailboxes) = mpsc::channel();
    told.mailbox = Some(give);
    reactor.bind(bind, told).unwrap();
    let _running = Running::new(reactor);
    let mailbox = mailboxes.recv_timeout(Duration::from_secs(20)).unwrap();
    mailbox.post("hello".into()).unwrap();
    assert_eq!(next(&hear), "hello");
}

fn closing_sends_what_is_queued_and_a_panic_ends_one_socket(reactor: impl BindDatagrams) {
    let (told, hear) = Told::new();
    let closes = reactor.bind(localhost(), told).unwrap();
    let (told, panicked) = Told::new();
    let panics = reactor.bind(localhost(), told).unwrap();
    let (told, at_the_end) = Told::new();
    let stays = reactor.bind(localhost(), told).unwrap();
    let running = Running::new(reactor);
    assert_eq!(asked(&client(closes.address()), b"close"), b"closing");
    assert_eq!((next(&hear), next(&hear)), ("close".into(), "stopped: closed".into()));
    client(panics.address()).send(b"panic").unwrap();
    assert_eq!(next(&panicked), "panic");
    assert_eq!(next(&panicked), "stopped: a callback panicked");
    assert_eq!(asked(&client(stays.address()), b"on"), b"on");
    drop(running);
    assert_eq!((next(&at_the_end), next(&at_the_end)), ("on".into(), "stopped: closed".into()));
}

fn a_bound_socket_is_adopted_and_others_refused(reactor: impl BindDatagrams) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    let mut bind = localhost();
    bind.socket = Some(Arc::new(socket.into()));
    let (told, _hear) = Told::new();
    let port = reactor.bind(bind.clone(), told).unwrap();
    assert_eq!(port.address().udp(), Some(address));
    bind.socket = Some(Arc::new(std::net::TcpListener::bind("127.0.0.1:0").unwrap().into()));
    let (told, _hear) = Told::new();
    let error = reactor.bind(bind, told).unwrap_err().to_string();
    assert!(error.ends_with("the socket passed in is not for datagrams"), "{error}");
    let _running = Running::new(reactor);
    assert_eq!(asked(&client(port.address()), b"x"), b"x");
}

on_each_reactor!(
    udp_is_answered_on_both_families,
    time_futures_and_messages_reach_the_protocol,
    what_is_too_much_is_dropped_and_told,
    a_connected_socket_hears_that_nobody_is_there,
    unix_datagrams_have_a_file_with_its_mode,
    abstract_names_work,
    closing_sends_what_is_queued_and_a_panic_ends_one_socket,
    a_bound_socket_is_adopted_and_others_refused,
);

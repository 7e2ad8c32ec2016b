//! Groups and options of datagram sockets.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
        mpsc::{self, Sender},
    },
    time::Duration,
};

use ropewalk_protocol::{
    DatagramAddress, DatagramContext, DatagramError, DatagramProtocol, Interface,
};
use ropewalk_reactor::{Bind, BindDatagrams};

use crate::{
    Running,
    datagrams::{Told, localhost, next},
    on_each_reactor,
};

static GROUPS: AtomicU16 = AtomicU16::new(1);

fn a_multicast_group_is_joined(reactor: impl BindDatagrams) {
    let group = Ipv4Addr::new(239, 255, 77, 1);
    let mut bind = Bind::new((group, 0));
    bind.groups.push((group.into(), Interface::Address(Ipv4Addr::LOCALHOST)));
    bind.reuse_address = true;
    let (told, hear) = Told::new();
    let port = reactor.bind(bind.clone(), told).unwrap();
    // Another one on the same port, as several programs of a machine have it.
    bind.address = port.address().clone();
    let (told, heard_too) = Told::new();
    reactor.bind(bind, told).unwrap();
    let _running = Running::new(reactor);
    let sender = socket2::Socket::from(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    sender.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    sender.send_to(b"to all", &port.address().udp().unwrap().into()).unwrap();
    assert_eq!((next(&hear), next(&heard_too)), ("to all".into(), "to all".into()));
}

/// The system's list says so: not every machine has a route for such datagrams.
#[cfg(target_os = "linux")]
fn an_ipv6_group_is_joined_by_the_number_of_an_interface(reactor: impl BindDatagrams) {
    const LOOPBACK: u32 = 1;
    let number = GROUPS.fetch_add(1, Ordering::Relaxed);
    let mine = std::process::id() as u16;
    let group = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0x77, mine, number);
    let listed = format!("ff010000000000000000{:04x}{mine:04x}{number:04x}", 0x77);
    let is_joined = || std::fs::read_to_string("/proc/net/igmp6").unwrap().contains(&listed);
    let mut bind = Bind::new((Ipv6Addr::UNSPECIFIED, 0));
    bind.groups.push((group.into(), Interface::Index(LOOPBACK)));
    let (told, hear) = Told::new();
    let port = reactor.bind(bind.clone(), told).unwrap();
    assert!(is_joined());
    bind.groups[0].1 = Interface::Address(Ipv4Addr::LOCALHOST);
    let (told, _hear) = Told::new();
    let error = reactor.bind(bind, told).unwrap_err().to_string();
    assert!(error.ends_with("an interface is named by its number for IPv6"), "{error}");
    let running = Running::new(reactor);
    port.stop();
    assert_eq!(next(&hear), "stopped: closed");
    drop(running);
    assert!(!is_joined());
}

/// What is asked for while it runs is done: seen on a duplicate of its socket.
fn options_and_groups_change_while_it_runs(reactor: impl BindDatagrams) {
    // Linux gives a socket on all addresses also what other sockets have joined: so each run has its own.
    let group = Ipv4Addr::new(239, 255, 78, GROUPS.fetch_add(1, Ordering::Relaxed) as u8);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    let ours = socket2::Socket::from(socket.try_clone().unwrap());
    let mut bind = localhost();
    bind.socket = Some(Arc::new(socket.into()));
    let (give, hear) = mpsc::channel();
    reactor.bind(bind, Changing { group, give, failures: Vec::new() }).unwrap();
    let _running = Running::new(reactor);
    let sender = socket2::Socket::from(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    sender.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    let to = SocketAddr::from((group, port)).into();
    // Until it has joined nothing arrives.
    let heard = loop {
        sender.send_to(b"leave", &to).unwrap();
        if let Ok(heard) = hear.recv_timeout(Duration::from_millis(10)) {
            break heard;
        }
    };
    assert_eq!(heard, [""; 0], "nothing failed");
    assert_eq!(ours.multicast_ttl_v4().unwrap(), 3);
    assert!(!ours.multicast_loop_v4().unwrap() && ours.broadcast().unwrap());
    assert_eq!(ours.multicast_if_v4().unwrap(), Ipv4Addr::LOCALHOST);
    // It has left when the next one that is sent to it alone arrives.
    sender.send_to(b"alone", &SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
    while hear.recv_timeout(Duration::from_secs(20)).unwrap() != ["alone"] {}
    sender.send_to(b"leave", &to).unwrap();
    sender.send_to(b"alone", &SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
    assert_eq!(hear.recv_timeout(Duration::from_secs(20)).unwrap(), ["alone"]);
}

struct Changing {
    group: Ipv4Addr,
    give: Sender<Vec<String>>,
    failures: Vec<String>,
}

impl DatagramProtocol for Changing {
    type Message = ();

    fn started(&mut self, cx: &mut DatagramContext<'_, ()>) {
        let interface = Interface::Address(Ipv4Addr::LOCALHOST);
        cx.set_multicast_ttl(3);
        cx.set_multicast_loop(false);
        cx.set_multicast_interface(interface);
        cx.set_broadcast(true);
        cx.join_group(self.group.into(), interface);
    }

    fn datagram_received(
        &mut self,
        cx: &mut DatagramContext<'_, ()>,
        datagram: &[u8],
        _: &DatagramAddress,
    ) {
        if datagram == b"leave" {
            let interface = Interface::Address(Ipv4Addr::LOCALHOST);
            cx.leave_group(self.group.into(), interface);
            let _ = self.give.send(std::mem::take(&mut self.failures));
        } else {
            let _ = self.give.send(vec!["alone".to_owned()]);
        }
    }

    fn failed(&mut self, _: &mut DatagramContext<'_, ()>, why: &DatagramError) {
        self.failures.push(why.to_string());
    }
}

on_each_reactor!(
    a_multicast_group_is_joined,
    an_ipv6_group_is_joined_by_the_number_of_an_interface,
    options_and_groups_change_while_it_runs,
);

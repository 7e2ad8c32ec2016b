//! Port forwarding, in memory.

use std::{io, time::Duration};

use ropewalk_policies::Forward;
use ropewalk_protocol::{
    Address, Connect, ConnectError, Limits, Listen, Peer, Port, Reactor, factory,
};
use ropewalk_testkit::{Client, MemoryReactor, Pace};

use crate::Echo;

fn localhost() -> Listen {
    Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()))
}

/// A target made of one client of the test's, and a forwarder before it.
struct Scene {
    reactor: MemoryReactor,
    target: Client,
    /// Where the target's end says it is.
    target_port: Port,
    user: Client,
}

impl Scene {
    fn new() -> Self {
        let reactor = MemoryReactor::new();
        let target = Client::new();
        let protocol = target.clone();
        let target_port =
            reactor.listen(localhost(), factory(move |_| Some(protocol.protocol()))).unwrap();
        let forward = Forward::to(&reactor, Connect::new(target_port.address().clone()));
        let port = reactor.listen(localhost(), forward).unwrap();
        let user = connect(&reactor, &port);
        reactor.run_until_idle();
        Self { reactor, target, target_port, user }
    }
}

fn connect(reactor: &MemoryReactor, port: &Port) -> Client {
    let client = Client::new();
    let connecting = reactor.connect(Connect::new(port.address().clone()), client.protocol());
    reactor.spawn(async move { drop(connecting.await) });
    client
}

#[test]
fn both_ways_are_passed_on_and_so_are_their_ends() {
    let Scene { reactor, target, user, .. } = Scene::new();
    user.write(b"question");
    reactor.run_until_idle();
    assert_eq!(target.received(), b"question");
    user.write_eof();
    reactor.run_until_idle();
    assert!(target.has_ended(), "the user's end is passed on");
    target.write(b"answer");
    reactor.run_until_idle();
    assert_eq!(user.received(), b"answer", "and the other way stays open");
    assert!(!user.has_ended());
    target.write_eof();
    reactor.run_until_idle();
    assert!(user.has_ended());
    user.close();
    target.close();
    reactor.advance(Duration::from_secs(5));
    assert!(user.lost()[0].is_clean() && target.lost()[0].is_clean());
    assert_eq!(reactor.open_ends(), 0);
}

#[test]
fn what_was_sent_before_the_connection_onward_stood_arrives() {
    let reactor = MemoryReactor::new();
    let echo = reactor.listen(localhost(), factory(|_| Some(Echo))).unwrap();
    let forward = Forward::to(&reactor, Connect::new(echo.address().clone()));
    let port = reactor.listen(localhost(), forward).unwrap();
    reactor.set_latency(Duration::from_secs(1));
    let user = connect(&reactor, &port);
    user.write(b"early");
    user.write_eof();
    reactor.advance(Duration::from_secs(20));
    assert_eq!(user.received(), b"early");
    assert!(user.has_ended());
}

#[test]
fn who_reads_slowly_slows_the_other_down_in_either_direction() {
    for backwards in [false, true] {
        let scene = Scene::new();
        let (from, to) = match backwards {
            false => (&scene.user, &scene.target),
            true => (&scene.target, &scene.user),
        };
        to.pause();
        scene.reactor.run_until_idle();
        let all: Vec<u8> = (0..4_000_000).map(|index: u32| (index % 251) as u8).collect();
        let wanted = all.len();
        for piece in all.chunks(50_000) {
            from.write(piece);
        }
        scene.reactor.run_until_idle();
        assert_eq!(to.waiting(), 0);
        to.resume();
        scene.reactor.run_until_idle();
        assert_eq!(to.received(), all, "{backwards}: all {wanted} arrive, in order");
    }
}

#[test]
fn what_is_between_the_two_is_bounded() {
    let Scene { reactor, target, target_port, user } = Scene::new();
    // The target's end reads nothing at all: what leaves the user is held by the network and the
    // forwarder, and the rest is lost with the user.
    reactor.set_pace(target_port.address(), Pace::Stopped);
    user.write(&vec![b'x'; 2_000_000]);
    reactor.run_until_idle();
    user.abort();
    reactor.set_pace(target_port.address(), Pace::Full);
    reactor.run_until_idle();
    let held = target.received().len();
    assert!(held <= HELD, "{held}");
    assert!(!target.lost()[0].is_clean(), "a break is passed on as a break");
}

/// Two network windows of 64 KiB, the window of the forwarder with a read more, the high watermark
/// with a piece more.
const HELD: usize = (2 * 64 + 128 + 64 + 64 + 64) * 1024;

#[test]
fn both_sides_full_at_once_do_not_wait_for_each_other() {
    let small = Limits { high_watermark: 4096, low_watermark: 1024, ..Limits::default() };
    // The ends themselves read also while they have much to send.
    let wide = Limits { high_watermark: 8 << 20, ..Limits::default() };
    let reactor = MemoryReactor::new();
    let (user, target) = (Client::new(), Client::new());
    let protocol = target.clone();
    let mut listen = localhost();
    listen.limits = wide.clone().into();
    let target_port = reactor.listen(listen, factory(move |_| Some(protocol.protocol()))).unwrap();
    let mut onward = Connect::new(target_port.address().clone());
    onward.limits = small.clone().into();
    let mut listen = localhost();
    listen.limits = small.into();
    let port = reactor.listen(listen, Forward::to(&reactor, onward)).unwrap();
    let mut connect = Connect::new(port.address().clone());
    connect.limits = wide.into();
    let connecting = reactor.connect(connect, user.protocol());
    reactor.run_until_idle();
    user.pause();
    target.pause();
    for _ in 0..100 {
        user.write(&[b'u'; 20_000]);
        target.write(&[b't'; 20_000]);
    }
    reactor.run_until_idle();
    user.resume();
    target.resume();
    reactor.run_until_idle();
    assert_eq!((user.waiting(), target.waiting()), (2_000_000, 2_000_000));
    drop(connecting);
}

#[test]
fn a_target_that_is_not_there_closes_the_connection() {
    let reactor = MemoryReactor::new();
    let nowhere = Address::Tcp(([127, 0, 0, 1], 9).into());
    let port = reactor.listen(localhost(), Forward::to(&reactor, Connect::new(nowhere))).unwrap();
    let user = connect(&reactor, &port);
    reactor.run_until_idle();
    assert!(user.has_ended());
}

#[test]
fn who_goes_before_the_connection_onward_stands_leaves_nothing_behind() {
    let reactor = MemoryReactor::new();
    let echo = reactor.listen(localhost(), factory(|_| Some(Echo))).unwrap();
    let forward = Forward::to(&reactor, Connect::new(echo.address().clone()));
    let port = reactor.listen(localhost(), forward).unwrap();
    reactor.set_latency(Duration::from_millis(10));
    for wait in 0..60 {
        let user = connect(&reactor, &port);
        reactor.advance(Duration::from_millis(10 + wait));
        user.abort();
        reactor.advance(Duration::from_secs(60));
        assert_eq!(reactor.open_ends(), 0, "aborted after {wait} ms");
    }
}

#[test]
fn a_break_on_either_side_breaks_the_other() {
    let Scene { reactor, target, user, .. } = Scene::new();
    user.abort();
    reactor.run_until_idle();
    assert!(!target.lost()[0].is_clean());
    let Scene { reactor, target, user, .. } = Scene::new();
    target.abort();
    reactor.run_until_idle();
    assert!(!user.lost()[0].is_clean());
}

#[test]
fn the_way_onward_may_be_chosen_by_who_comes_and_fail_in_its_own_words() {
    let reactor = MemoryReactor::new();
    let refuse = |peer: &Peer, onward| {
        drop(onward);
        let address = peer.address.clone();
        async move {
            let source = io::ErrorKind::PermissionDenied.into();
            Err::<Peer, _>(ConnectError::Failed { address, source })
        }
    };
    let port = reactor.listen(localhost(), Forward::new(refuse)).unwrap();
    let user = connect(&reactor, &port);
    reactor.run_until_idle();
    assert!(user.has_ended());
}

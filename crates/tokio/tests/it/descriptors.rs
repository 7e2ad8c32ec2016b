//! Running out of descriptors: in a process of its own, since the limit is the process's.

use std::{
    env,
    net::TcpStream,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_protocol::{Address, Connect, Listen, Peer, Reactor, factory};
use ropewalk_testkit::Client;
use ropewalk_tokio::TokioReactor;

const INSIDE: &str = "ROPEWALK_FEW_DESCRIPTORS";

#[test]
fn a_listener_survives_having_no_descriptors() {
    if env::var_os(INSIDE).is_some() {
        return exhaust();
    }
    let name = "descriptors::a_listener_survives_having_no_descriptors";
    let status = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(env::current_exe().unwrap())
        .arg(name)
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(status.success());
}

fn exhaust() {
    let reactor = TokioReactor::new().unwrap();
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let greets = factory(|_: &Peer| {
        let client = Client::new();
        client.write(b"hello");
        Some(client.protocol())
    });
    let port = reactor.listen(Listen::new(address), greets).unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let (ends, inside) = (Arc::clone(&ended), reactor.clone());
    reactor.spawn(async move {
        let Address::Tcp(to) = *port.address() else { unreachable!("it listens on TCP") };
        let mut held: Vec<TcpStream> = Vec::new();
        while let Ok(stream) = TcpStream::connect(to) {
            held.push(stream);
        }
        let clock = inside.clock();
        clock.sleep_until(clock.now() + Duration::from_millis(300)).await;
        drop(held);
        let client = Client::new();
        let mut connected = false;
        while !connected {
            let connect = Connect::new(port.address().clone());
            connected = inside.connect(connect, client.protocol()).await.is_ok();
            clock.sleep_until(clock.now() + Duration::from_millis(10)).await;
        }
        assert_eq!(client.read(5).await, b"hello");
        client.close();
        ends.store(true, Ordering::Release);
        inside.stop();
    });
    let watchdog = reactor.clone();
    reactor.call_later(Duration::from_secs(20), move || watchdog.stop());
    reactor.run();
    assert!(ended.load(Ordering::Acquire), "the listener is dead");
}

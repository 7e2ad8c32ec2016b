//! Starting, stopping, delayed calls, and what panics do.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_clock::Clock;
use ropewalk_protocol::{Context, Phase, Protocol, Reactor, Reason, factory};

use crate::{Echo, Running, assert_echoes, client, echo_on, localhost, on_each_reactor, tcp};

/// Panics when it is told to, and reports its end.
#[derive(Clone)]
struct Fragile {
    lost: mpsc::Sender<String>,
}

impl Protocol for Fragile {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        assert!(!input.starts_with(b"panic"), "told to");
        cx.send(input.split().freeze());
    }

    fn connection_lost(&mut self, reason: &Reason) {
        let _ = self.lost.send(reason.to_string());
    }
}

fn a_panic_ends_its_own_connection_only(reactor: impl Reactor) {
    let (lost, ends) = mpsc::channel();
    let fragile = Fragile { lost };
    let port = reactor.listen(localhost(), factory(move |_| Some(fragile.clone()))).unwrap();
    let _running = Running::new(reactor);
    let (mut healthy, mut doomed) = (client(tcp(&port)), client(tcp(&port)));
    assert_echoes(&mut healthy, b"before");
    doomed.write_all(b"panic").unwrap();
    assert_eq!(doomed.read(&mut [0; 8]).unwrap_or(0), 0, "closed");
    assert_eq!(ends.recv_timeout(Duration::from_secs(20)).unwrap(), "a callback panicked");
    assert_echoes(&mut healthy, b"after");
}

fn a_factory_that_panics_harms_nobody_else(reactor: impl Reactor) {
    let mut built = 0;
    let port = reactor
        .listen(
            localhost(),
            factory(move |_| {
                built += 1;
                assert!(built != 1, "the first one on each thread");
                Some(Echo)
            }),
        )
        .unwrap();
    let _running = Running::new(reactor);
    // At most two threads, so two connections at most are lost.
    for _ in 0..2 {
        let mut doomed = client(tcp(&port));
        let _ = doomed.write_all(b"?");
        let _ = doomed.read(&mut [0; 8]);
    }
    assert_echoes(&mut client(tcp(&port)), b"third");
    assert_echoes(&mut client(tcp(&port)), b"fourth");
}

/// Writes a lot at once, and closes.
#[derive(Clone)]
struct Parting;

impl Protocol for Parting {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        input.clear();
        cx.write(&vec![b'x'; 3_000_000]);
        cx.close();
    }
}

fn closing_sends_what_is_queued_even_when_input_is_unread(reactor: impl Reactor) {
    let port = reactor.listen(localhost(), factory(|_| Some(Parting))).unwrap();
    let _running = Running::new(reactor);
    let mut client = client(tcp(&port));
    client.write_all(&[b'?'; 100_000]).unwrap();
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 3_000_000);
}

fn a_half_closed_connection_is_answered(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    let _running = Running::new(reactor);
    let mut client = client(tcp(&port));
    client.write_all(&[b'x'; 200_000]).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 200_000);
}

fn a_peer_that_does_not_read_is_not_read_from(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    let _running = Running::new(reactor);
    let (mut greedy, mut other) = (client(tcp(&port)), client(tcp(&port)));
    greedy.set_nonblocking(true).unwrap();
    let mut written = 0;
    // Until nothing has gone in while the other connection was served a hundred times.
    let mut refused = 0;
    while refused < 100 {
        match greedy.write(&[b'x'; 64 * 1024]) {
            Ok(count) => (written, refused) = (written + count, 0),
            Err(_) => {
                refused += 1;
                assert_echoes(&mut other, b"served");
            }
        }
        assert!(written < 64 * 1024 * 1024, "the server buffers without end");
    }
    greedy.set_nonblocking(false).unwrap();
    let mut back = vec![0; written];
    greedy.read_exact(&mut back).unwrap();
}

fn stopping_serves_what_is_under_way_and_runs_the_triggers_in_order(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    let order = Arc::new(Mutex::new(Vec::new()));
    for (phase, name) in [
        (Phase::AfterShutdown, "after"),
        (Phase::BeforeShutdown, "before"),
        (Phase::Startup, "startup"),
    ] {
        let (order, clock) = (Arc::clone(&order), reactor.clock());
        reactor.add_trigger(phase, async move {
            clock.sleep_until(clock.now() + Duration::from_millis(5)).await;
            order.lock().unwrap().push(name);
        });
    }
    let started = Arc::clone(&order);
    let (begun, has_begun) = mpsc::channel();
    let asker = reactor.clone();
    reactor.call_later(Duration::from_millis(10), move || {
        begun.send((asker.is_running(), started.lock().unwrap().clone())).unwrap();
    });
    let running = Running::new(reactor.clone());
    let mut client = client(tcp(&port));
    assert_echoes(&mut client, b"here");
    let (was_running, _) = has_begun.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(was_running);
    drop(running);
    assert!(!reactor.is_running());
    assert_eq!(client.read(&mut [0; 8]).unwrap(), 0, "closed in good order");
    assert_eq!(*order.lock().unwrap(), ["startup", "before", "after"]);
}

fn delayed_calls_come_in_order_and_can_be_moved(reactor: impl Reactor) {
    let (tell, hear) = mpsc::channel();
    let call = |name: &'static str, millis| {
        let tell = tell.clone();
        reactor.call_later(Duration::from_millis(millis), move || tell.send(name).unwrap())
    };
    let (moved, cancelled, later) = (call("moved", 5_000), call("cancelled", 1), call("later", 1));
    call("second", 20);
    call("first", 10);
    moved.reset(Duration::from_millis(40)).unwrap();
    cancelled.cancel().unwrap();
    later.delay(Duration::from_millis(79)).unwrap();
    let _running = Running::new(reactor);
    let heard: Vec<_> =
        (0..4).map(|_| hear.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
    assert_eq!(heard, ["first", "second", "moved", "later"]);
    assert!(cancelled.cancel().is_err());
    assert!(moved.reset(Duration::ZERO).is_err());
    assert!(!later.is_active());
}

fn calls_and_futures_that_panic_harm_nobody(reactor: impl Reactor) {
    let port = echo_on(&reactor, localhost());
    reactor.call_when_running(|| panic!("a call"));
    reactor.call_later(Duration::ZERO, || panic!("a delayed call"));
    reactor.spawn(async { panic!("a future") });
    let _running = Running::new(reactor);
    assert_echoes(&mut client(tcp(&port)), b"still here");
}

fn other_threads_call_in(reactor: impl Reactor) {
    let (tell, hear) = mpsc::channel();
    let _running = Running::new(reactor.clone());
    let callers: Vec<_> = (0..4)
        .map(|number| {
            let (reactor, tell) = (reactor.clone(), tell.clone());
            std::thread::spawn(move || {
                for _ in 0..100 {
                    let tell = tell.clone();
                    reactor.call_when_running(move || tell.send(number).unwrap());
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    let mut counts = [0; 4];
    for _ in 0..400 {
        counts[hear.recv_timeout(Duration::from_secs(20)).unwrap()] += 1;
    }
    assert_eq!(counts, [100; 4]);
}

on_each_reactor!(
    a_panic_ends_its_own_connection_only,
    a_factory_that_panics_harms_nobody_else,
    closing_sends_what_is_queued_even_when_input_is_unread,
    a_half_closed_connection_is_answered,
    a_peer_that_does_not_read_is_not_read_from,
    stopping_serves_what_is_under_way_and_runs_the_triggers_in_order,
    delayed_calls_come_in_order_and_can_be_moved,
    calls_and_futures_that_panic_harm_nobody,
    other_threads_call_in,
);

#[test]
fn a_reactor_runs_once() {
    let reactor = crate::poll(1);
    let handle = reactor.clone();
    reactor.call_when_running(move || handle.stop());
    reactor.run();
    reactor.run(); // returns, with a line in the log
}

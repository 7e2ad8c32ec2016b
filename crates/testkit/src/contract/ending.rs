//! Starting and stopping.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ropewalk_clock::Clock;
use ropewalk_protocol::{Connect, ConnectError, Phase, Reactor};

use super::{Ground, client, play, serve};
use crate::Client;

/// Startup, then the story, then before and after the shutdown, each waited for.
pub fn triggers_run_in_order_and_are_waited_for(ground: &impl Ground) {
    let reactor = ground.reactor();
    let notes: Arc<Mutex<Vec<&str>>> = Arc::default();
    let phases = [
        (Phase::AfterShutdown, "after"),
        (Phase::BeforeShutdown, "before"),
        (Phase::Startup, "startup"),
    ];
    for (phase, what) in phases {
        let (notes, clock) = (Arc::clone(&notes), reactor.clock());
        reactor.add_trigger(phase, async move {
            if phase != Phase::Startup {
                clock.sleep_until(clock.now() + Duration::from_millis(20)).await;
            }
            notes.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        });
    }
    let inside = Arc::clone(&notes);
    let clock = reactor.clock();
    play(&reactor, async move {
        while inside.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
    });
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*notes, ["startup", "before", "after"]);
    assert!(!reactor.is_running());
}

/// Told to stop before it runs, it starts, runs its triggers, and returns.
pub fn stopping_before_the_start_is_remembered(ground: &impl Ground) {
    let reactor = ground.reactor();
    let notes: Arc<Mutex<Vec<&str>>> = Arc::default();
    for (phase, what) in [(Phase::BeforeShutdown, "before"), (Phase::AfterShutdown, "after")] {
        let notes = Arc::clone(&notes);
        reactor.add_trigger(phase, async move {
            notes.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        });
    }
    reactor.stop();
    reactor.run();
    assert_eq!(*notes.lock().unwrap_or_else(PoisonError::into_inner), ["before", "after"]);
}

/// Protocols hear of the shutdown, and what they say leaves.
pub fn stopping_lets_connections_say_goodbye(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, board) = serve(ground, &reactor);
    let all: Arc<Mutex<Vec<Client>>> = Arc::default();
    let inside = Arc::clone(&all);
    play(&reactor.clone(), async move {
        for _ in 0..3 {
            let client = client(&reactor, &port).await;
            client.write(b"x");
            assert_eq!(client.read(1).await, b"x");
            inside.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
    });
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    for client in &*all {
        assert_eq!(client.received(), b"goodbye");
        assert_eq!(client.lost().len(), 1);
    }
    assert_eq!(board.lost().len(), 3);
}

/// An attempt after the end is an error, and running again returns at once.
pub fn after_stopping_nothing_connects(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    let stops = reactor.clone();
    let result: Arc<Mutex<Option<ConnectError>>> = Arc::default();
    let (inside, connects) = (Arc::clone(&result), reactor.clone());
    reactor.add_trigger(Phase::AfterShutdown, async move {
        let connect = Connect::new(port.address().clone());
        let error = connects.connect(connect, Client::new().protocol()).await.err();
        *inside.lock().unwrap_or_else(PoisonError::into_inner) = error;
    });
    reactor.call_when_running(move || stops.stop());
    reactor.run();
    let error = result.lock().unwrap_or_else(PoisonError::into_inner).take();
    assert!(matches!(error, Some(ConnectError::Stopped { .. })), "{error:?}");
    reactor.run();
}

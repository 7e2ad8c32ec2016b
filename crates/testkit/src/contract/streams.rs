//! Connections: bytes, ends, and what breaks them.

use std::time::Duration;

use bytes::BytesMut;
use ropewalk_clock::Clock;
use ropewalk_protocol::{
    Connect, ConnectError, Context, Flow, Listen, Protocol, Reactor, Reason, factory,
};

use super::{Board, Ground, Served, client, play, serve, server::BIG};
use crate::Client;

/// Port 0 becomes a real address, and what connects there is served.
pub fn a_listener_on_port_0_says_where_it_is_and_echoes(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    assert_ne!(port.address().port(), Some(0));
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        client.write(b"hello");
        assert_eq!(client.read(5).await, b"hello");
    });
}

/// What one sends the other does not get.
pub fn two_connections_do_not_mix(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let (one, two) = (client(&reactor, &port).await, client(&reactor, &port).await);
        for _ in 0..100 {
            one.write(b"one");
            two.write(b"two");
        }
        assert_eq!(one.read(300).await, b"one".repeat(100));
        assert_eq!(two.read(300).await, b"two".repeat(100));
    });
}

/// Connecting to nobody gives an error with the address in it.
pub fn nobody_listening_is_an_error_that_says_where(ground: &impl Ground) {
    let reactor = ground.reactor();
    let address = ground.nowhere();
    play(&reactor.clone(), async move {
        let result = reactor.connect(Connect::new(address.clone()), Client::new().protocol()).await;
        let error = result.expect_err("nobody listens");
        assert!(matches!(error, ConnectError::Failed { .. }), "{error}");
        assert!(error.to_string().contains(&address.client().to_string()), "{error}");
    });
}

/// Four megabytes there and back, which fit into nobody's buffers.
pub fn a_big_transfer_arrives_whole_with_backpressure(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        let sent: Vec<u8> = (0..BIG).map(|at| b'a' + (at % 26) as u8).collect();
        client.write(&sent);
        let received = client.read(BIG).await;
        assert!(received == sent, "{} of {} bytes, in order", received.len(), sent.len());
    });
}

/// Writes what futures give, and asks for the next only when there is room.
struct Pieces(usize);

impl Pieces {
    fn ask(&mut self, cx: &mut Context<'_, Vec<u8>>) {
        if self.0 > 0 && cx.outflow() == Flow::Open {
            self.0 -= 1;
            cx.spawn(async { vec![b'p'; PIECE] });
        }
    }
}

impl Protocol for Pieces {
    type Message = Vec<u8>;

    fn connection_made(&mut self, cx: &mut Context<'_, Vec<u8>>) {
        self.ask(cx);
    }

    fn data_received(&mut self, _: &mut Context<'_, Vec<u8>>, input: &mut BytesMut) {
        input.clear();
    }

    fn message_received(&mut self, cx: &mut Context<'_, Vec<u8>>, piece: Vec<u8>) {
        cx.write(&piece);
        self.ask(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, Vec<u8>>) {
        self.ask(cx);
    }
}

/// Each piece fills the outbox; the next one is made when it has drained.
pub fn pieces_that_futures_make_as_there_is_room_arrive_whole(ground: &impl Ground) {
    let reactor = ground.reactor();
    let listen = Listen::new(ground.address());
    let port = reactor.listen(listen, factory(|_| Some(Pieces(50)))).expect("it listens");
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        assert_eq!(client.read(50 * PIECE).await.len(), 50 * PIECE);
    });
}

const PIECE: usize = 64 * 1024;

/// A client pauses in the middle of a big answer, and gets the rest later.
pub fn a_reader_that_pauses_loses_nothing(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        client.write(b"B");
        client.read(1000).await;
        client.pause();
        let clock = reactor.clock();
        clock.sleep_until(clock.now() + Duration::from_millis(20)).await;
        client.resume();
        assert_eq!(client.read(BIG - 1000).await.len(), BIG - 1000);
        client.write(b"x");
        assert_eq!(client.read(1).await, b"x");
    });
}

/// The answer to the end of a file arrives.
pub fn an_end_of_file_leaves_the_other_half_open(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, board) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        client.write(b"x");
        client.write_eof();
        assert_eq!(client.read_to_end().await, b"xend");
        client.close();
        let reason = client.until_lost().await;
        assert!(reason.is_clean(), "{reason}");
    });
    assert_eq!(board.lost().len(), 1);
    assert!(board.lost()[0].is_clean(), "{}", board.lost()[0]);
}

/// An abort at either end ends both, and each is told once.
pub fn aborting_is_seen_at_both_ends_and_told_once(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, board) = serve(ground, &reactor);
    let seen = board.clone();
    play(&reactor.clone(), async move {
        let one = client(&reactor, &port).await;
        one.write(b"xA");
        one.until_lost_or_ended().await;
        one.abort();
        one.until_lost().await;
        let two = client(&reactor, &port).await;
        two.write(b"x");
        two.read(1).await;
        two.abort();
        assert!(matches!(two.until_lost().await, Reason::Aborted));
        let clock = reactor.clock();
        while seen.lost().len() < 2 {
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
        assert_eq!((one.lost().len(), two.lost().len()), (1, 1));
    });
    assert_eq!(board.lost().len(), 2);
    assert!(matches!(board.lost()[0], Reason::Aborted));
}

/// Megabytes that were queued before the close arrive.
pub fn closing_flushes_what_is_queued(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let big = client(&reactor, &port).await;
        big.write(b"B");
        big.read(1).await;
        big.write(b"C");
        assert_eq!(big.read_to_end().await.len(), BIG - 1 + 3);
        big.close();
        let small = client(&reactor, &port).await;
        small.write(b"xCignored");
        assert_eq!(small.read_to_end().await, b"xbye");
        small.close();
        assert!(small.until_lost().await.is_clean());
    });
}

/// Nothing arrives, and the time comes all the same.
pub fn a_deadline_fires(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        let clock = reactor.clock();
        let start = clock.now();
        client.write(b"D");
        assert_eq!(client.read(4).await, b"late");
        assert!(clock.now() - start >= Duration::from_millis(50));
        client.write(b"x");
        assert_eq!(client.read(1).await, b"x", "once");
    });
}

/// `None` from a factory closes the connection.
pub fn a_factory_that_makes_nothing_refuses(ground: &impl Ground) {
    fn nothing<P: Protocol>() -> Option<P> {
        None
    }
    let reactor = ground.reactor();
    let listen = Listen::new(ground.address());
    let port = reactor.listen(listen, factory(|_| nothing::<Served>())).expect("it listens");
    play(&reactor.clone(), async move {
        let client = client(&reactor, &port).await;
        assert_eq!(client.read_to_end().await, b"");
    });
}

/// A connection whose callback panics is gone; the others and the listener go on.
pub fn a_panic_ends_its_own_connection_only(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, board) = serve(ground, &reactor);
    let seen: Board = board.clone();
    play(&reactor.clone(), async move {
        let (one, two) = (client(&reactor, &port).await, client(&reactor, &port).await);
        two.write(b"x");
        two.read(1).await;
        one.write(b"P");
        one.until_lost_or_ended().await;
        two.write(b"y");
        assert_eq!(two.read(1).await, b"y");
        let three = client(&reactor, &port).await;
        three.write(b"z");
        assert_eq!(three.read(1).await, b"z");
        assert!(matches!(seen.lost()[..], [Reason::Panicked]), "{:?}", seen.lost());
    });
}

/// New connections are refused, old ones go on.
pub fn a_port_that_stopped_listening_keeps_its_connections(ground: &impl Ground) {
    let reactor = ground.reactor();
    let (port, _) = serve(ground, &reactor);
    play(&reactor.clone(), async move {
        let old = client(&reactor, &port).await;
        old.write(b"x");
        assert_eq!(old.read(1).await, b"x");
        port.stop_listening();
        let clock = reactor.clock();
        loop {
            let connect = Connect::new(port.address().clone());
            if reactor.connect(connect, Client::new().protocol()).await.is_err() {
                break;
            }
            clock.sleep_until(clock.now() + Duration::from_millis(1)).await;
        }
        old.write(b"y");
        assert_eq!(old.read(1).await, b"y");
    });
}

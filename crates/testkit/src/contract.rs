//! What every reactor has to do, as tests: one suite for all of them.
//!
//! A reactor's tests name their [`Ground`] and call [`contract!`](crate::contract!), which makes a
//! `#[test]` of each function here. Clients are protocols on the same reactor, so that the suite
//! runs where there are no sockets.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ropewalk_protocol::{Address, Connect, Limits, Listen, Port, Reactor, factory};

use crate::Client;

mod attached;
mod calls;
mod ending;
mod server;
mod streams;
mod together;

pub use attached::*;
pub use calls::*;
pub use ending::*;
pub use streams::*;
pub use together::*;

use server::{Board, Served};

/// Where the suite runs: makes reactors of one kind.
pub trait Ground {
    /// The kind.
    type Reactor: Reactor;

    /// A fresh reactor that has not run.
    fn reactor(&self) -> Self::Reactor;

    /// Where to listen; one address may be used by one reactor at a time only.
    fn address(&self) -> Address {
        Address::Tcp(([127, 0, 0, 1], 0).into())
    }

    /// Where nobody listens.
    fn nowhere(&self) -> Address {
        Address::Tcp(([127, 0, 0, 1], 1).into())
    }
}

/// Makes a `#[test]` of each function of the [contract](mod@crate::contract), on a [`Ground`].
///
/// ```
/// use ropewalk_testkit::{MemoryReactor, contract, contract::Ground};
///
/// struct Memory;
/// impl Ground for Memory {
///     type Reactor = MemoryReactor;
///     fn reactor(&self) -> MemoryReactor {
///         MemoryReactor::new()
///     }
/// }
///
/// contract!(Memory);
/// ```
///
/// `contract!(Ground, with descriptors)` adds what only reactors with real descriptors have to do.
#[macro_export]
macro_rules! contract {
    ($ground:expr) => {
        $crate::contract!($ground;
            a_listener_on_port_0_says_where_it_is_and_echoes
            two_connections_do_not_mix
            nobody_listening_is_an_error_that_says_where
            a_big_transfer_arrives_whole_with_backpressure
            a_reader_that_pauses_loses_nothing
            pieces_that_futures_make_as_there_is_room_arrive_whole
            an_end_of_file_leaves_the_other_half_open
            aborting_is_seen_at_both_ends_and_told_once
            closing_flushes_what_is_queued
            a_deadline_fires
            a_factory_that_makes_nothing_refuses
            a_panic_ends_its_own_connection_only
            a_port_that_stopped_listening_keeps_its_connections
            messages_cross_from_one_connection_to_another
            a_mailbox_ends_its_connection_in_good_order
            members_of_a_group_hear_the_same_order
            delayed_calls_come_in_order_and_can_be_changed
            calls_come_from_other_threads
            work_in_a_thread_gives_its_result
            spawned_futures_run_and_sleep
            alarms_of_the_clock_wake_unless_they_are_dropped
            triggers_run_in_order_and_are_waited_for
            stopping_before_the_start_is_remembered
            stopping_lets_connections_say_goodbye
            after_stopping_nothing_connects
        );
    };
    ($ground:expr, with descriptors) => {
        $crate::contract!($ground);
        $crate::contract!($ground;
            a_socket_that_exists_is_served
            an_attached_socket_has_backpressure
            two_pipes_are_a_connection
            a_file_is_read_to_its_end
            what_is_attached_ends_like_a_connection
            what_is_attached_says_goodbye
            a_listening_socket_is_adopted_and_handed_over
            a_socket_that_does_not_listen_is_refused
            a_unix_socket_has_its_mode_and_its_lock
        );
    };
    ($ground:expr; $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $crate::contract::$name(&$ground);
            }
        )*
    };
}

/// Runs `reactor` until `story` has ended.
fn play<R: Reactor>(reactor: &R, story: impl Future<Output = ()> + Send + 'static) {
    struct Stops<R: Reactor>(R);
    impl<R: Reactor> Drop for Stops<R> {
        fn drop(&mut self) {
            self.0.stop();
        }
    }
    let ended = Arc::new(AtomicBool::new(false));
    let (ends, stops) = (Arc::clone(&ended), Stops(reactor.clone()));
    reactor.spawn(async move {
        let _stops = stops; // also when the story panics
        story.await;
        ends.store(true, Ordering::Release);
    });
    let watchdog = reactor.clone();
    reactor.call_later(PATIENCE, move || watchdog.stop());
    reactor.run();
    assert!(ended.load(Ordering::Acquire), "the story did not come to its end");
}

/// A listener whose connections do what they read, and a board on which they write.
fn serve<G: Ground>(ground: &G, reactor: &G::Reactor) -> (Port, Board) {
    let board = Board::default();
    let inside = board.clone();
    let serves = factory(move |_| Some(Served::new(inside.clone())));
    let port = reactor.listen(Listen::new(ground.address()), serves).expect("it listens");
    (port, board)
}

/// A client that is connected to `port`.
async fn client<R: Reactor>(reactor: &R, port: &Port) -> Client {
    let client = Client::new();
    let mut connect = Connect::new(port.address().clone());
    // A client that has much to say reads all the same: else two that echo could wait for each other.
    let (high_watermark, outbox) = (8 * 1024 * 1024, 16 * 1024 * 1024);
    connect.limits = Arc::new(Limits { high_watermark, outbox, ..Limits::default() });
    reactor.connect(connect, client.protocol()).await.expect("it connects");
    client
}

const PATIENCE: Duration = Duration::from_secs(30);

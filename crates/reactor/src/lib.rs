//! Reactors: protocols on real sockets, timers, threads and signals.
//!
//! Two of them, behind the one [`Reactor`](ropewalk_protocol::Reactor) interface:
//!
//! - `PollReactor` (feature `poll`): one poller a thread, no task a connection. The fastest, and
//!   the default of our servers.
//! - `AsyncIoReactor` (feature `async-io`): on async-io and async-executor; mixes with any future.
//!
//! ```
//! use ropewalk_protocol::{Address, Listen, Reactor, factory};
//! use ropewalk_reactor::{PollReactor, Settings};
//! # use bytes::BytesMut;
//! # use ropewalk_protocol::{Context, Protocol};
//! # #[derive(Clone)] struct Echo;
//! # impl Protocol for Echo {
//! #     type Message = ();
//! #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
//! #         cx.send(input.split().freeze());
//! #     }
//! # }
//!
//! let reactor = PollReactor::new(Settings::default())?;
//! let address = Address::Tcp(([127, 0, 0, 1], 0).into());
//! let port = reactor.listen(Listen::new(address), factory(|_| Some(Echo)))?;
//! println!("listening on {}", port.address());
//! # let handle = reactor.clone();
//! # reactor.call_when_running(move || handle.stop());
//! reactor.run();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Without a reactor of its own the crate is what reactors elsewhere are built with.
#![cfg_attr(not(all(feature = "poll", feature = "async-io")), allow(dead_code, unused_imports))]

mod alarm;
#[cfg(feature = "async-io")]
mod async_io;
mod attach;
mod datagram;
#[cfg(feature = "deferred")]
mod defer;
mod gate;
mod inherit;
mod listening;
mod passing;
#[cfg(feature = "poll")]
mod poll;
mod process;
mod receive;
mod run;
mod signals;
mod socket;
mod successor;
mod threads;

#[cfg(feature = "async-io")]
pub use async_io::AsyncIoReactor;
pub use attach::attach;
pub use datagram::{Bind, BindDatagrams, BindError, DatagramPort};
#[cfg(feature = "deferred")]
pub use defer::{
    Exit, FromThread, blocking_call_from_thread, call_from_thread, defer_to_thread, react,
};
pub use inherit::{InheritError, Inherited};
pub use listening::Listening;
pub use passing::PassDescriptors;
#[cfg(feature = "poll")]
pub use poll::PollReactor;
pub use process::{AtEnd, Descriptor, OutputError, Process, Spawn, SpawnProcess, output};
pub use run::{ReactorClock, Settings};
pub use successor::{Successor, SuccessorError};
pub use threads::ThreadPool;

/// The project's front page, whose code has to compile.
#[cfg(all(doctest, feature = "poll"))]
#[doc = include_str!("../../../README.md")]
struct FrontPage;

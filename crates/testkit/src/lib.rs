//! Tools for testing protocols without sockets, and reactors with one suite.
//!
//! - [`Harness`] holds one protocol: feed it bytes, read what it wrote, move its clock.
//! - [`Pair`] holds two, connected, with a latency between them.
//! - [`every_cut`] runs a protocol with its input cut at every byte.
//! - [`MemoryReactor`] is a whole reactor with a network of its own, on a clock that tests move.
//! - [`Client`] is a test's own end of a connection, on any reactor.
//! - [`contract`] is what every reactor has to do, as tests.
//!
//! For dev-dependencies only.
//!
//! ```
//! use bytes::BytesMut;
//! use ropewalk_protocol::{Context, Protocol};
//! use ropewalk_testkit::Harness;
//!
//! struct Echo;
//! impl Protocol for Echo {
//!     type Message = ();
//!     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
//!         cx.send(input.split().freeze());
//!     }
//! }
//!
//! let mut harness = Harness::new(Echo);
//! harness.feed(b"hello");
//! assert_eq!(harness.written(), b"hello");
//! ```

mod client;
pub mod contract;
mod cuts;
mod harness;
mod memory;
mod pair;

pub use client::{Client, ClientProtocol, Doorbell};
pub use cuts::{Outcome, every_cut, every_cut_by};
pub use harness::Harness;
pub use memory::{MemoryReactor, Pace};
pub use pair::Pair;

//! The reactor on tokio: Ropewalk's protocols on a tokio runtime, beside any other tokio code.
//!
//! Each connection is one task. [`TokioReactor::new`] owns a runtime of one thread and runs it;
//! [`TokioReactor::on`] joins a runtime that exists.
//!
//! ```no_run
//! use bytes::BytesMut;
//! use ropewalk_protocol::{Address, Context, Listen, Protocol, Reactor, factory};
//! use ropewalk_tokio::TokioReactor;
//!
//! #[derive(Clone)]
//! struct Echo;
//! impl Protocol for Echo {
//!     type Message = ();
//!     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
//!         cx.send(input.split().freeze());
//!     }
//! }
//!
//! let reactor = TokioReactor::new()?;
//! let address = Address::Tcp(([127, 0, 0, 1], 7007).into());
//! let port = reactor.listen(Listen::new(address), factory(|_| Some(Echo)))?;
//! println!("listening on {}", port.address());
//! reactor.run();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod clock;
mod dial;
#[cfg(feature = "hickory")]
mod hickory;
mod inner;
mod options;
mod reactor;
mod socket;
mod task;
mod watching;

pub use clock::TokioClock;
#[cfg(feature = "hickory")]
pub use hickory::HickoryResolver;
pub use options::Options;
pub use reactor::TokioReactor;

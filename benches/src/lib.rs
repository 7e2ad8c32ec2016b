//! What measures our servers: load generators, rivals, and a harness that runs them in turn.
//!
//! Server and load generator are separate processes. A server says `listening on tcp:PORT:...`
//! when it is ready. A load generator sets up its connections, says `ready`, and then runs one
//! measured phase for each line of its standard input. CPU is that of the server's process, from
//! the kernel's own accounting. Nothing is written but the tables.

#![allow(clippy::print_stdout, reason = "programs for a person at a terminal")]

mod candidate;
mod cpu;
mod fanout_load;
mod inspircd;
mod limits;
mod member;
mod poll;
mod results;
mod shapes;
mod socket;
mod stream_load;
mod tls_load;
mod tls_shapes;
mod turns;

pub use candidate::{Candidate, Load, Server};
pub use cpu::{memory_of, nanoseconds_of};
pub use fanout_load::{Dialect, Fanout};
pub use poll::{Interest, Poll};
pub use results::{Figures, Phase, Rounds};
pub use shapes::{Options, run};
pub use socket::{connect, listen, listen_with};
pub use stream_load::{Counted, Streams};
pub use tls_load::{Handshakes, TlsKey, TlsStreams};

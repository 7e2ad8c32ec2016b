//! What the demo servers have in common: their arguments, and running a factory on a reactor.
//!
//! A server is then its protocol and a line: see `src/bin/echo.rs`. One that needs the reactor is a
//! [`Demo`]: see `src/bin/proxy.rs`. The job runner of `src/bin/jobs.rs` is no server: its parts are
//! here too, for the tests.

mod arguments;
mod bridge;
mod jobs;
mod serve;

pub use arguments::{Arguments, Chosen, Request};
pub use bridge::{Bridge, Look, Stream};
pub use jobs::{Board, Job, JobFile, JobFileError, ShellError, shell};
pub use serve::{Demo, Serves, serve, serve_demo};

/// How to write a protocol, whose code has to do what it says.
#[cfg(doctest)]
#[doc = include_str!("../../docs/protocols.md")]
struct Protocols;

//! What the demo servers have in common: their arguments, and running a factory on a reactor.
//!
//! A server is then its protocol and a line: see `src/bin/echo.rs`.

mod arguments;
mod serve;

pub use arguments::{Arguments, Chosen, Request};
pub use serve::serve;

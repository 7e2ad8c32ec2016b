//! Sends back what arrives.

use std::process::ExitCode;

use ropewalk_examples::serve;
use ropewalk_protocol::factory;
use ropewalk_wire::Echo;

fn main() -> ExitCode {
    serve("echo", "tcp:7777:interface=127.0.0.1", factory(|_| Some(Echo)))
}

//! Sends characters as fast as the peer takes them.

use std::process::ExitCode;

use ropewalk_examples::serve;
use ropewalk_protocol::factory;
use ropewalk_wire::Chargen;

fn main() -> ExitCode {
    serve("chargen", "tcp:7719:interface=127.0.0.1", factory(|_| Some(Chargen)))
}

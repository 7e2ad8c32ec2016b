//! The load generator: `load MODE --port PORT --process PID [--connections N] [--size N],
//! [--lone]`, where MODE is echo, lines, irc, lobby, raw, tls-echo, tls-bulk, tls-full or
//! tls-resumed.
//!
//! Sets up, prints `ready`, then for each line `MESSAGES DEPTH` of its input runs that many
//! messages (for rooms DEPTH is the burst) and prints `COUNT NANOSECONDS CPU`: what arrived, how
//! long it took, and the CPU that the server's process spent.

#![allow(clippy::print_stdout, reason = "the harness reads it")]

use std::error::Error;
use std::io;
use std::time::Instant;

use lexopt::{Arg, ValueExt};

use ropewalk_benches::{Counted, Dialect, Fanout, Handshakes, Streams, TlsStreams, nanoseconds_of};

enum Load {
    Streams(Streams),
    Room(Fanout),
    Tls(TlsStreams),
    Handshakes(Handshakes),
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut mode, mut port, mut process) = (String::new(), 0, 0);
    let (mut connections, mut size) = (64, 64);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(value) => mode = value.string()?,
            Arg::Long("port") => port = parser.value()?.parse()?,
            Arg::Long("process") => process = parser.value()?.parse()?,
            Arg::Long("connections") => connections = parser.value()?.parse()?,
            Arg::Long("size") => size = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let streams = |counted| Streams::connect(port, connections, size, counted).map(Load::Streams);
    let mut load = match mode.as_str() {
        "echo" => streams(Counted::Bytes)?,
        "lines" => streams(Counted::Lines)?,
        "irc" => Load::Room(Fanout::join(port, connections, Dialect::Irc)?),
        "lobby" => Load::Room(Fanout::join(port, connections, Dialect::Lobby)?),
        "raw" => Load::Room(Fanout::join(port, connections, Dialect::Raw)?),
        "tls-echo" => Load::Tls(TlsStreams::connect(port, connections, size, size)?),
        // A byte asks for a block.
        "tls-bulk" => Load::Tls(TlsStreams::connect(port, connections, 1, size)?),
        "tls-full" => Load::Handshakes(Handshakes::full(port)?),
        "tls-resumed" => Load::Handshakes(Handshakes::resumed(port)?),
        _ => return Err(format!("there is no mode `{mode}`").into()),
    };
    println!("ready");
    for line in io::stdin().lines() {
        let line = line?;
        let (messages, depth) = line.split_once(' ').ok_or("wants MESSAGES DEPTH")?;
        let (cpu, start) = (nanoseconds_of(process)?, Instant::now());
        let count = load.run(messages.parse()?, depth.parse()?)?;
        let took = start.elapsed().as_nanos();
        println!("{count} {took} {}", nanoseconds_of(process)? - cpu);
    }
    Ok(())
}

impl Load {
    fn run(&mut self, messages: u64, depth: u64) -> io::Result<u64> {
        match self {
            Self::Streams(streams) => streams.exchange(messages, depth).map(|()| messages),
            Self::Room(room) => room.speak(messages, depth),
            Self::Tls(streams) => streams.exchange(messages, depth).map(|()| messages),
            Self::Handshakes(handshakes) => handshakes.run(messages).map(|()| messages),
        }
    }
}

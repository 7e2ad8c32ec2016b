//! The harness: `bench [NAME] [--rounds N] [--quick]`, as `cargo xtask bench` runs it.

use std::error::Error;

use lexopt::{Arg, ValueExt};

use ropewalk_benches::{Options, run};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut name, mut rounds, mut quick) = (None, None, false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(value) if name.is_none() => name = Some(value.string()?),
            Arg::Long("rounds") => rounds = Some(parser.value()?.parse()?),
            Arg::Long("quick") => quick = true,
            other => return Err(other.unexpected().into()),
        }
    }
    let rounds = rounds.unwrap_or(if quick { 3 } else { 7 });
    run(name.as_deref(), Options { rounds, quick })
}

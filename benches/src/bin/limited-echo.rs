//! An echo that takes ten connections from one address.

#![allow(clippy::print_stdout, reason = "a program for the harness")]

use std::{error::Error, time::Instant};

use ropewalk_policies::{ConnectionLimits, Limited, PrefixRule, Rules};
use ropewalk_protocol::{Address, Listen, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings};
use ropewalk_wire::Echo;

fn main() -> Result<(), Box<dyn Error>> {
    let reactor = PollReactor::new(Settings::default())?;
    let rules = Rules { prefixes: vec![PrefixRule::new(10)], ..Rules::default() };
    let limits = ConnectionLimits::new(rules, Instant::now);
    let echoes = Limited::new(limits, factory(|_| Some(Echo)));
    let mut listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    listen.backlog = 4096;
    let port = reactor.listen(listen, echoes)?;
    println!("listening on {}", port.address());
    reactor.run();
    Ok(())
}

//! Step 1: a reactor that has nothing to do.

use std::io;

use ropewalk_protocol::Reactor;
use ropewalk_reactor::{PollReactor, Settings};

fn main() -> io::Result<()> {
    let reactor = PollReactor::new(Settings::default())?;
    reactor.run();
    Ok(())
}

//! Step 2: it listens, and hangs up.

use std::error::Error;

use bytes::BytesMut;
use ropewalk_endpoints::ServerEndpoint;
use ropewalk_protocol::{Context, Protocol, Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings};

struct Finger;

impl Protocol for Finger {
    type Message = ();

    fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
        cx.close();
    }

    fn data_received(&mut self, _: &mut Context<'_, ()>, _: &mut BytesMut) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args().nth(1);
    let listen = listen.as_deref().unwrap_or("tcp:1079:interface=127.0.0.1");
    let endpoint: ServerEndpoint = listen.parse()?;
    let reactor = PollReactor::new(Settings::default())?;
    let listening = endpoint.listen(&reactor, factory(|_| Some(Finger)))?;
    eprintln!("listening on {listening}");
    reactor.run();
    Ok(())
}

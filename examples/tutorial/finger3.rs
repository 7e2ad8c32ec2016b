//! Step 3: it reads a line, and answers.

use std::error::Error;

use ropewalk_endpoints::ServerEndpoint;
use ropewalk_line::{Delimiter, Lines, write_line};
use ropewalk_protocol::{Context, Framed, Malformed, Reactor, Receiver, factory};
use ropewalk_reactor::{PollReactor, Settings};

struct Finger;

impl Receiver<Lines> for Finger {
    type Message = ();

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, _user: &[u8]) {
        write_line(cx, b"No such user", &Delimiter::CrLf);
        cx.close();
    }

    fn malformed(&mut self, cx: &mut Context<'_, ()>, why: Malformed) {
        write_line(cx, why.to_string().as_bytes(), &Delimiter::CrLf);
        cx.close();
    }
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args().nth(1);
    let listen = listen.as_deref().unwrap_or("tcp:1079:interface=127.0.0.1");
    let endpoint: ServerEndpoint = listen.parse()?;
    let reactor = PollReactor::new(Settings::default())?;
    let fingers = factory(|_| Some(Framed::new(Lines::new(Delimiter::CrLf, LONGEST), Finger)));
    let listening = endpoint.listen(&reactor, fingers)?;
    eprintln!("listening on {listening}");
    reactor.run();
    Ok(())
}

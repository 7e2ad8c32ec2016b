//! Step 4: a factory that knows users, and gives them to each of its protocols.

use std::{collections::HashMap, error::Error, sync::Arc};

use ropewalk_endpoints::ServerEndpoint;
use ropewalk_line::{Delimiter, Lines, write_line};
use ropewalk_protocol::{Context, Factory, Framed, Malformed, Peer, Reactor, Receiver};
use ropewalk_reactor::{PollReactor, Settings};

/// What each user has to say.
type Users = HashMap<String, String>;

struct Finger {
    users: Arc<Users>,
}

impl Receiver<Lines> for Finger {
    type Message = ();

    fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Lines, user: &[u8]) {
        let user = String::from_utf8_lossy(user);
        let answer = self.users.get(user.trim()).map_or("No such user", String::as_str);
        write_line(cx, answer.as_bytes(), &Delimiter::CrLf);
        cx.close();
    }

    fn malformed(&mut self, cx: &mut Context<'_, ()>, why: Malformed) {
        write_line(cx, why.to_string().as_bytes(), &Delimiter::CrLf);
        cx.close();
    }
}

#[derive(Clone)]
struct FingerFactory {
    users: Arc<Users>,
}

impl Factory for FingerFactory {
    type Protocol = Framed<Lines, Finger>;

    fn build(&mut self, _peer: &Peer) -> Option<Self::Protocol> {
        let finger = Finger { users: Arc::clone(&self.users) };
        Some(Framed::new(Lines::new(Delimiter::CrLf, LONGEST), finger))
    }
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args().nth(1);
    let listen = listen.as_deref().unwrap_or("tcp:1079:interface=127.0.0.1");
    let endpoint: ServerEndpoint = listen.parse()?;
    let reactor = PollReactor::new(Settings::default())?;
    let users = HashMap::from([
        ("alice".to_owned(), "Splicing the mooring lines before the tide".to_owned()),
        ("bob".to_owned(), "At the tar kettle".to_owned()),
    ]);
    let listening = endpoint.listen(&reactor, FingerFactory { users: Arc::new(users) })?;
    eprintln!("listening on {listening}");
    reactor.run();
    Ok(())
}

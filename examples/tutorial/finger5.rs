//! Step 5: users are files, which are read on another thread; and a file may be missing or broken.

use std::{error::Error, fs, io, path::PathBuf, sync::Arc};

use ropewalk_endpoints::ServerEndpoint;
use ropewalk_line::{Delimiter, Lines, write_line};
use ropewalk_protocol::{Context, Framed, Malformed, Reactor, Receiver, factory};
use ropewalk_reactor::{PollReactor, Settings};

/// A folder with a file for each user.
#[derive(Clone)]
struct Plans<R> {
    reactor: R,
    folder: Arc<PathBuf>,
}

/// Why there is no plan.
enum LookupError {
    NoSuchUser,
    Failed(String),
}

impl<R: Reactor> Plans<R> {
    /// Reads a user's plan, on a thread that may block.
    async fn look_up(self, user: String) -> Result<String, LookupError> {
        if user.is_empty() || user.starts_with('.') || user.contains(['/', '\0']) {
            return Err(LookupError::NoSuchUser);
        }
        let path = self.folder.join(user);
        match self.reactor.call_in_thread(move || fs::read_to_string(path)).await {
            Some(Ok(plan)) => Ok(plan),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(LookupError::NoSuchUser)
            }
            Some(Err(error)) => Err(LookupError::Failed(error.to_string())),
            None => Err(LookupError::Failed("the look-up panicked".to_owned())),
        }
    }
}

struct Finger<R> {
    plans: Plans<R>,
}

impl<R: Reactor> Receiver<Lines> for Finger<R> {
    type Message = Result<String, LookupError>;

    fn frame_received(&mut self, cx: &mut Context<'_, Self::Message>, _: &mut Lines, user: &[u8]) {
        let user = String::from_utf8_lossy(user).trim().to_owned();
        cx.pause_reading(); // one question a connection
        cx.spawn(self.plans.clone().look_up(user));
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, plan: Self::Message) {
        let answer = match plan {
            Ok(plan) => plan,
            Err(LookupError::NoSuchUser) => "No such user".to_owned(),
            Err(LookupError::Failed(why)) => {
                eprintln!("a look-up failed: {why}");
                "Something went wrong here; try again later".to_owned()
            }
        };
        for line in answer.lines() {
            write_line(cx, line.as_bytes(), &Delimiter::CrLf);
        }
        cx.close();
    }

    fn malformed(&mut self, cx: &mut Context<'_, Self::Message>, why: Malformed) {
        write_line(cx, why.to_string().as_bytes(), &Delimiter::CrLf);
        cx.close();
    }
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (listen, folder) = (arguments.next(), arguments.next());
    let listen = listen.as_deref().unwrap_or("tcp:1079:interface=127.0.0.1");
    let folder = folder.as_deref().unwrap_or("plans");
    let endpoint: ServerEndpoint = listen.parse()?;
    let reactor = PollReactor::new(Settings::default())?;
    let plans = Plans { reactor: reactor.clone(), folder: Arc::new(folder.into()) };
    let fingers = factory(move |_| {
        let finger = Finger { plans: plans.clone() };
        Some(Framed::new(Lines::new(Delimiter::CrLf, LONGEST), finger))
    });
    let listening = endpoint.listen(&reactor, fingers)?;
    eprintln!("listening on {listening}");
    reactor.run();
    Ok(())
}

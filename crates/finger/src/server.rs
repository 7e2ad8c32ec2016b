//! The server: the remote user information program of RFC 1288.

use std::time::{Duration, Instant};

use ropewalk_line::{Delimiter, Lines};
use ropewalk_protocol::{Context, Flow, Framed, Malformed, Reason, Receiver};

use crate::{Answer, Characters, Directory, LookupError, Query, QueryError, answer::Cleaner};

/// How a server answers.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_finger::Settings;
///
/// let settings = Settings { lookup: Duration::from_secs(5), ..Settings::default() };
/// # let _ = settings;
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    /// How long the query may take to come.
    pub query: Duration,
    /// How long the directory may take.
    pub lookup: Duration,
    /// How long the answer may take to leave.
    pub answer: Duration,
    /// The longest answer, in bytes; what is longer is cut off, and says so.
    pub length: usize,
    /// Which characters leave.
    pub characters: Characters,
}

/// 30 seconds for each step, 1 MiB, ASCII.
impl Default for Settings {
    fn default() -> Self {
        let time = Duration::from_secs(30);
        let (length, characters) = (1024 * 1024, Characters::Ascii);
        Self { query: time, lookup: time, answer: time, length, characters }
    }
}

/// The server: it reads one query, asks the directory, answers and closes.
///
/// A [`Receiver`] of lines; [`Ruip::protocol`] is all of it.
#[derive(Debug)]
pub struct Ruip<D> {
    directory: Option<D>,
    settings: Settings,
    step: Step,
    until: Option<Instant>,
    cleaner: Cleaner,
    /// Put to use again for each piece.
    clean: Vec<u8>,
    left: usize,
}

#[derive(Debug)]
enum Step {
    Reading,
    LookingUp,
    Answering(Answer),
    Done,
}

/// The directory's answer, on its way to the connection that asked.
#[derive(Debug)]
pub struct Done(Result<Answer, LookupError>);

type Cx<'a> = Context<'a, Done>;

impl<D: Directory> Ruip<D> {
    /// A server's protocol.
    pub fn protocol(directory: D, settings: Settings) -> Framed<Lines, Self> {
        let lines = Lines::new(Delimiter::LfOrCrLf, Query::MAX_LENGTH);
        Framed::new(lines, Self::new(directory, settings))
    }

    fn new(directory: D, settings: Settings) -> Self {
        Self {
            directory: Some(directory),
            settings,
            step: Step::Reading,
            until: None,
            cleaner: Cleaner::new(settings.characters),
            clean: Vec::new(),
            left: settings.length,
        }
    }

    fn ask(&mut self, cx: &mut Cx<'_>, query: Query) {
        let Some(directory) = self.directory.take() else { return };
        self.step = Step::LookingUp;
        self.until = Some(cx.now() + self.settings.lookup);
        cx.pause_reading(); // one query, and nothing after it
        if !query.hosts().is_empty() {
            cx.spawn(async move { Done(directory.forward(query).await) });
        } else if query.user().is_empty() {
            cx.spawn(async move { Done(directory.users(query).await) });
        } else {
            cx.spawn(async move { Done(directory.user(query).await) });
        }
    }

    /// Writes as much as there is room for.
    fn fill(&mut self, cx: &mut Cx<'_>) {
        while let Step::Answering(answer) = &mut self.step {
            if cx.outflow() != Flow::Open {
                return;
            }
            let Some(piece) = answer.next() else { return self.finish(cx) };
            self.clean.clear();
            self.cleaner.clean(&piece, &mut self.clean);
            if self.clean.len() > self.left {
                cx.write(&self.clean[..self.left]);
                cx.write(b"\r\nThe answer is too long, and was cut off\r\n");
                return self.finish(cx);
            }
            self.left -= self.clean.len();
            cx.write(&self.clean);
        }
    }

    /// Says one line and ends.
    fn say(&mut self, cx: &mut Cx<'_>, line: &str) {
        if matches!(self.step, Step::Done) {
            return;
        }
        let mut clean = Vec::with_capacity(line.len() + 2);
        let mut cleaner = Cleaner::new(self.settings.characters);
        cleaner.clean(line.as_bytes(), &mut clean);
        cleaner.clean(b"\n", &mut clean);
        cx.write(&clean);
        self.finish(cx);
    }

    fn finish(&mut self, cx: &mut Cx<'_>) {
        self.step = Step::Done;
        self.until = None;
        cx.close();
    }
}

impl<D: Directory> Receiver<Lines> for Ruip<D> {
    type Message = Done;

    fn connection_made(&mut self, cx: &mut Cx<'_>) {
        self.until = Some(cx.now() + self.settings.query);
    }

    fn frame_received(&mut self, cx: &mut Cx<'_>, _: &mut Lines, line: &[u8]) {
        match Query::parse(line) {
            Ok(query) => self.ask(cx, query),
            Err(error) => self.say(cx, &error.to_string()),
        }
    }

    fn malformed(&mut self, cx: &mut Cx<'_>, why: Malformed) {
        let line = match why {
            Malformed::TooLong { length, limit, .. } => {
                QueryError::TooLong { length, limit }.to_string()
            }
            why => why.to_string(),
        };
        self.say(cx, &line);
    }

    fn message_received(&mut self, cx: &mut Cx<'_>, Done(answer): Done) {
        if !matches!(self.step, Step::LookingUp) {
            return; // it came too late
        }
        match answer {
            Ok(answer) => {
                self.step = Step::Answering(answer);
                self.until = Some(cx.now() + self.settings.answer);
                self.fill(cx);
            }
            Err(error) => {
                if let LookupError::Failed(why) = &error {
                    tracing::error!(%why, "a directory failed");
                }
                self.say(cx, &error.to_string());
            }
        }
    }

    fn drained(&mut self, cx: &mut Cx<'_>) {
        self.fill(cx);
    }

    fn eof_received(&mut self, cx: &mut Cx<'_>) {
        // Behind a query the end waits, since reading is paused.
        self.finish(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        self.until
    }

    fn timed_out(&mut self, cx: &mut Cx<'_>) {
        match self.step {
            Step::Reading => self.say(cx, "No query came in time"),
            Step::LookingUp => self.say(cx, &LookupError::Unavailable.to_string()),
            Step::Answering(_) | Step::Done => cx.abort(),
        }
    }

    fn connection_lost(&mut self, _: &Reason) {
        self.step = Step::Done;
    }
}

//! What is shown while jobs run.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Write},
    time::{Duration, Instant},
};

use ropewalk_task::{Event, Progress};

use super::ShellError;

/// The state of all steps, shown as lines that are drawn again and again on a terminal, and as one
/// line for each change elsewhere.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_examples::Board;
///
/// let mut board = Board::new(["fetch".to_owned(), "unpack".to_owned()], Instant::now());
/// board.wrote("fetch", b"50 %");
/// assert!(board.draw(Instant::now(), 80, 24).contains("0 of 2"));
/// ```
#[derive(Debug)]
pub struct Board {
    rows: Vec<Row>,
    numbers: HashMap<String, usize>,
    began: Instant,
    ended: usize,
    running: usize,
    /// Lines that were drawn and will be drawn over.
    drawn: usize,
}

#[derive(Debug)]
struct Row {
    name: String,
    state: State,
    since: Instant,
    /// The last line that it wrote, or why it failed.
    said: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Waiting,
    Running,
    Resting,
    Done(Duration),
    DoneBefore,
    Failed,
    Cancelled,
}

impl Board {
    /// Nothing has begun.
    pub fn new(names: impl IntoIterator<Item = String>, now: Instant) -> Self {
        let row = |name| Row { name, state: State::Waiting, since: now, said: String::new() };
        let rows: Vec<_> = names.into_iter().map(row).collect();
        let numbers = rows.iter().enumerate().map(|(number, row)| (row.name.clone(), number));
        Self { numbers: numbers.collect(), rows, began: now, ended: 0, running: 0, drawn: 0 }
    }

    /// A step wrote a line.
    pub fn wrote(&mut self, step: &str, line: &[u8]) {
        if let Some(row) = self.row(step) {
            row.said = plain(line);
        }
    }

    /// Something has happened to a step: the line that says so, for what is not a terminal.
    pub fn told(&mut self, progress: &Progress<'_, ShellError>, now: Instant) -> String {
        (self.ended, self.running) = (progress.ended, progress.running);
        let count = format!("[{}/{}]", progress.ended, progress.total);
        let Some(row) = self.row(progress.step) else { return String::new() };
        let took = now.saturating_duration_since(row.since);
        let last = || match row.said.is_empty() {
            true => String::new(),
            false => format!(": {}", row.said),
        };
        let (state, said, what) = match &progress.event {
            Event::Started { attempt: 1 } => (State::Running, String::new(), "started".to_owned()),
            Event::Started { attempt } => {
                (State::Running, String::new(), format!("started, try {attempt}"))
            }
            Event::Retrying { error, delay } => {
                let what = format!("{error}, again in {}{}", seconds(*delay), last());
                (State::Resting, what.clone(), what)
            }
            Event::Done => (State::Done(took), String::new(), format!("done in {}", seconds(took))),
            Event::DoneBefore => (State::DoneBefore, String::new(), "done before".to_owned()),
            Event::Failed { error } => {
                let what = format!("{error}{}", last());
                (State::Failed, what.clone(), format!("failed: {what}"))
            }
            Event::Cancelled { because_of } => {
                let what = format!("`{because_of}` failed");
                (State::Cancelled, what.clone(), format!("not run: {what}"))
            }
            _ => (row.state, row.said.clone(), String::new()),
        };
        (row.state, row.said, row.since) = (state, said, now);
        format!("{count} {}: {what}", progress.step)
    }

    /// The lines for a terminal of so many columns and rows, over those that were drawn before.
    ///
    /// Where not all steps have room, those that run and those that failed come first.
    pub fn draw(&mut self, now: Instant, columns: usize, rows: usize) -> String {
        let mut out = String::new();
        if self.drawn > 0 {
            let _ = write!(out, "\x1b[{}A\r", self.drawn); // writing to a String does not fail
        }
        let room = rows.saturating_sub(2).max(1);
        let mut shown: Vec<_> = (0..self.rows.len()).collect();
        shown.sort_by_key(|number| (self.rows[*number].rank(), *number));
        shown.truncate(room);
        shown.sort_unstable();
        let width = shown.iter().map(|number| self.rows[*number].name.chars().count()).max();
        let width = width.unwrap_or(0).min(columns / 2);
        for number in &shown {
            self.rows[*number].draw(&mut out, now, columns, width);
        }
        let total = self.rows.len();
        let filled = (20 * self.ended).checked_div(total).unwrap_or(20);
        let summary = format!(
            "[{:<20}] {} of {total}, {} running, {}",
            "#".repeat(filled),
            self.ended,
            self.running,
            seconds(now.saturating_duration_since(self.began)),
        );
        let _ = writeln!(out, "{}\x1b[K\x1b[J", cut(&summary, columns));
        self.drawn = shown.len() + 1;
        out
    }

    /// Draws onto `out`.
    ///
    /// # Errors
    /// The system's.
    pub fn show(
        &mut self,
        now: Instant,
        (columns, rows): (usize, usize),
        out: &mut impl Write,
    ) -> io::Result<()> {
        out.write_all(self.draw(now, columns, rows).as_bytes())?;
        out.flush()
    }

    fn row(&mut self, step: &str) -> Option<&mut Row> {
        self.numbers.get(step).map(|number| &mut self.rows[*number])
    }
}

impl Row {
    /// Who is shown first where there is too little room.
    fn rank(&self) -> u8 {
        match self.state {
            State::Failed => 0,
            State::Running | State::Resting => 1,
            State::Waiting => 2,
            State::Done(_) | State::DoneBefore | State::Cancelled => 3,
        }
    }

    fn draw(&self, out: &mut String, now: Instant, columns: usize, width: usize) {
        let (colour, word) = match self.state {
            State::Waiting => ("2", "waiting"),
            State::Running => ("36", "running"),
            State::Resting => ("33", "resting"),
            State::Done(_) => ("32", "done"),
            State::DoneBefore => ("32", "before"),
            State::Failed => ("31", "failed"),
            State::Cancelled => ("33", "not run"),
        };
        let time = match self.state {
            State::Running => seconds(now.saturating_duration_since(self.since)),
            State::Done(took) => seconds(took),
            _ => String::new(),
        };
        let name = cut(&self.name, width);
        let line = cut(&format!("{name:width$}  {word:<7} {time:>8}  {}", self.said), columns);
        let _ = writeln!(out, "\x1b[{colour}m{}\x1b[0m\x1b[K", line.trim_end());
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60.. => format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60),
    }
}

fn cut(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}

/// What a command writes may have anything in it; a terminal gets characters.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let shown = text.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
    shown.chars().map(|it| if it.is_control() { ' ' } else { it }).take(500).collect()
}

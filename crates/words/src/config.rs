//! The configuration file: everything has a default, and every mistake in it is named.

mod admission;
mod process;
mod read;
mod rows;

use std::{fmt, path::PathBuf};

use toml::{Spanned, de::DeTable};

use crate::{Settings, irc::IrcSettings};

pub use self::{admission::Admission, process::ProcessSettings};
use self::{
    read::Reader,
    rows::{ROWS, Row},
};

/// What the server is told by its configuration file.
///
/// ```
/// use ropewalk_words::Config;
///
/// let config = Config::parse("[server]\nnetwork = \"Ropes\"\n", |_| Ok(())).unwrap();
/// assert_eq!(config.irc.network, "Ropes");
///
/// let mistakes = Config::parse("[server]\nnick = 3\n\n[limits]\nnick = 0\n", |_| Ok(())).unwrap_err();
/// assert_eq!(mistakes[0].to_string(), "2: server.nick: there is no such key");
/// assert_eq!(mistakes[1].to_string(), "5: limits.nick: 0 is not from 1 to 64");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Endpoint strings of where to listen.
    pub listen: Vec<String>,
    /// What drives the connections.
    pub reactor: ReactorChoice,
    /// How many threads it has.
    pub threads: usize,
    /// As whom it runs, and with which files.
    pub process: ProcessSettings,
    /// From where how many connections are let in.
    pub admission: Admission,
    /// A file whose lines are the message of the day, in place of those in `irc`.
    pub motd_file: Option<PathBuf>,
    /// How the IRC front end presents itself.
    pub irc: IrcSettings,
    /// What the realm is made with.
    pub realm: Settings,
}

/// What drives connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReactorChoice {
    /// One poller a thread.
    #[default]
    Poll,
    /// A task a connection, on async-io.
    AsyncIo,
}

impl ReactorChoice {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Poll, Self::AsyncIo];

    /// What it is called on the command line and in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::AsyncIo => "async-io",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec!["tcp:6667:interface=127.0.0.1".to_owned()],
            reactor: ReactorChoice::default(),
            threads: 1,
            process: ProcessSettings::default(),
            admission: Admission::default(),
            motd_file: None,
            irc: IrcSettings::default(),
            realm: Settings::default(),
        }
    }
}

impl Config {
    /// The configuration that `text` is. `check_endpoint` says what is wrong with a string of
    /// `listen`.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the file.
    pub fn parse(
        text: &str,
        check_endpoint: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Self, Vec<Mistake>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader::new(text, &check_endpoint);
        for error in errors {
            let start = error.span().map_or(0, |span| span.start);
            reader.mistake_at(start, "", error.message());
        }
        let mut config = Self::default();
        config.read_table(table.get_ref(), "", &mut reader);
        reader.finish(config)
    }

    /// The default configuration with a word about each key, as a file to begin with.
    ///
    /// ```
    /// use ropewalk_words::Config;
    ///
    /// let text = Config::annotated();
    /// assert!(Config::parse(&text, |_| Ok(())).is_ok());
    /// ```
    #[must_use]
    pub fn annotated() -> String {
        let default = Self::default();
        let mut text = String::from("# All keys, with their defaults.\n");
        let mut section = "";
        for row in ROWS {
            if row.section != section {
                section = row.section;
                text += &format!("\n[{section}]\n");
            }
            for line in row.about.lines() {
                text += &format!("# {line}\n");
            }
            match (row.show)(&default) {
                Some(value) => text += &format!("{} = {value}\n", row.key),
                None => text += &format!("# {} = {}\n", row.key, row.example),
            }
        }
        text
    }

    fn read_table(&mut self, table: &DeTable<'_>, section: &str, reader: &mut Reader<'_>) {
        for (key, value) in table {
            let path = joined(section, key.get_ref());
            let row = ROWS.iter().find(|row| joined(row.section, row.key) == path);
            if let Some(row) = row {
                reader.path.clone_from(&path);
                (row.set)(self, value, reader);
            } else if ROWS.iter().any(|row| is_in(row, &path)) {
                match value.get_ref().as_table() {
                    Some(table) => self.read_table(table, &path, reader),
                    None => reader.mistake_at(value.span().start, &path, "this is a table"),
                }
            } else {
                reader.mistake_at(key.span().start, &path, &unknown(section, key));
            }
        }
    }
}

fn joined(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// Whether a row is in the table with this path, or in one inside it.
fn is_in(row: &Row, path: &str) -> bool {
    row.section.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What to say about a key that there is not, with one that may have been meant.
fn unknown(section: &str, key: &Spanned<toml::de::DeString<'_>>) -> String {
    let near = |row: &&Row| row.section == section && distance(row.key, key.get_ref()) <= 2;
    match ROWS.iter().filter(near).min_by_key(|row| distance(row.key, key.get_ref())) {
        Some(row) => format!("there is no such key; is it `{}`?", row.key),
        None => "there is no such key".to_owned(),
    }
}

/// How many letters have to be changed, added or taken away to make one word the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, second) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *second);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// One thing that is wrong in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The key with the tables that it is in; empty where the text is no TOML.
    pub key: String,
    /// What is wrong.
    pub what: String,
}

/// As `LINE: KEY: WHAT`; the file's name can be put before it.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, what } = self;
        if key.is_empty() {
            write!(f, "{line}: {what}")
        } else {
            write!(f, "{line}: {key}: {what}")
        }
    }
}

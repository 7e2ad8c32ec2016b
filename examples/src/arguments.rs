//! The arguments that every demo server takes.

use lexopt::{Arg, Parser, ValueExt};
use ropewalk_endpoints::ServerEndpoint;
use ropewalk_service::Application;

/// How to run a demo server.
#[derive(Debug)]
pub struct Arguments {
    /// Where to listen.
    pub listen: Vec<ServerEndpoint>,
    /// On which reactor.
    pub reactor: Chosen,
    /// Threads that serve connections.
    pub threads: usize,
    /// As whom, and with which files.
    pub application: Application,
}

/// A reactor, chosen by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chosen {
    /// One poller a thread.
    Poll,
    /// A task a connection, on async-io.
    AsyncIo,
    /// A task a connection, on tokio.
    Tokio,
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Request {
    /// To serve.
    Serve(Arguments),
    /// To say how it is used.
    Help,
}

impl Request {
    /// Reads the command line of the program `name`; without `--listen`, it is `default`.
    ///
    /// # Errors
    /// What is wrong with it, for a person to read.
    ///
    /// ```
    /// use ropewalk_examples::{Chosen, Request};
    ///
    /// let words = ["--reactor", "async-io", "--threads", "2"];
    /// let Ok(Request::Serve(arguments)) = Request::read("echo", words, "tcp:7777") else { panic!() };
    /// assert_eq!((arguments.reactor, arguments.threads), (Chosen::AsyncIo, 2));
    /// assert_eq!(arguments.listen[0].to_string(), "tcp:7777:interface=0.0.0.0");
    /// ```
    pub fn read<I>(name: &str, words: I, default: &str) -> Result<Self, lexopt::Error>
    where
        I: IntoIterator,
        I::Item: Into<std::ffi::OsString>,
    {
        let mut parser = Parser::from_args(words);
        let (mut listen, mut reactor, mut threads) = (Vec::new(), Chosen::Poll, 1);
        let mut application = Application::new(name);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("listen") => listen.push(endpoint(&parser.value()?.string()?)?),
                Arg::Long("reactor") => reactor = parser.value()?.parse_with(chosen)?,
                Arg::Long("threads") => threads = parser.value()?.parse_with(count)?,
                Arg::Long("user") => application.user = Some(parser.value()?.string()?),
                Arg::Long("group") => application.group = Some(parser.value()?.string()?),
                Arg::Long("pid-file") => application.pid_file = Some(parser.value()?.into()),
                Arg::Long("log-file") => application.log_file = Some(parser.value()?.into()),
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                other => return Err(other.unexpected()),
            }
        }
        if listen.is_empty() {
            listen.push(endpoint(default)?);
        }
        Ok(Self::Serve(Arguments { listen, reactor, threads, application }))
    }
}

fn endpoint(text: &str) -> Result<ServerEndpoint, lexopt::Error> {
    text.parse().map_err(|error| lexopt::Error::Custom(Box::new(error)))
}

fn chosen(name: &str) -> Result<Chosen, String> {
    let found = REACTORS.iter().find(|(known, _)| *known == name);
    let known = || REACTORS.map(|(name, _)| name).join(", ");
    found.map(|(_, chosen)| *chosen).ok_or_else(|| format!("there are {}", known()))
}

fn count(text: &str) -> Result<usize, &'static str> {
    let count = text.parse().ok().filter(|count| (1..=1024).contains(count));
    count.ok_or("it is a number from 1 to 1024")
}

/// Every reactor that a demo server runs on; a new one is a new row.
const REACTORS: [(&str, Chosen); 3] =
    [("poll", Chosen::Poll), ("async-io", Chosen::AsyncIo), ("tokio", Chosen::Tokio)];

//! Running a factory's protocols on the reactor that the command line names.

use std::{
    error::Error,
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use ropewalk_protocol::{Factory, Protocol, Reactor};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings, SpawnProcess};
use ropewalk_service::{Server, Services};
use ropewalk_tokio::{Options, TokioReactor};

use crate::{Arguments, Chosen, Request};

/// A demo whose factory needs a reactor: one that connects, or asks threads.
pub trait Demo {
    /// The program's name.
    const NAME: &'static str;
    /// Where it listens when nothing else is said.
    const LISTENS: &'static str;
    /// Its own options, as lines for `--help`.
    const OPTIONS: &'static str;

    /// What serves connections on this reactor.
    ///
    /// # Errors
    /// What is in the way, for a person to read.
    fn factory<R: Reactor>(&self, reactor: &R) -> Result<impl Serves, Box<dyn Error>>;
}

/// A factory that a listener can have.
pub trait Serves:
    Factory<Protocol: Protocol<Message: Send + 'static> + Send + 'static> + Clone + Send + 'static
{
}

impl<F> Serves for F where
    F: Factory<Protocol: Protocol<Message: Send + 'static> + Send + 'static>
        + Clone
        + Send
        + 'static
{
}

/// Serves as the command line says, until a signal ends it. `name` is the program's, `default`
/// where it listens when nothing else is said.
///
/// Prints a line `listening on ...` for each endpoint when it is ready. The status is 2 where the
/// command line is wrong, and 1 where listening does not work.
pub fn serve<F: Serves>(name: &str, default: &str, factory: F) -> ExitCode {
    let words = std::env::args_os().skip(1).collect();
    let start = Start { name, default, options: "" };
    start.serve(words, &Made(factory))
}

/// The same as [`serve`], for a [`Demo`] that has read its own options from the command line;
/// `rest` are the words that are not its.
pub fn serve_demo<D: Demo>(demo: &D, rest: Vec<OsString>) -> ExitCode {
    let start = Start { name: D::NAME, default: D::LISTENS, options: D::OPTIONS };
    start.serve(rest, demo)
}

/// A factory that needs nothing.
struct Made<F>(F);

impl<F: Serves> Demo for Made<F> {
    const NAME: &'static str = "";
    const LISTENS: &'static str = "";
    const OPTIONS: &'static str = "";

    fn factory<R: Reactor>(&self, _: &R) -> Result<impl Serves, Box<dyn Error>> {
        Ok(self.0.clone())
    }
}

/// What a program says of itself.
struct Start<'a> {
    name: &'a str,
    default: &'a str,
    options: &'a str,
}

impl Start<'_> {
    fn serve(&self, words: Vec<OsString>, demo: &impl Demo) -> ExitCode {
        let outcome = match Request::read(self.name, words, self.default) {
            Ok(Request::Serve(arguments)) => run(arguments, demo),
            Ok(Request::Help) => self.help(),
            Err(error) => {
                eprintln!("{}: {error}", self.name);
                return ExitCode::from(2);
            }
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: {error}", self.name);
                ExitCode::FAILURE
            }
        }
    }

    fn help(&self) -> Result<(), Box<dyn Error>> {
        let Self { name, default, options } = self;
        let text = format!(
            "{name} [--listen ENDPOINT]... [--reactor poll|async-io|tokio] [--threads N]\n\
             \x20    [--user NAME] [--group NAME] [--pid-file FILE] [--log-file FILE]\n\
             \n  --listen ENDPOINT   where to listen, such as tcp:7777:interface=127.0.0.1,\
             \n                      unix:/run/{name}.sock, or tls:7777:key=key.pem:cert=cert.pem;\
             \n                      may be repeated (default: {default})\
             \n  --reactor NAME      what drives the connections (default: poll)\
             \n  --threads N         threads that serve connections (default: 1)\
             \n  --user, --group     whom to become once it listens\
             \n  --pid-file FILE     a file for the number of the process\
             \n  --log-file FILE     where to log instead of standard error; RUST_LOG says how much\
             \n{options}"
        );
        Ok(io::stdout().write_all(text.as_bytes())?)
    }
}

fn run(mut arguments: Arguments, demo: &impl Demo) -> Result<(), Box<dyn Error>> {
    arguments.application.log()?;
    let settings = Settings { threads: arguments.threads, ..Settings::default() };
    match arguments.reactor {
        Chosen::Poll => run_on(&PollReactor::new(settings)?, &arguments, demo),
        Chosen::AsyncIo => run_on(&AsyncIoReactor::new(settings), &arguments, demo),
        Chosen::Tokio if settings.threads == 1 => run_on(&TokioReactor::new()?, &arguments, demo),
        Chosen::Tokio => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(settings.threads).enable_all().build()?;
            let reactor = TokioReactor::on(runtime.handle().clone(), Options::default());
            run_on(&reactor, &arguments, demo)
        }
    }
}

fn run_on<R: SpawnProcess>(
    reactor: &R,
    arguments: &Arguments,
    demo: &impl Demo,
) -> Result<(), Box<dyn Error>> {
    let factory = demo.factory(reactor)?;
    let mut services = Services::default();
    for endpoint in &arguments.listen {
        let server = Server::new(reactor, endpoint.clone(), factory.clone());
        services.add("server", server)?;
    }
    Ok(arguments.application.run(reactor, services, say)?)
}

/// What a server says goes through a pipe to whoever started it: each line at once. Where nobody
/// reads it any more, there is nobody to tell.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

//! Running a factory's protocols on the reactor that the command line names.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use ropewalk_protocol::{Factory, Protocol, Reactor};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings};
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

/// The same as [`serve`], for a [`Demo`] that has read its own options from the command line;
/// `rest` are the words that are not its.
pub fn serve_demo<D: Demo>(demo: &D, rest: Vec<std::ffi::OsString>) -> ExitCode {
    let (name, default) = (D::NAME, D::LISTENS);
    let arguments = match Request::read(rest, default) {
        Ok(Request::Serve(arguments)) => arguments,
        Ok(Request::Help) => return ended(name, help(name, default, D::OPTIONS)),
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
    };
    let settings = Settings { threads: arguments.threads, ..Settings::default() };
    ended(name, run(&arguments, settings, demo))
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

/// Serves as the command line says, until a signal ends it. `name` is the program's, `default`
/// where it listens when nothing else is said.
///
/// Prints a line `listening on ...` for each endpoint when it is ready. The status is 2 where the
/// command line is wrong, and 1 where listening does not work.
pub fn serve<F>(name: &str, default: &str, factory: F) -> ExitCode
where
    F: Serves,
{
    let arguments = match Request::read(std::env::args_os().skip(1), default) {
        Ok(Request::Serve(arguments)) => arguments,
        Ok(Request::Help) => return ended(name, help(name, default, "")),
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
    };
    let settings = Settings { threads: arguments.threads, ..Settings::default() };
    ended(name, run(&arguments, settings, &Made(factory)))
}

fn run<D: Demo>(arguments: &Arguments, settings: Settings, demo: &D) -> Result<(), Box<dyn Error>> {
    match arguments.reactor {
        Chosen::Poll => run_on(&PollReactor::new(settings)?, arguments, demo),
        Chosen::AsyncIo => run_on(&AsyncIoReactor::new(settings), arguments, demo),
        Chosen::Tokio if settings.threads == 1 => run_on(&TokioReactor::new()?, arguments, demo),
        Chosen::Tokio => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(settings.threads).enable_all().build()?;
            let reactor = TokioReactor::on(runtime.handle().clone(), Options::default());
            run_on(&reactor, arguments, demo)
        }
    }
}

fn run_on<R: Reactor, D: Demo>(
    reactor: &R,
    arguments: &Arguments,
    demo: &D,
) -> Result<(), Box<dyn Error>> {
    let factory = demo.factory(reactor)?;
    let mut ports = Vec::new();
    for endpoint in &arguments.listen {
        ports.push(endpoint.listen(reactor, factory.clone())?);
    }
    let mut out = io::stdout().lock();
    for port in &ports {
        writeln!(out, "listening on {}", port.address())?;
    }
    out.flush()?;
    drop(out);
    reactor.run();
    Ok(())
}

fn help(name: &str, default: &str, options: &str) -> Result<(), Box<dyn Error>> {
    let text = format!(
        "{name} [--listen ENDPOINT]... [--reactor poll|async-io|tokio] [--threads N]\n\
         \n  --listen ENDPOINT   where to listen, such as tcp:7777:interface=127.0.0.1 or\
         \n                      unix:/run/{name}.sock; may be repeated (default: {default})\
         \n  --reactor NAME      what drives the connections (default: poll)\
         \n  --threads N         threads that serve connections (default: 1)\n{options}"
    );
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn ended(name: &str, outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

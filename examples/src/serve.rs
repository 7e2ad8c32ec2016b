//! Running a factory's protocols on the reactor that the command line names.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use ropewalk_protocol::{Factory, Protocol};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings, SpawnProcess};
use ropewalk_service::{Server, Services};
use ropewalk_tokio::{Options, TokioReactor};

use crate::{Arguments, Chosen, Request};

/// Serves as the command line says, until a signal ends it. `name` is the program's, `default`
/// where it listens when nothing else is said.
///
/// Prints a line `listening on ...` for each endpoint when it is ready. The status is 2 where the
/// command line is wrong, and 1 where listening does not work.
pub fn serve<F>(name: &str, default: &str, factory: F) -> ExitCode
where
    F: Factory + Clone + Send + 'static,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    let arguments = match Request::read(name, std::env::args_os().skip(1), default) {
        Ok(Request::Serve(arguments)) => arguments,
        Ok(Request::Help) => return ended(name, help(name, default)),
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
    };
    ended(name, run(arguments, factory))
}

fn run<F>(mut arguments: Arguments, factory: F) -> Result<(), Box<dyn Error>>
where
    F: Factory + Clone + Send + 'static,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    arguments.application.log()?;
    let settings = Settings { threads: arguments.threads, ..Settings::default() };
    match arguments.reactor {
        Chosen::Poll => run_on(&PollReactor::new(settings)?, &arguments, factory),
        Chosen::AsyncIo => run_on(&AsyncIoReactor::new(settings), &arguments, factory),
        Chosen::Tokio if settings.threads == 1 => {
            run_on(&TokioReactor::new()?, &arguments, factory)
        }
        Chosen::Tokio => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(settings.threads).enable_all().build()?;
            let reactor = TokioReactor::on(runtime.handle().clone(), Options::default());
            run_on(&reactor, &arguments, factory)
        }
    }
}

fn run_on<R, F>(reactor: &R, arguments: &Arguments, factory: F) -> Result<(), Box<dyn Error>>
where
    R: SpawnProcess,
    F: Factory + Clone + Send + 'static,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
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

fn help(name: &str, default: &str) -> Result<(), Box<dyn Error>> {
    let text = format!(
        "{name} [--listen ENDPOINT]... [--reactor poll|async-io|tokio] [--threads N]\n\
         \x20    [--user NAME] [--group NAME] [--pid-file FILE] [--log-file FILE]\n\
         \n  --listen ENDPOINT   where to listen, such as tcp:7777:interface=127.0.0.1 or\
         \n                      unix:/run/{name}.sock; may be repeated (default: {default})\
         \n  --reactor NAME      what drives the connections (default: poll)\
         \n  --threads N         threads that serve connections (default: 1)\
         \n  --user, --group     whom to become once it listens\
         \n  --pid-file FILE     a file for the number of the process\
         \n  --log-file FILE     where to log instead of standard error; RUST_LOG says how much\n"
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

//! The chat server: IRC on as many endpoints as wanted.

use std::{
    error::Error,
    ffi::OsString,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime},
};

use lexopt::{Arg, ValueExt};
use ropewalk_clock::Clock;
use ropewalk_endpoints::ServerEndpoint;
use ropewalk_policies::{ConnectionLimits, Limited};
use ropewalk_protocol::{Limits, Reactor};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings, SpawnProcess};
use ropewalk_service::{Application, Server, Service, Services, Timer};
use ropewalk_words::{Config, Hall, ReactorChoice, irc::IrcServer};

fn main() -> ExitCode {
    match run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is gone there is nobody to tell.
            let _ = writeln!(io::stderr(), "words: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Box<dyn Error>> {
    match Wish::parse(lexopt::Parser::from_iter(arguments))? {
        Wish::Help => say(HELP),
        Wish::Version => say(concat!("words ", env!("CARGO_PKG_VERSION"), "\n")),
        Wish::PrintConfig => say(&Config::annotated()),
        Wish::CheckConfig(path) => {
            load(&path)?;
            say(&format!("{}: no mistakes\n", path.display()))
        }
        Wish::Serve(options) => serve(options.config()?),
    }
}

/// What the command line asks for.
enum Wish {
    Help,
    Version,
    PrintConfig,
    CheckConfig(PathBuf),
    Serve(Options),
}

#[derive(Default)]
struct Options {
    config: Option<PathBuf>,
    listen: Vec<String>,
    reactor: Option<ReactorChoice>,
    threads: Option<usize>,
}

impl Wish {
    fn parse(mut parser: lexopt::Parser) -> Result<Self, Box<dyn Error>> {
        let (mut options, mut check) = (Options::default(), false);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                Arg::Long("print-config") => return Ok(Self::PrintConfig),
                Arg::Long("check-config") => check = true,
                Arg::Value(path) if check && options.config.is_none() => {
                    options.config = Some(path.into());
                }
                Arg::Long("config") => options.config = Some(parser.value()?.into()),
                Arg::Long("listen") => options.listen.push(parser.value()?.string()?),
                Arg::Long("reactor") => {
                    let name = parser.value()?.string()?;
                    let choice = ReactorChoice::named(&name);
                    let unknown = || format!("--reactor {name}: there are poll and async-io");
                    options.reactor = Some(choice.ok_or_else(unknown)?);
                }
                Arg::Long("threads") => {
                    let threads: usize = parser.value()?.parse()?;
                    if !(1..=256).contains(&threads) {
                        return Err(format!("--threads {threads} is not from 1 to 256").into());
                    }
                    options.threads = Some(threads);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        match options.config {
            Some(path) if check => Ok(Self::CheckConfig(path)),
            None if check => Err("--check-config needs a file to check".into()),
            config => Ok(Self::Serve(Options { config, ..options })),
        }
    }
}

impl Options {
    /// The file's configuration, with what the command line says in place of its own.
    fn config(self) -> Result<Config, Box<dyn Error>> {
        let mut config = match &self.config {
            Some(path) => load(path)?,
            None => Config::default(),
        };
        if !self.listen.is_empty() {
            config.listen = self.listen;
        }
        config.reactor = self.reactor.unwrap_or(config.reactor);
        config.threads = self.threads.unwrap_or(config.threads);
        Ok(config)
    }
}

/// Reads a configuration file; the error names every mistake in it, a line each.
fn load(path: &Path) -> Result<Config, Box<dyn Error>> {
    let file = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    let parsed = Config::parse(&text, |endpoint| {
        endpoint.parse::<ServerEndpoint>().map(drop).map_err(|error| error.to_string())
    });
    let mut config = parsed.map_err(|mistakes| {
        let named: Vec<_> = mistakes.iter().map(|mistake| format!("\n{file}:{mistake}")).collect();
        format!("the configuration has mistakes{}", named.concat())
    })?;
    if let Some(motd) = &config.motd_file {
        let text = fs::read(motd)
            .map_err(|error| format!("{file}: server.motd_file: {}: {error}", motd.display()))?;
        let text = String::from_utf8_lossy(&text).replace('\0', "");
        config.irc.motd = text.lines().map(|line| line.replace('\r', "")).collect();
    }
    Ok(config)
}

fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    let mut application = Application::new("words");
    application.user = config.process.user.clone();
    application.group = config.process.group.clone();
    application.pid_file = config.process.pid_file.clone();
    application.log_file = config.process.log_file.clone();
    application.log()?;
    let settings = Settings { threads: config.threads, ..Settings::default() };
    match config.reactor {
        ReactorChoice::AsyncIo => serve_on(&AsyncIoReactor::new(settings), &application, config),
        _ => serve_on(&PollReactor::new(settings)?, &application, config),
    }
}

fn serve_on(
    reactor: &impl SpawnProcess,
    application: &Application,
    config: Config,
) -> Result<(), Box<dyn Error>> {
    let now = reactor.clock().now();
    let hall = Hall::new(config.realm, now, SystemTime::now().into());
    // The front end cuts a client off at the send queue's limit, and can say so; what is below
    // it only has to allow that much.
    let limits = Arc::new(Limits {
        outbox: config.irc.sendq.saturating_add(1024 * 1024),
        mailbox: 8192,
        ..Limits::default()
    });
    let irc = IrcServer::new(hall.clone(), config.irc, now)?;
    let clock = reactor.clock();
    let admission = ConnectionLimits::new(config.admission.rules(), move || clock.now());
    let irc = Limited::new(admission, irc).farewell(TOO_MANY);
    let mut services = Services::default();
    services.add("wall clock", follow_the_wall_clock(reactor, hall))?;
    for endpoint in &config.listen {
        let server = Server::new(reactor, endpoint.parse()?, irc.clone());
        services.add("irc", server.limited(Arc::clone(&limits)))?;
    }
    Ok(application.run(reactor, services, |line| {
        let _ = say(&format!("{line}\n")); // where nobody reads it there is nobody to tell
    })?)
}

/// What is said to those who are not let in.
const TOO_MANY: &str = "ERROR :Too many connections from your network\r\n";

/// Tells the hall what the machine's clock says, which somebody may set.
fn follow_the_wall_clock(reactor: &impl Reactor, hall: Hall) -> impl Service + 'static {
    let clock = reactor.clock();
    Timer::new(reactor, Duration::from_secs(30), move || {
        hall.set_time(clock.now(), SystemTime::now().into());
        std::future::ready(())
    })
}

fn say(text: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

const HELP: &str = "\
words: a chat server that speaks IRC

    words [--config FILE] [--listen ENDPOINT]... [--reactor poll|async-io] [--threads N]
    words --print-config        print the configuration, with its defaults explained
    words --check-config FILE   name every mistake in a configuration file

Without a configuration it listens on tcp:6667:interface=127.0.0.1. RUST_LOG sets what is logged.
";

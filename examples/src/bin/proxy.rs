//! Passes connections on to somewhere else, under every policy that there is.

use std::{error::Error, ffi::OsString, process::ExitCode, time::Duration};

use lexopt::{Arg, Parser, ValueExt};
use ropewalk_clock::Clock;
use ropewalk_endpoints::ClientEndpoint;
use ropewalk_examples::{Demo, Serves, serve_demo};
use ropewalk_policies::{
    Bucket, ConnectionLimits, Forward, Idle, Limited, Onward, PrefixRule, Rate, Rules, Throttle,
    TrafficLog, journal,
};
use ropewalk_protocol::{Address, Factory, Filtered, Listen, Peer, Reactor, factory};
use ropewalk_wire::Echo;

struct Proxy {
    to: Option<ClientEndpoint>,
    rate: Option<u64>,
    total_rate: Option<u64>,
    limit: usize,
    total: usize,
    idle: u64,
    log: Option<Log>,
}

#[derive(Clone, Copy)]
enum Log {
    Text,
    Hex,
}

impl Demo for Proxy {
    const NAME: &'static str = "proxy";
    const LISTENS: &'static str = "tcp:7780:interface=127.0.0.1";
    const OPTIONS: &'static str = "\
\n  --to ENDPOINT       where to, such as tcp:HOST:PORT (default: an echo of its own)\
\n  --rate BYTES        a second, each way, of a connection (default: no limit)\
\n  --total-rate BYTES  a second, each way, of all together (default: no limit)\
\n  --limit N           connections from one address (default: 100)\
\n  --total N           connections in all (default: 10000)\
\n  --idle SECONDS      after which a silent connection is closed (default: 600)\
\n  --log text|hex      writes what passes to standard error\n";

    fn factory<R: Reactor>(&self, reactor: &R) -> Result<impl Serves, Box<dyn Error>> {
        let to = match &self.to {
            Some(to) => to.clone(),
            None => echo(reactor)?,
        };
        eprintln!("forwarding to {to}");
        let dial = {
            let reactor = reactor.clone();
            move |_: &Peer, onward: Onward| to.connect(&reactor, onward)
        };
        let (mut forward, idle) = (Forward::new(dial), Duration::from_secs(self.idle));
        let forward = move |peer: &Peer| Some(Idle::new(idle, forward.build(peer)?));
        let log = self.log.map(start_log);
        let logged = factory(move |_: &Peer| {
            let log = log.clone().map_or_else(TrafficLog::tracing, TrafficLog::shared);
            Some(Filtered::new(log, factory(forward.clone())))
        });
        let (reads, writes) = (self.bucket(), self.bucket());
        let rate = self.rate;
        let throttled = factory(move |_: &Peer| {
            let mut throttle = Throttle::default();
            if let Some(reads) = each(&reads, rate) {
                throttle = throttle.reading(reads);
            }
            if let Some(writes) = each(&writes, rate) {
                throttle = throttle.writing(writes);
            }
            Some(Filtered::new(throttle, logged.clone()))
        });
        let rules = Rules {
            total: self.total,
            prefixes: vec![PrefixRule::new(self.limit)],
            ..Rules::default()
        };
        let clock = reactor.clock();
        let limits = ConnectionLimits::new(rules, move || clock.now());
        Ok(Limited::new(limits, throttled).farewell("too many connections\n"))
    }
}

impl Proxy {
    fn read() -> Result<(Self, Vec<OsString>), lexopt::Error> {
        let mut proxy = Self {
            to: None,
            rate: None,
            total_rate: None,
            limit: 100,
            total: 10_000,
            idle: 600,
            log: None,
        };
        let mut parser = Parser::from_env();
        let mut rest = Vec::new();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("to") => proxy.to = Some(parser.value()?.parse()?),
                Arg::Long("rate") => proxy.rate = Some(parser.value()?.parse()?),
                Arg::Long("total-rate") => proxy.total_rate = Some(parser.value()?.parse()?),
                Arg::Long("limit") => proxy.limit = parser.value()?.parse()?,
                Arg::Long("total") => proxy.total = parser.value()?.parse()?,
                Arg::Long("idle") => proxy.idle = parser.value()?.parse()?,
                Arg::Long("log") => proxy.log = Some(parser.value()?.parse_with(log)?),
                Arg::Short('h') | Arg::Long("help") => rest.push("--help".into()),
                Arg::Long(name) => {
                    rest.push(format!("--{name}").into());
                    rest.extend(parser.optional_value());
                }
                Arg::Value(value) => rest.push(value),
                other @ Arg::Short(_) => return Err(other.unexpected()),
            }
        }
        Ok((proxy, rest))
    }

    /// The bucket for all connections together, one way.
    fn bucket(&self) -> Option<Bucket> {
        self.total_rate.map(|rate| Bucket::new(Rate::per_second(rate)))
    }
}

/// The bucket of one connection.
fn each(all: &Option<Bucket>, rate: Option<u64>) -> Option<Bucket> {
    match (all, rate.map(Rate::per_second)) {
        (Some(all), Some(rate)) => Some(all.child(rate)),
        (Some(all), None) => Some(all.clone()),
        (None, rate) => rate.map(Bucket::new),
    }
}

fn log(name: &str) -> Result<Log, &'static str> {
    match name {
        "text" => Ok(Log::Text),
        "hex" => Ok(Log::Hex),
        _ => Err("there are text, hex"),
    }
}

type Sink = std::sync::Arc<dyn Fn(&ropewalk_policies::Record<'_>) + Send + Sync>;

fn start_log(log: Log) -> Sink {
    let (sink, journal) = journal(
        4096,
        match log {
            Log::Text => |record| record.to_string(),
            Log::Hex => |record| format!("{record:x}"),
        },
    );
    // It ends with the last connection, or with the program.
    std::thread::spawn(move || journal.run(std::io::stderr()));
    sink
}

/// An echo on a port of its own.
fn echo(reactor: &impl Reactor) -> Result<ClientEndpoint, Box<dyn Error>> {
    let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
    let port = reactor.listen(listen, factory(|_| Some(Echo)))?;
    let number = port.address().port().ok_or("an echo without a port")?;
    Ok(format!("tcp:127.0.0.1:{number}").parse()?)
}

fn main() -> ExitCode {
    match Proxy::read() {
        Ok((proxy, rest)) => serve_demo(&proxy, rest),
        Err(error) => {
            eprintln!("proxy: {error}");
            ExitCode::from(2)
        }
    }
}

//! Serves the files of a folder, whether it is well, and how much it was asked.

use std::{
    error::Error,
    ffi::OsString,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use lexopt::{Arg, Parser};
use ropewalk_clock::Clock;
use ropewalk_examples::{Demo, Serves, serve_demo};
use ropewalk_http::{
    Answer, Files, Handler, Health, Intake, Method, Metrics, Request, Response, Router, Server,
    Settings,
};
use ropewalk_policies::{ConnectionLimits, Limited, PrefixRule, Rules};
use ropewalk_protocol::{Phase, Reactor, factory};

struct Web {
    folder: Option<PathBuf>,
}

/// Counts what another handler is asked.
struct Counted<H> {
    inner: H,
    asked: ropewalk_http::Counter,
}

impl<H: Handler> Handler for Counted<H> {
    fn intake(&self, head: &Request) -> Intake {
        self.inner.intake(head)
    }

    fn handle(&self, request: Request) -> Answer {
        self.asked.add(1);
        self.inner.handle(request)
    }
}

impl Demo for Web {
    const NAME: &'static str = "web";
    const LISTENS: &'static str = "tcp:8080:interface=127.0.0.1";
    const OPTIONS: &'static str = "\
\n  --folder FOLDER     whose files are served (default: a page of its own)\n";

    fn factory<R: Reactor>(&self, reactor: &R) -> Result<impl Serves, Box<dyn Error>> {
        let metrics = Metrics::new();
        let asked = |what| {
            metrics.counter(
                "web_requests_total",
                "Requests, by what they were for.",
                &[("for", what)],
            )
        };
        let health = Health::new();
        let ending = health.clone();
        reactor.add_trigger(Phase::BeforeShutdown, async move { ending.set_ready(false) });
        let health = Counted { inner: health, asked: asked("health")? };
        let shown = Counted { inner: metrics.clone(), asked: asked("metrics")? };
        let router =
            Router::new().at(Method::Get, "/health", health).at(Method::Get, "/metrics", shown);
        let files = asked("files")?;
        let router = match &self.folder {
            Some(folder) => {
                let inner = Files::new(reactor.clone(), folder)
                    .map_err(|error| format!("{}: {error}", folder.display()))?;
                router.at(Method::Get, "/", Counted { inner, asked: files })
            }
            None => {
                let page = |_: Request| Response::new(200, "text/html; charset=utf-8", PAGE);
                router.at(Method::Get, "/", Counted { inner: page, asked: files })
            }
        };
        let settings = Settings::new(SystemTime::now);
        let served = factory(move |_| Some(Server::new(router.clone(), settings.clone())));
        let clock = reactor.clock();
        let rules = Rules { prefixes: vec![PrefixRule::new(200)], ..Rules::default() };
        let limits = ConnectionLimits::new(rules, move || clock.now());
        watch(reactor.clone(), &metrics, limits.clone())?;
        Ok(Limited::new(limits, served))
    }
}

/// Looks once a second how many connections there are.
fn watch<R: Reactor>(
    reactor: R,
    metrics: &Metrics,
    limits: ConnectionLimits,
) -> Result<(), Box<dyn Error>> {
    let open = metrics.gauge("web_connections", "Connections now.", &[])?;
    let clock = reactor.clock();
    reactor.spawn(async move {
        loop {
            open.set(i64::try_from(limits.open()).unwrap_or(i64::MAX));
            clock.sleep_until(clock.now() + Duration::from_secs(1)).await;
        }
    });
    Ok(())
}

fn read() -> Result<(Web, Vec<OsString>), lexopt::Error> {
    let (mut web, mut rest) = (Web { folder: None }, Vec::new());
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("folder") => web.folder = Some(parser.value()?.into()),
            Arg::Short('h') => rest.push("--help".into()),
            Arg::Long(name) => {
                rest.push(format!("--{name}").into());
                rest.extend(parser.optional_value());
            }
            Arg::Value(value) => rest.push(value),
            other @ Arg::Short(_) => return Err(other.unexpected()),
        }
    }
    Ok((web, rest))
}

fn main() -> ExitCode {
    match read() {
        Ok((web, rest)) => serve_demo(&web, rest),
        Err(error) => {
            eprintln!("web: {error}");
            ExitCode::from(2)
        }
    }
}

const PAGE: &str = "<!DOCTYPE html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Ropewalk</title>
<h1>It runs</h1>
<p>This page is the server's own; <code>--folder FOLDER</code> serves files.
<p><a href=\"/health\">health</a>, <a href=\"/metrics\">metrics</a>
</html>
";

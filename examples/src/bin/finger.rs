//! Says who is there, from a folder of plans; or asks another server.

use std::{
    error::Error,
    ffi::OsString,
    fs, io,
    io::Write,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use lexopt::{Arg, Parser, ValueExt};
use ropewalk_endpoints::ClientEndpoint;
use ropewalk_examples::{Demo, Serves, serve_demo};
use ropewalk_finger::{
    Answer, Characters, Directory, Inquiry, LookupError, Patience, Query, Ruip, Settings,
};
use ropewalk_protocol::{Reactor, factory};
use ropewalk_reactor::{PollReactor, Settings as ReactorSettings};

#[derive(Clone)]
enum Plans {
    /// A file for each user.
    Folder(Arc<PathBuf>),
    BuiltIn,
}

struct Finger {
    plans: Plans,
    forwards: bool,
}

/// What a plan is shown as: its first line, or all of it.
#[derive(Clone)]
struct Office<R> {
    reactor: R,
    plans: Plans,
    forwards: bool,
}

impl<R: Reactor> Directory for Office<R> {
    async fn user(self, query: Query) -> Result<Answer, LookupError> {
        let plans = self.plans.clone();
        let name = query.user().to_owned();
        let found = self.reactor.call_in_thread(move || plans.read(&name)).await;
        let plan = found.ok_or(LookupError::Unavailable)??;
        Ok(match query.is_verbose() {
            true => Answer::from(plan),
            false => Answer::from(plan.lines().next().unwrap_or_default().to_owned() + "\n"),
        })
    }

    async fn users(self, _: Query) -> Result<Answer, LookupError> {
        let plans = self.plans.clone();
        let found = self.reactor.call_in_thread(move || plans.names()).await;
        let names = found.ok_or(LookupError::Unavailable)??;
        Ok(Answer::pieces(names.into_iter().map(|name| (name + "\n").into())))
    }

    async fn forward(self, query: Query) -> Result<Answer, LookupError> {
        let Some((next, rest)) = query.next_hop().filter(|_| self.forwards) else {
            return Err(LookupError::ForwardingDenied);
        };
        let failed = |error: &dyn std::fmt::Display| LookupError::Onward(error.to_string());
        let host = next.replace('\\', "\\\\").replace(':', "\\:");
        let endpoint: ClientEndpoint =
            format!("tcp:{host}:79").parse().map_err(|it| failed(&it))?;
        let (inquiry, answer) = Inquiry::new(&rest, Patience::default());
        endpoint.connect(&self.reactor, inquiry).await.map_err(|error| failed(&error))?;
        Ok(Answer::from(answer.await.map_err(|error| failed(&error))?))
    }
}

impl Plans {
    fn read(&self, name: &str) -> Result<String, LookupError> {
        let Self::Folder(folder) = self else {
            return BUILT_IN.get(name).map(|it| (*it).to_owned()).ok_or(LookupError::NoSuchUser);
        };
        if !is_file_name(name) {
            return Err(LookupError::NoSuchUser);
        }
        match fs::read_to_string(folder.join(name)) {
            Ok(plan) => Ok(plan),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(LookupError::NoSuchUser),
            Err(error) => Err(LookupError::Failed(error.to_string())),
        }
    }

    fn names(&self) -> Result<Vec<String>, LookupError> {
        let Self::Folder(folder) = self else {
            return Ok(BUILT_IN.names());
        };
        let entries = fs::read_dir(&**folder).map_err(|it| LookupError::Failed(it.to_string()))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| is_file_name(name)).collect();
        names.sort();
        Ok(names)
    }
}

/// Whether it names a file in the folder, and not one that hides or is elsewhere.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0'])
}

struct BuiltIn(&'static [(&'static str, &'static str)]);

const BUILT_IN: BuiltIn = BuiltIn(&[
    ("alice", "Alice, in the rope loft\nPlan: to splice the mooring lines before the tide.\n"),
    ("bob", "Bob, at the tar kettle\nNo plan.\n"),
]);

impl BuiltIn {
    fn get(&self, name: &str) -> Option<&&'static str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, plan)| plan)
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

impl Demo for Finger {
    const NAME: &'static str = "finger";
    const LISTENS: &'static str = "tcp:7079:interface=127.0.0.1";
    const OPTIONS: &'static str = "\
\n  --plans FOLDER      a file for each user (default: two users of its own)\
\n  --forward           passes queries for other hosts on\
\n\
\n  finger ask QUERY --server ENDPOINT     asks a server, such as tcp:HOST:79\n";

    fn factory<R: Reactor>(&self, reactor: &R) -> Result<impl Serves, Box<dyn Error>> {
        let (plans, forwards) = (self.plans.clone(), self.forwards);
        let office = Office { reactor: reactor.clone(), plans, forwards };
        let settings = Settings { characters: Characters::International, ..Settings::default() };
        Ok(factory(move |_| Some(Ruip::protocol(office.clone(), settings))))
    }
}

/// What the command line asks for.
enum Request {
    Serve(Finger, Vec<OsString>),
    Ask(Query, ClientEndpoint),
}

fn read() -> Result<Request, lexopt::Error> {
    let mut finger = Finger { plans: Plans::BuiltIn, forwards: false };
    let (mut rest, mut server, mut query) = (Vec::new(), None, None);
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("plans") => finger.plans = Plans::Folder(Arc::new(parser.value()?.into())),
            Arg::Long("forward") => finger.forwards = true,
            Arg::Long("server") => server = Some(parser.value()?.parse()?),
            Arg::Value(word) if word == "ask" => query = Some(parser.value()?.parse()?),
            Arg::Short('h') => rest.push("--help".into()),
            Arg::Long(name) => {
                rest.push(format!("--{name}").into());
                rest.extend(parser.optional_value());
            }
            Arg::Value(value) => rest.push(value),
            other @ Arg::Short(_) => return Err(other.unexpected()),
        }
    }
    match (query, server) {
        (Some(query), Some(server)) => Ok(Request::Ask(query, server)),
        (Some(_), None) => Err("which server? --server tcp:HOST:79".into()),
        (None, Some(_)) => Err("what? ask QUERY --server ENDPOINT".into()),
        (None, None) => Ok(Request::Serve(finger, rest)),
    }
}

fn ask(query: &Query, server: &ClientEndpoint) -> Result<(), Box<dyn Error>> {
    let reactor = PollReactor::new(ReactorSettings::default())?;
    let (inquiry, answer) = Inquiry::new(query, Patience::default());
    let connecting = server.connect(&reactor, inquiry);
    let told = Arc::new(Mutex::new(Err("it was interrupted".to_owned())));
    let (tells, stops) = (Arc::clone(&told), reactor.clone());
    reactor.spawn(async move {
        let result = match connecting.await {
            Ok(_) => answer.await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        *tells.lock().unwrap_or_else(PoisonError::into_inner) = result;
        stops.stop();
    });
    reactor.run();
    let result = told.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    let text = Inquiry::printable(&result, Characters::International);
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn main() -> ExitCode {
    let result = match read() {
        Ok(Request::Serve(finger, rest)) => return serve_demo(&finger, rest),
        Ok(Request::Ask(query, server)) => ask(&query, &server),
        Err(error) => {
            eprintln!("finger: {error}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("finger: {error}");
            ExitCode::FAILURE
        }
    }
}

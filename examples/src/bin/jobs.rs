//! Runs the steps of a file, and goes on where it was when it is started again.

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_channel::oneshot;
use futures_lite::FutureExt;
use lexopt::{Arg, ValueExt};
use ropewalk_clock::Clock;
use ropewalk_examples::{Board, JobFile, ShellError, shell};
use ropewalk_protocol::{Phase, Reactor};
use ropewalk_reactor::{PollReactor, ReactorClock, Settings};
use ropewalk_task::{FileJournal, First, Graph, LoopingCall, Plan, Report};

struct Arguments {
    file: PathBuf,
    journal: PathBuf,
    fresh: bool,
    limit: Option<std::num::NonZeroUsize>,
}

fn main() -> ExitCode {
    match arguments() {
        Ok(None) => {
            say(HELP.trim_end());
            ExitCode::SUCCESS
        }
        Ok(Some(arguments)) => match run(&arguments) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(error) => fail(&*error),
        },
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("jobs: {error}");
    ExitCode::from(2)
}

const HELP: &str = "\
jobs FILE [OPTIONS]: runs the steps of a file, each after those that it depends on\n\
\n  --journal FILE  where finished steps are noted (default: the file's name with .journal)\
\n  --fresh         forgets what was finished before\
\n  --limit N       how many steps run at once (default: what the file says, or 4)\n\
\nA step is `[[step]]` with the keys name and run (a command for sh), and if wanted after (names of\
\nsteps), timeout and delay (seconds) and tries. A step that has failed is run again at the next start,\
\none that is done is not. When all are done the journal is removed. The status is 0 then, 1 when a\
\nstep failed, 2 when the file or the journal cannot be used.\n";

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let (mut file, mut journal, mut fresh, mut limit) = (None, None, false, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(value) if file.is_none() => file = Some(PathBuf::from(value)),
            Arg::Long("journal") => journal = Some(PathBuf::from(parser.value()?)),
            Arg::Long("fresh") => fresh = true,
            Arg::Long("limit") => limit = Some(parser.value()?.parse()?),
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    let file = file.ok_or("which file? (see --help)")?;
    let journal = journal.unwrap_or_else(|| {
        let mut name = file.clone().into_os_string();
        name.push(".journal");
        name.into()
    });
    Ok(Some(Arguments { file, journal, fresh, limit }))
}

/// Whether all went well.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let path = &arguments.file;
    let file = read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let reactor = PollReactor::new(Settings::default())?;
    let names = file.steps.iter().map(|step| step.name.clone());
    let shown = Shown::new(Board::new(names, reactor.clock().now()), reactor.clock());
    let plan =
        plan(&file, &reactor, &shown).map_err(|error| format!("{}: {error}", path.display()))?;
    let journal = Arc::new(Mutex::new(journal(arguments)?));
    let plan = plan.journal(Arc::clone(&journal));

    let limit = arguments.limit.unwrap_or(file.limit);
    let drawing = shown.draw_often();
    let (handle, clock) = (reactor.clone(), reactor.clock());
    let report: Arc<Mutex<Option<Report<ShellError>>>> = Arc::default();
    let reports = Arc::clone(&report);
    let (stop, stopped) = oneshot::channel::<()>();
    let (end, ended) = oneshot::channel::<()>();
    reactor.spawn(async move {
        let run = async { Some(plan.run(&clock, limit).await) };
        let interrupted = async { stopped.await.ok().and(None) };
        let report = run.or(interrupted).await;
        *reports.lock().unwrap_or_else(PoisonError::into_inner) = report;
        drop(end);
        handle.stop();
    });
    // Ctrl-C: what runs is dropped before its processes are told to end, which would count as failed.
    reactor.add_trigger(Phase::BeforeShutdown, async move {
        let _ = stop.send(()); // an error: it is over
        let _ = ended.await; // an error is what is waited for: the other end was dropped
    });
    reactor.run();

    drop(drawing);
    shown.draw();
    let report = report.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(report) = report else {
        say("stopped: start it again to go on");
        return Ok(false);
    };
    let success = report.is_success();
    report.journal?;
    if success {
        // The run is over, and has let go of it.
        if let Some(journal) = Arc::into_inner(journal) {
            journal.into_inner().unwrap_or_else(PoisonError::into_inner).remove()?;
        }
        say("all done");
    } else {
        say("not all done: start it again to try what failed");
    }
    Ok(success)
}

fn read(path: &Path) -> Result<JobFile, Box<dyn Error>> {
    let length = fs::metadata(path)?.len();
    if length > JobFile::LARGEST as u64 {
        let limit = JobFile::LARGEST;
        return Err(format!("a file of {length} bytes is larger than the limit of {limit}").into());
    }
    Ok(JobFile::parse(&fs::read_to_string(path)?)?)
}

fn journal(arguments: &Arguments) -> Result<FileJournal, Box<dyn Error>> {
    let mut journal = FileJournal::open(&arguments.journal)?;
    if arguments.fresh && !journal.is_empty() {
        journal.remove()?;
        journal = FileJournal::open(&arguments.journal)?;
    }
    Ok(journal)
}

fn plan(
    file: &JobFile,
    reactor: &PollReactor,
    shown: &Shown,
) -> Result<Plan<ShellError>, Box<dyn Error>> {
    let mut graph = Graph::default();
    for job in &file.steps {
        let (reactor, shown, own) = (reactor.clone(), shown.clone(), job.clone());
        graph.add(job.step(move || {
            let (shown, name) = (shown.clone(), own.name.clone());
            shell(&reactor, &own.run, move |line| shown.board().wrote(&name, line))
        }))?;
    }
    let shown = shown.clone();
    Ok(graph.plan()?.observe(move |progress| {
        let now = shown.clock.now();
        let line = shown.board().told(progress, now);
        if !shown.on_terminal {
            say(&line);
        }
    }))
}

/// A reader that is gone does not keep the work from being done.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The board, and where it is shown.
#[derive(Clone)]
struct Shown {
    board: Arc<Mutex<Board>>,
    clock: ReactorClock,
    on_terminal: bool,
}

impl Shown {
    fn new(board: Board, clock: ReactorClock) -> Self {
        let on_terminal = io::stdout().is_terminal();
        Self { board: Arc::new(Mutex::new(board)), clock, on_terminal }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self) {
        if self.on_terminal {
            let size = rustix::termios::tcgetwinsize(io::stdout());
            let size = size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()));
            // As in `say`.
            let _ = self.board().show(self.clock.now(), size, &mut io::stdout().lock());
        }
    }

    /// Ten times a second, as long as this is kept.
    fn draw_often(&self) -> impl Drop {
        let draws = self.clone();
        let drawing = LoopingCall::<_, String>::new(&self.clock, move || {
            draws.draw();
            Ok(())
        });
        // It does not run yet, so it starts; its end is nobody's business.
        drop(drawing.start(Duration::from_millis(100), First::Now));
        StopOnDrop(drawing)
    }
}

struct StopOnDrop(LoopingCall<ReactorClock, String>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        let _ = self.0.stop(); // an error: it has stopped
    }
}

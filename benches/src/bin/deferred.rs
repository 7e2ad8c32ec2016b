//! Deferreds, in this process: ours against the futures crate's oneshot, and against the original.
//!
//! `deferred [--rounds N] [--quick]` makes one, attaches three callbacks, of which the last one keeps
//! the result, fires it, and drops it: CPU nanoseconds each, and the ratio to the first of a table in the same round. The
//! original runs under `$ROPEWALK_PYTHON`, or under CPython in an environment made below `target`.

#![allow(clippy::print_stdout, reason = "it is a report")]

use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::Instant;

use futures_channel::oneshot;
use futures_util::{FutureExt, TryFutureExt};
use lexopt::{Arg, ValueExt};
use rustix::time::{ClockId, clock_gettime};

use ropewalk_benches::{Phase, Rounds};
use ropewalk_deferred::{Deferred, local};

type Candidate<'a> = (&'a str, Box<dyn Fn(u64) -> Result<Phase, Box<dyn Error>> + 'a>);

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut count) = (7, 2_000_000);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("rounds") => rounds = parser.value()?.parse()?,
            Arg::Long("quick") => count = 200_000,
            other => return Err(other.unexpected().into()),
        }
    }
    let inline = [ours("oneshot, three combinators", oneshot), ours("Deferred, one thread", alone)];
    let boxed = [ours("the same, boxed", boxed), ours("Deferred, Send", shared)];
    compare("one thread: make, three callbacks, fire", &inline, rounds, count)?;
    compare("Send: make, three callbacks, fire", &boxed, rounds, count)?;
    match python() {
        Ok(python) => {
            let original = move |count| original(&python, count);
            let candidates: [Candidate<'_>; 3] = [
                ("Twisted, CPython", Box::new(original)),
                ours("Deferred, one thread", alone),
                ours("Deferred, Send", shared),
            ];
            compare("against the original", &candidates, rounds, count / 10)
        }
        Err(why) => {
            println!("left out: the original ({why})");
            Ok(())
        }
    }
}

fn compare(
    what: &str,
    candidates: &[Candidate<'_>],
    rounds: usize,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    let mut table = Rounds::new(candidates.iter().map(|(name, _)| (*name).to_owned()).collect());
    for round in 0..=rounds {
        for (index, (_, candidate)) in candidates.iter().enumerate() {
            let phase = candidate(count)?;
            // The first round only warms up.
            if round > 0 {
                table.add(index, phase);
            }
        }
    }
    table.print(&format!("deferred, {what}"));
    Ok(())
}

fn ours(name: &str, once: fn(u64)) -> Candidate<'_> {
    let measure = move |count| {
        let (before, start) = (cpu(), Instant::now());
        for number in 0..count {
            once(black_box(number));
            assert_eq!(SEEN.load(Ordering::Relaxed), number + 6);
        }
        let nanoseconds = u64::try_from(start.elapsed().as_nanos())?;
        Ok(Phase { messages: count, nanoseconds, cpu: cpu() - before })
    };
    (name, Box::new(measure))
}

/// Where the last of the callbacks puts the result.
static SEEN: AtomicU64 = AtomicU64::new(0);

fn see(value: u64) {
    SEEN.store(value, Ordering::Relaxed);
}

fn alone(number: u64) {
    let (deferred, resolver) = local::Deferred::<u64, String>::pending();
    let deferred = deferred
        .add_callback(|value| Ok(value + 1))
        .add_callback(|value| Ok(value + 2))
        .add_callback(|value| {
            see(value + 3);
            Ok(())
        });
    let _ = resolver.succeed(number);
    drop(deferred);
}

fn shared(number: u64) {
    let (deferred, resolver) = Deferred::<u64, String>::pending();
    let deferred = deferred
        .add_callback(|value| Ok(value + 1))
        .add_callback(|value| Ok(value + 2))
        .add_callback(|value| {
            see(value + 3);
            Ok(())
        });
    let _ = resolver.succeed(number);
    drop(deferred);
}

type Fallible<T> = Result<T, String>;

fn chain(
    receiver: oneshot::Receiver<Fallible<u64>>,
) -> impl Future<Output = Fallible<()>> + Send + 'static {
    receiver
        .map(|sent| sent.unwrap_or_else(|_| Err(String::new())))
        .map_ok(|value| value + 1)
        .map_ok(|value| value + 2)
        .map_ok(|value| see(value + 3))
}

fn oneshot(number: u64) {
    let (sender, receiver) = oneshot::channel();
    let chain = pin!(chain(receiver));
    let _ = sender.send(Ok(number));
    poll(chain);
}

fn boxed(number: u64) {
    let (sender, receiver) = oneshot::channel();
    let mut chain = chain(receiver).boxed();
    let _ = sender.send(Ok(number));
    poll(chain.as_mut());
}

fn poll<F: Future<Output = Fallible<()>> + ?Sized>(future: Pin<&mut F>) {
    let _ = black_box(future.poll(&mut Context::from_waker(Waker::noop())));
}

/// The original doing the same, in a process of its own that measures itself.
fn original(python: &PathBuf, count: u64) -> Result<Phase, Box<dyn Error>> {
    let output = Command::new(python).arg("-c").arg(PROGRAM).arg(count.to_string()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let nanoseconds = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Phase { messages: count, nanoseconds, cpu: nanoseconds })
}

const PROGRAM: &str = "
import sys, time
from twisted.internet.defer import Deferred
def one(value): return value + 1
def two(value): return value + 2
seen = 0
def three(value):
    global seen
    seen = value + 3
def run(count):
    for number in range(count):
        deferred = Deferred()
        deferred.addCallback(one)
        deferred.addCallback(two)
        deferred.addCallback(three)
        deferred.callback(number)
        assert seen == number + 6
run(10000)
start = time.process_time_ns()
run(int(sys.argv[1]))
print(time.process_time_ns() - start)
";

/// A Python that has Twisted.
fn python() -> Result<PathBuf, Box<dyn Error>> {
    let has_twisted = |python: &PathBuf| {
        let mut import = Command::new(python);
        import.args(["-c", "import twisted.internet.defer"]);
        import.output().is_ok_and(|output| output.status.success())
    };
    if let Some(python) = std::env::var_os("ROPEWALK_PYTHON").map(PathBuf::from)
        && has_twisted(&python)
    {
        return Ok(python);
    }
    // The program is in target/release.
    let target = std::env::current_exe()?.with_file_name("..");
    let environment = target.join("bench-python");
    let python = environment.join("bin/python");
    if !has_twisted(&python) {
        let run = |command: &mut Command| match command.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "twisted"]))?;
    }
    Ok(python)
}

/// The CPU of this thread so far, in nanoseconds.
fn cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

//! `cargo xtask nightly`: what takes too long for every change.
//!
//! Soaks and crash loops are tests named `soak_...` and `crash_...` that are marked
//! `#[ignore = "takes minutes"]`; they run here in release mode, one at a time.

use std::time::Instant;

use lexopt::{Arg, ValueExt};

use crate::fuzz;
use crate::shell::{self, Outcome};

/// A name for the headline, and the work; it is told how many seconds to fuzz.
type Job = (&'static str, fn(u64) -> Outcome);

const JOBS: &[Job] = &[
    ("fuzz", fuzz::every_target),
    ("soak", |_| ignored_tests("soak_")),
    ("crash loops", |_| ignored_tests("crash_")),
    ("the poller of other systems", |_| portable_poller()),
];

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    let mut seconds = 60;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("seconds") => seconds = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let mut failed = Vec::new();
    for (name, job) in JOBS {
        println!("==> {name}");
        let start = Instant::now();
        let outcome = job(seconds);
        if let Err(error) = &outcome {
            println!("{name}: {error}");
            failed.push(*name);
        }
        println!("<== {name}: {:.0} s", start.elapsed().as_secs_f64());
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// The reactors' tests with the poller that systems without epoll get.
fn portable_poller() -> Outcome {
    let what = ["test", "--package", "ropewalk-reactor", "--test", "it"];
    let folder = ["--target-dir", "target/portable-poller"];
    shell::run(shell::cargo().args(what).args(folder).env("RUSTFLAGS", "--cfg ropewalk_polling"))
}

fn ignored_tests(prefix: &str) -> Outcome {
    let what = ["test", "--release", "--workspace", "--all-features", "--no-fail-fast"];
    let kinds = ["--lib", "--bins", "--tests"];
    let which = ["--", "--ignored", "--test-threads=1", "--nocapture", prefix];
    shell::run(shell::cargo().args(what).args(kinds).args(which))
}

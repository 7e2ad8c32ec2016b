//! `cargo xtask ci`: the gate that every change passes, and its parts.

use std::time::Instant;

use crate::shell::{self, Outcome};
use crate::test::{self, Install};
use crate::tidy;

/// A name for the headline, and the work.
type Step = (&'static str, fn() -> Outcome);

const STEPS: &[Step] = &[
    ("format", format),
    ("tidy", tidy::check),
    ("clippy", clippy),
    ("doc", rustdoc),
    ("test", tests),
];

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    no_arguments(&mut parser)?;
    let begin = Instant::now();
    for (name, step) in STEPS {
        println!("==> {name}");
        let start = Instant::now();
        step().map_err(|error| format!("{name}: {error}"))?;
        println!("<== {name}: {:.1} s", start.elapsed().as_secs_f64());
    }
    println!("all well in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

pub(crate) fn doc(mut parser: lexopt::Parser) -> Outcome {
    no_arguments(&mut parser)?;
    rustdoc()
}

/// Refuses whatever follows a command that takes nothing.
pub(crate) fn no_arguments(parser: &mut lexopt::Parser) -> Outcome {
    match parser.next()? {
        None => Ok(()),
        Some(argument) => Err(argument.unexpected().into()),
    }
}

fn format() -> Outcome {
    has("fmt", "rustfmt")?;
    shell::run(shell::cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Outcome {
    has("clippy", "clippy")?;
    let what = ["--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    shell::run(shell::cargo().arg("clippy").args(what))
}

fn rustdoc() -> Outcome {
    let what = ["doc", "--no-deps", "--workspace", "--all-features"];
    shell::run(shell::cargo().args(what).env("RUSTDOCFLAGS", "-D warnings"))
}

fn tests() -> Outcome {
    match test::test(Install::Missing)?.left_out {
        0 => Ok(()),
        tests => Err(format!("{tests} tests were left out").into()),
    }
}

/// Says how to get a part of the toolchain where it is missing.
fn has(command: &str, component: &str) -> Outcome {
    shell::output(shell::cargo().args([command, "--version"]))
        .map(|_| ())
        .map_err(|_| format!("missing; `rustup component add {component}` installs it").into())
}

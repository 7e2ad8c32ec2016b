//! `cargo xtask COMMAND`: everything that is done to this workspace, by one program.
//!
//! It is built before anything else, so it has hardly any dependencies.

#![allow(clippy::print_stdout, reason = "a program for a person at a terminal")]

mod bench;
mod ci;
mod demo;
mod fuzz;
mod nightly;
mod outside;
mod shell;
mod test;
mod tidy;

use std::env;
use std::process::ExitCode;

use shell::Outcome;

/// One command: its name, what follows it, what `--help` says, and the code.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(lexopt::Parser) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "demo",
        arguments: "NAME [-- ARGUMENTS]",
        about: "builds a demo, starts it and says how to talk to it",
        run: demo::run,
    },
    Command {
        name: "test",
        arguments: "[--install]",
        about: "runs all tests; --install fetches the outside programs that some need",
        run: test::run,
    },
    Command {
        name: "ci",
        arguments: "",
        about: "the whole gate: format, clippy, tidy, docs, tests with nothing left out",
        run: ci::run,
    },
    Command {
        name: "nightly",
        arguments: "[--seconds N]",
        about: "the long jobs: fuzzing (N seconds a target), soaks, crash loops",
        run: nightly::run,
    },
    Command {
        name: "bench",
        arguments: "[NAME] [--rounds N] [--quick]",
        about: "measures ours against the others: echo, lines, timers, task, memory, fanout, tls, \
                limits, deferred, turns",
        run: bench::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "checks the invariants of the workspace that no compiler knows",
        run: tidy::run,
    },
    Command {
        name: "fuzz",
        arguments: "[TARGET] [--seconds N]",
        about: "fuzzes one target, or each in turn, on stable Rust",
        run: fuzz::run,
    },
    Command {
        name: "doc",
        arguments: "",
        about: "builds the documentation; a warning is an error",
        run: ci::doc,
    },
];

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let name = arguments.next().and_then(|name| name.into_string().ok()).unwrap_or_default();
    if name == demo::ANNOUNCE {
        return finish(&name, demo::announce(arguments));
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        print_help();
        let known = matches!(name.as_str(), "" | "help" | "--help" | "-h");
        if !known {
            eprintln!("\nxtask: there is no command `{name}`");
        }
        return if known { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    };
    let arguments: Vec<_> = arguments.collect();
    let ours = arguments.iter().take_while(|argument| *argument != "--");
    if ours.into_iter().any(|argument| argument == "--help" || argument == "-h") {
        print_line(command);
        return ExitCode::SUCCESS;
    }
    finish(&name, (command.run)(lexopt::Parser::from_args(arguments)))
}

fn finish(name: &str, outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask {name}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("usage: cargo xtask COMMAND\n");
    COMMANDS.iter().for_each(print_line);
}

fn print_line(command: &Command) {
    let usage = format!("{} {}", command.name, command.arguments);
    println!("  {usage:<38} {}", command.about);
}

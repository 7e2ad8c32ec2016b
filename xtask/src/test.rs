//! `cargo xtask test`: all tests, and one line for each that had to be left out.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lexopt::Arg;

use crate::outside::{self, PROGRAMS, Program};
use crate::shell::{self, Outcome};

/// What came of the tests, over all test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    pub(crate) left_out: usize,
}

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    let mut install = Install::No;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("install") => install = Install::Missing,
            other => return Err(other.unexpected().into()),
        }
    }
    test(install).map(|_| ())
}

/// What to do about outside programs that are not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Install {
    No,
    Missing,
}

/// Runs everything, soaks aside; failed tests are an error, tests left out are not.
pub(crate) fn test(install: Install) -> Outcome<Tally> {
    let mut tally = Tally::default();
    let builds = all(&["--no-fail-fast", "--", "--skip", "outside_"], &mut tally)?;
    let outside = outside(install, &mut tally)?;
    println!("total: {} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.left_out);
    if tally.failed > 0 || !builds || !outside {
        return Err("tests failed".into());
    }
    Ok(tally)
}

/// The tests that need programs from outside: runs those it can, names the others.
fn outside(install: Install, tally: &mut Tally) -> Outcome<bool> {
    let list = shell::output(outside_tests().args(["--list", "--include-ignored", "outside_"]))?;
    let tests = names(&list);
    let mut found = Vec::new();
    for program in PROGRAMS {
        let needed = tests.iter().filter(|test| needs(test, program)).count();
        if needed == 0 {
            continue;
        }
        if !program.is_here() && install == Install::Missing {
            println!("installing {}", program.name);
            if let Err(error) = program.install() {
                println!("installing {}: {error}", program.name);
            }
        }
        if program.is_here() {
            found.push(program);
        } else {
            tally.left_out += needed;
            println!("left out: {} ({})", program.prefix(), why(program, needed, install));
        }
    }
    for test in tests.iter().filter(|test| !PROGRAMS.iter().any(|program| needs(test, program))) {
        tally.left_out += 1;
        println!("left out: {test} (its name names no program of xtask/src/outside.rs)");
    }
    if found.is_empty() {
        return Ok(true);
    }
    let listed = found.iter().map(|program| program.name).collect::<Vec<_>>().join(",");
    let mut command = outside_tests();
    command.arg("--include-ignored").args(found.iter().map(|program| program.prefix()));
    command.env("ROPEWALK_OUTSIDE", listed).env("ROPEWALK_PYTHON", outside::python());
    count(&mut command, tally)
}

fn why(program: &Program, tests: usize, install: Install) -> String {
    let name = program.name;
    let tests = if tests == 1 { "1 test".to_owned() } else { format!("{tests} tests") };
    match install {
        Install::No => {
            format!("{tests}; {name} is not installed; cargo xtask test --install installs it")
        }
        Install::Missing => format!("{tests}; {name} could not be installed"),
    }
}

fn all(arguments: &[&str], tally: &mut Tally) -> Outcome<bool> {
    count(shell::cargo().args(["test", "--workspace", "--all-features"]).args(arguments), tally)
}

/// The test programs without doc tests, which cannot be named.
fn outside_tests() -> Command {
    let mut command = shell::cargo();
    command.args(["test", "--quiet", "--workspace", "--all-features", "--no-fail-fast"]);
    command.args(["--lib", "--bins", "--tests", "--"]);
    command
}

/// Runs cargo test, passes its output on, and adds up the results; whether all was well.
fn count(command: &mut Command, tally: &mut Tally) -> Outcome<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if let Some((passed, failed)) = result(&line) {
                tally.passed += passed;
                tally.failed += failed;
            }
        }
    }
    Ok(child.wait()?.success())
}

/// Passed and failed, from the last line of one test program.
fn result(line: &str) -> Option<(usize, usize)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |what: &str| {
        counts.split("; ").find_map(|count| count.strip_suffix(what)?.trim().parse().ok())
    };
    Some((number("passed")?, number("failed")?))
}

/// The tests in what `--list` printed.
fn names(list: &str) -> Vec<&str> {
    list.lines().filter_map(|line| line.strip_suffix(": test")).collect()
}

fn needs(test: &str, program: &Program) -> bool {
    let name = test.rsplit("::").next().unwrap_or(test);
    name.strip_prefix(&program.prefix())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_test_program_is_read() {
        let line =
            "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out";
        assert_eq!(result(line), Some((12, 2)));
        assert_eq!(result("test outside ... ok"), None);
    }

    #[test]
    fn tests_are_listed_and_belong_to_the_program_in_their_name() {
        let tests = names("clients::outside_irssi_talks: test\nbench: benchmark\n\n1 test\n");
        assert_eq!(tests, ["clients::outside_irssi_talks"]);
        let owner = PROGRAMS.iter().find(|program| needs(tests[0], program));
        assert_eq!(owner.map(|program| program.name), Some("irssi"));
        assert!(!PROGRAMS.iter().any(|program| needs("outside_irssix", program)));
    }
}

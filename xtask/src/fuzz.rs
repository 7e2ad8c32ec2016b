//! `cargo xtask fuzz`: libFuzzer on stable Rust, without cargo-fuzz.
//!
//! The package `fuzz/` is one program for all targets, chosen by `ROPEWALK_FUZZ`; where that is
//! `list` it lists them. Findings are put in `fuzz/findings/TARGET/`, what is learnt in
//! `target/fuzz/corpus/TARGET/`; the seeds in `fuzz/corpus/TARGET/` are only read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lexopt::{Arg, ValueExt};

use crate::shell::{self, Outcome};

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    let (mut target, mut seconds) = (None, 60);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("seconds") => seconds = parser.value()?.parse()?,
            Arg::Value(name) if target.is_none() => target = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(target) = target else { return every_target(seconds) };
    let binary = build()?;
    let targets = targets(&binary)?;
    if !targets.contains(&target) {
        return Err(format!("no target `{target}`; there are {}", targets.join(", ")).into());
    }
    fuzz(&binary, &target, seconds)
}

/// Each target in turn; goes on after a finding, and fails at the end.
pub(crate) fn every_target(seconds: u64) -> Outcome {
    let binary = build()?;
    let mut found = Vec::new();
    for target in targets(&binary)? {
        if fuzz(&binary, &target, seconds).is_err() {
            found.push(target);
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("findings in {}", found.join(", ")).into()) }
}

/// Builds with the counters that libFuzzer reads, beside the ordinary builds.
fn build() -> Outcome<PathBuf> {
    if !shell::root().join("fuzz/Cargo.toml").is_file() {
        return Err("there is no fuzz/ in this workspace".into());
    }
    if !["c++", "g++", "clang++"].iter().any(|compiler| shell::is_installed(compiler)) {
        return Err("libFuzzer needs a C++ compiler (apt-get install g++)".into());
    }
    let host = host()?;
    let folder = shell::target_directory(&shell::metadata()?).join("fuzz");
    let mut command = shell::cargo();
    command.args(["build", "--release", "-p", "ropewalk-fuzz", "--bin", "fuzz"]);
    command.args(["--target", &host, "--target-dir"]).arg(&folder);
    command.env("RUSTFLAGS", FLAGS.join(" "));
    command.env("CARGO_PROFILE_RELEASE_LTO", "false");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    shell::run(&mut command)?;
    Ok(folder.join(host).join("release/fuzz"))
}

fn host() -> Outcome<String> {
    let about = shell::output(Command::new("rustc").arg("-vV").current_dir(shell::root()))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}

fn targets(binary: &Path) -> Outcome<Vec<String>> {
    let list = shell::output(Command::new(binary).env("ROPEWALK_FUZZ", LIST))?;
    Ok(list.lines().map(str::to_owned).collect())
}

fn fuzz(binary: &Path, target: &str, seconds: u64) -> Outcome {
    println!("fuzzing {target} for {seconds} s");
    let learnt = binary.ancestors().nth(3).unwrap_or(binary).join("corpus").join(target);
    let findings = shell::root().join("fuzz/findings").join(target);
    fs::create_dir_all(&learnt)?;
    fs::create_dir_all(&findings)?;
    let mut command = Command::new(binary);
    command.env("ROPEWALK_FUZZ", target).arg(format!("-max_total_time={seconds}"));
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]);
    command.arg(format!("-artifact_prefix={}/", findings.display())).arg(&learnt);
    let seeds = shell::root().join("fuzz/corpus").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    let outcome = shell::run(&mut command);
    // Fails, rightly, where there are findings.
    let _ = fs::remove_dir(&findings);
    outcome
}

/// The value of `ROPEWALK_FUZZ` for which the program prints its targets, one a line.
const LIST: &str = "list";

const FLAGS: &[&str] = &[
    "--cfg",
    "fuzzing",
    "-Cdebug-assertions",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

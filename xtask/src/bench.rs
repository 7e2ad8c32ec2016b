//! `cargo xtask bench`: builds everything that is measured in release mode, then measures.

use std::ffi::OsString;
use std::process::Command;

use crate::shell::{self, Outcome};

/// Packages with something to measure; those not in the workspace are passed over.
const PACKAGES: &[&str] = &["ropewalk-benches", "ropewalk-examples", "ropewalk-words"];

pub(crate) fn run(mut parser: lexopt::Parser) -> Outcome {
    let arguments: Vec<OsString> = parser.raw_args()?.collect();
    let metadata = shell::metadata()?;
    let members = shell::members(&metadata);
    let mut build = shell::cargo();
    build.args(["build", "--release", "--all-features", "--bins"]);
    for package in PACKAGES.iter().filter(|package| members.contains(package)) {
        build.args(["-p", package]);
    }
    shell::run(&mut build)?;
    let bench = shell::target_directory(&metadata).join("release/bench");
    shell::run(Command::new(bench).args(arguments))
}

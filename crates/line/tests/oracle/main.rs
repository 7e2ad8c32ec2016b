//! Recorded runs of the original's line receivers, replayed through the public interface.
//!
//! The runs are those in `tests/data`, or the files of the same name in the folder that the
//! variable `ORACLE_DIR` names.

mod drive;
mod program;
mod receivers;
mod replay;
mod strings;
mod tap;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use program::Program;

#[test]
fn recorded_runs_replay_equal() {
    let (mut equal, mut different) = (0, 0);
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let programs = program::read(&folder());
    for program in &programs {
        if !program.quirks.is_empty() {
            *left_out.entry(format!("quirk {}", program.quirks.join(" "))).or_default() += 1;
            continue;
        }
        let trace = replay::run(program);
        match difference(program, &trace) {
            None => equal += 1,
            Some(place) => {
                different += 1;
                println!("{}: {place}", program.id);
            }
        }
    }
    println!(
        "replayed {}, equal {equal}, different {different}, left out {left_out:?}",
        equal + different,
    );
    assert!(equal + different > 0, "there are no programs");
    assert_eq!(different, 0, "programs that differ");
}

/// A relative `ORACLE_DIR` may be meant from this package or from the workspace.
fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("ORACLE_DIR") {
        None => package.join("tests/data"),
        Some(named) if Path::new(&named).is_dir() => named.into(),
        Some(named) => package.join("../..").join(named),
    }
}

/// The first event in which a trace differs from the recorded one.
fn difference(program: &Program, trace: &[Vec<serde_json::Value>]) -> Option<String> {
    for step in 0..program.trace.len().max(trace.len()) {
        let (expected, got) = (program.trace.get(step), trace.get(step));
        let (Some(expected), Some(got)) = (expected, got) else {
            return Some(format!("operation {step}: expected {expected:?}, got {got:?}"));
        };
        for event in 0..expected.len().max(got.len()) {
            let (expected, got) = (expected.get(event), got.get(event));
            if expected != got {
                let show = |it: Option<&serde_json::Value>| {
                    it.map_or_else(|| "nothing".to_owned(), ToString::to_string)
                };
                let (expected, got) = (show(expected), show(got));
                return Some(format!(
                    "operation {step}, event {event}: expected {expected}, got {got}"
                ));
            }
        }
    }
    None
}

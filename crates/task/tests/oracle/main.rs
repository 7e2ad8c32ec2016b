//! Recorded runs of the original's looping calls, delayed calls and cooperators, replayed through
//! the public interface.
//!
//! The runs are those in `tests/data`, or the files of the same name in the folder that the
//! variable `ORACLE_DIR` names.

mod program;
mod replay;
mod tasks;
mod world;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use program::Program;
use serde_json::Value;

/// Of the recorded runs that come with the crate at least this share is compared.
const COMPARED: f64 = 0.84;

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
        let (trace, end) = replay::run(program);
        match difference(program, &trace, &end) {
            None => equal += 1,
            Some(place) => {
                different += 1;
                println!("{}: {place}", program.id);
            }
        }
    }
    let compared = equal + different;
    let share = f64::from(compared) / programs.len() as f64;
    println!(
        "replayed {compared} ({:.1} %), equal {equal}, different {different}, left out {left_out:?}",
        share * 100.0
    );
    assert!(compared > 0, "there are no programs");
    assert_eq!(different, 0, "programs that differ");
    if std::env::var_os("ORACLE_DIR").is_none() {
        assert!(share >= COMPARED, "only {share} of the programs are compared");
    }
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

/// The first entry in which a run differs from the recorded one.
fn difference(program: &Program, trace: &[Value], end: &Value) -> Option<String> {
    for step in 0..program.trace.len().max(trace.len()) {
        let (expected, got) = (program.trace.get(step), trace.get(step));
        if expected != got {
            let show =
                |it: Option<&Value>| it.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let op = program.ops.get(step).map(ToString::to_string).unwrap_or_default();
            let (expected, got) = (show(expected), show(got));
            return Some(format!(
                "operation {step}, {op}:\n  expected {expected}\n  got      {got}"
            ));
        }
    }
    (program.end != *end).then(|| format!("at the end: expected {}, got {end}", program.end))
}

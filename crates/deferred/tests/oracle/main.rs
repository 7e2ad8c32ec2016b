//! Recorded runs of the original's Deferreds, replayed through the public interface, by both forms.
//!
//! The runs are those in `tests/data`, or the files of the same name in the folder that the
//! variable `ORACLE_DIR` names.

#![allow(clippy::duplicate_mod, reason = "one source for both forms")]
#![allow(clippy::print_stdout, reason = "what was compared is to be seen")]

mod compare;
mod local;
mod outcome;
mod program;
mod reports;
mod shared;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use program::Program;

/// What came of a program.
pub(crate) struct Run {
    pub(crate) trace: Vec<Vec<serde_json::Value>>,
    /// Of each Deferred: its number, and its state where that is not that its result was taken.
    pub(crate) ends: BTreeMap<u64, Option<serde_json::Value>>,
    /// The numbers of those that reported a failure; `None` for one that is not the program's.
    pub(crate) reported: Vec<Option<u64>>,
}

#[test]
fn recorded_runs_replay_equal_in_the_form_for_threads() {
    replay(shared::run);
}

#[test]
fn recorded_runs_replay_equal_in_the_form_for_one_thread() {
    replay(local::run);
}

/// What the original does by accident, or our interface leaves no way to say.
const LEFT_OUT: [&str; 3] = ["use_after_move", "cancel_waiting_list", "coop_order"];

/// In percent, of the runs that are recorded here.
const COMPARED_AT_LEAST: usize = 82;

fn replay(run: impl Fn(&Program) -> Run) {
    let (mut equal, mut different) = (0, 0);
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let programs = program::read(&folder());
    for program in &programs {
        let tag = LEFT_OUT.iter().find(|tag| program.tags.iter().any(|it| it == *tag));
        if !program.quirks.is_empty() {
            *left_out.entry(format!("quirk {}", program.quirks.join(" "))).or_default() += 1;
            continue;
        } else if let Some(tag) = tag {
            *left_out.entry((*tag).to_owned()).or_default() += 1;
            continue;
        }
        let ran = catch_unwind(AssertUnwindSafe(|| run(program)));
        let place = match &ran {
            Ok(run) => compare::difference(program, run),
            Err(_) => Some("the replayer panicked".to_owned()),
        };
        match place {
            None => equal += 1,
            Some(place) => {
                different += 1;
                println!("{}: {place}", program.id);
            }
        }
    }
    let (replayed, all) = (equal + different, programs.len());
    let share = replayed * 1000 / all.max(1);
    println!(
        "replayed {replayed} of {all} ({}.{} %), equal {equal}, different {different}, left out \
         {left_out:?}",
        share / 10,
        share % 10,
    );
    assert!(replayed > 0, "there are no programs");
    assert_eq!(different, 0, "programs that differ");
    if std::env::var_os("ORACLE_DIR").is_none() {
        assert!(replayed * 100 >= all * COMPARED_AT_LEAST, "too few are compared");
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

//! Where a run differs from the recorded one.

use serde_json::Value;

use crate::{Run, program::Program};

/// The first event, state or report that differs.
pub(crate) fn difference(program: &Program, run: &Run) -> Option<String> {
    trace(program, run).or_else(|| ends(program, run)).or_else(|| reports(program, run))
}

fn trace(program: &Program, run: &Run) -> Option<String> {
    for step in 0..program.trace.len().max(run.trace.len()) {
        let (expected, got) = (program.trace.get(step), run.trace.get(step));
        let (Some(expected), Some(got)) = (expected, got) else {
            return Some(format!("operation {step}: expected {expected:?}, got {got:?}"));
        };
        for event in 0..expected.len().max(got.len()) {
            let (expected, got) = (expected.get(event), got.get(event));
            if expected != got {
                let (expected, got) = (show(expected), show(got));
                return Some(format!(
                    "operation {step}, event {event}: expected {expected}, got {got}"
                ));
            }
        }
    }
    None
}

/// The result of one that was given away may be with whoever has it now.
fn ends(program: &Program, run: &Run) -> Option<String> {
    if program.ends.len() != run.ends.len() {
        return Some(format!("{} instead of {} Deferreds", run.ends.len(), program.ends.len()));
    }
    program.ends.iter().find_map(|end| {
        let number = end.number;
        let Some(got) = run.ends.get(&number) else {
            return Some(format!("there is no Deferred {number}"));
        };
        let is_equal = match got {
            None => end.moved && (end.state[0] == "ok" || end.state[0] == "err"),
            Some(got) => *got == end.state,
        };
        let (expected, got) = (&end.state, show(got.as_ref()));
        (!is_equal).then(|| format!("end of {number}: expected {expected}, got {got}"))
    })
}

fn reports(program: &Program, run: &Run) -> Option<String> {
    let is_open = |number: &u64| program.unreported.contains(number);
    let mut got: Vec<_> = run
        .reported
        .iter()
        .filter(|it| !it.as_ref().is_some_and(is_open))
        .map(|it| it.map(|number| (number, run.ends.get(&number).cloned().flatten())))
        .collect();
    got.sort_by_key(|it| it.as_ref().map(|(number, _)| *number));
    let expected: Vec<_> = program
        .unhandled
        .iter()
        .filter(|(number, _)| !is_open(number))
        .map(|(number, failure)| Some((*number, Some(failure.clone()))))
        .collect();
    (expected != got).then(|| format!("reports: expected {expected:?}, got {got:?}"))
}

fn show(it: Option<&Value>) -> String {
    it.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

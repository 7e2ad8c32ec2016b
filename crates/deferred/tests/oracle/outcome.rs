//! Results as the records write them.

use ropewalk_deferred::{Failure, Listed, Outcome};
use serde_json::{Value, json};

/// The values are already as they are written; an error is its label.
pub(crate) type Result = Outcome<Value, String>;

pub(crate) fn written(outcome: &Result) -> Value {
    match outcome {
        Ok(value) => json!(["ok", value]),
        Err(failure) => failed(failure),
    }
}

pub(crate) fn listed(listed: Listed<Value, String>) -> Value {
    match listed {
        Listed::All(all) => json!({ "list": all.iter().map(written).collect::<Vec<_>>() }),
        Listed::First(index, value) => json!({ "first": [index, value] }),
    }
}

fn failed(failure: &Failure<String>) -> Value {
    match failure {
        Failure::Failed(label) => json!(["err", "UserError", label]),
        Failure::Cancelled => json!(["err", "CancelledError", null]),
        Failure::TimedOut => json!(["err", "TimeoutError", null]),
        Failure::AlreadyFired => json!(["err", "AlreadyCalledError", null]),
        Failure::NotHeld => json!(["err", "AssertionError", null]),
        Failure::First { index, failure } => {
            json!(["err", "FirstError", { "index": index, "error": failed(failure) }])
        }
        Failure::Group(failures) => {
            json!(["err", "FailureGroup", failures.iter().map(failed).collect::<Vec<_>>()])
        }
        other => json!(["err", other.to_string(), null]),
    }
}

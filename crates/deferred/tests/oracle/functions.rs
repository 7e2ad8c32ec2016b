//! The functions of a program.

use std::sync::Arc;

use ropewalk_deferred::Failure;
use serde_json::{Value, json};

use super::{form::Answered, perform::perform, world::World};
use crate::{
    outcome::{Result, written},
    program::{number, string},
};

/// A function of the program, attached to the Deferred of this number.
#[derive(Clone)]
pub(super) struct Function {
    world: Arc<World>,
    of: u64,
    record: Value,
}

impl Function {
    pub(super) fn new(world: &Arc<World>, of: u64, record: &Value) -> Self {
        Self { world: Arc::clone(world), of, record: record.clone() }
    }

    /// Whether it performs operations, which may use the slot of its own Deferred.
    pub(super) fn uses_slot(&self) -> bool {
        self.record.get("do").is_some()
    }

    pub(super) fn call(&self, argument: Result) -> Answered<Value, String> {
        self.world.emit(json!(["run", self.record["id"], self.of, written(&argument)]));
        self.perform();
        self.conclude(argument)
    }

    /// Without an argument, as what a lock or semaphore runs.
    pub(super) fn call_alone(&self) -> Answered<Value, String> {
        self.world.emit(json!(["call", self.record["id"], self.of]));
        self.perform();
        self.conclude(Ok(Value::Null))
    }

    fn perform(&self) {
        let Some(ops) = self.record.get("do").and_then(Value::as_array) else { return };
        for op in ops {
            perform(&self.world, op);
        }
        self.world.emit(json!(["end", self.record["id"]]));
    }

    fn conclude(&self, argument: Result) -> Answered<Value, String> {
        let then = &self.record["then"];
        match &*string(&then["kind"]) {
            "pass" => Answered::Now(argument),
            "deferred" => match self.world.take(number(&then["d"])) {
                Some(deferred) => Answered::Later(deferred),
                None => {
                    self.world.emit(json!(["skip", "no_d"]));
                    Answered::Now(Ok(Value::Null))
                }
            },
            _ => Answered::Now(concluded(then)),
        }
    }
}

/// A `return` or `raise`.
pub(super) fn concluded(then: &Value) -> Result {
    match &*string(&then["kind"]) {
        "return" => Ok(then["value"].clone()),
        "raise" => Err(Failure::Failed(string(&then["error"]))),
        other => panic!("no conclusion {other}"),
    }
}

/// Attaches what an operation says.
pub(super) fn attach(world: &Arc<World>, op: &Value) {
    let of = number(&op["d"]);
    let function = |key: &str| Function::new(world, of, &op[key]);
    let kind = string(&op["op"]);
    if kind == "add_callbacks" {
        let (cb, eb) = (function("cb"), function("eb"));
        return world.attach(of, cb.uses_slot() || eb.uses_slot(), |deferred| {
            deferred.add_callbacks(
                move |value| cb.call(Ok(value)),
                move |failure| eb.call(Err(failure)),
            )
        });
    }
    let f = function("f");
    world.attach(of, f.uses_slot(), |deferred| match &*kind {
        "add_callback" => deferred.add_callback(move |value| f.call(Ok(value))),
        "add_errback" => deferred.add_errback(move |failure| f.call(Err(failure))),
        _ => deferred.add_both(move |outcome| f.call(outcome)),
    });
}

//! Lists, races and coroutines of a program.

use std::sync::Arc;

use ropewalk_deferred::{Errors, Failure, ListOptions};
use serde_json::{Value, json};

use super::{
    form::{Deferred, Inline, deferred_list, gather_results, race},
    functions::concluded,
    world::{self, Origin, World},
};
use crate::{
    outcome::{Result, listed, written},
    program::{array, number, string},
};

pub(super) fn add(world: &World, op: &Value) {
    let members: Vec<world::Deferred> =
        array(&op["of"]).iter().map(|it| world.take(number(it)).expect("looked for")).collect();
    let errors = if is(op, "consume_errors") { Errors::Consumed } else { Errors::Left };
    let (deferred, origin) = match &*string(&op["op"]) {
        "list" => {
            let options = ListOptions {
                fire_on_one_callback: is(op, "fire_on_one_callback"),
                fire_on_one_errback: is(op, "fire_on_one_errback"),
                errors,
            };
            let list = deferred_list(members, options);
            (list.add_callback(|all| Ok(listed(all))), Origin::List)
        }
        "gather" => {
            let all = gather_results(members, errors);
            (all.add_callback(|all| Ok(json!({ "gather": all }))), Origin::Gather)
        }
        _ => {
            let first = race(members);
            (first.add_callback(|first| Ok(json!({ "race": first }))), Origin::Race)
        }
    };
    world.add(number(&op["d"]), deferred, None, origin);
}

fn is(op: &Value, key: &str) -> bool {
    op.get(key).is_some_and(|it| it == true)
}

pub(super) fn add_coroutine(world: &Arc<World>, op: &Value) {
    let future = straight(Arc::clone(world), op.clone());
    let deferred = Deferred::from_future(&Inline, future);
    world.add(number(&op["d"]), deferred, None, Origin::Value);
}

/// The coroutine.
async fn straight(world: Arc<World>, op: Value) -> Result {
    for (index, step) in array(&op["steps"]).iter().enumerate() {
        let Some(awaited) = world.take(number(&step["await"])) else {
            world.emit(json!(["skip", "no_d"]));
            continue;
        };
        let outcome = awaited.await;
        if world.contents().closing {
            return Err(Failure::Abandoned);
        }
        world.emit(json!(["woke", op["d"], index, written(&outcome)]));
        if outcome.is_err() && step["catch"] != true {
            return outcome;
        }
    }
    concluded(&op["end"])
}

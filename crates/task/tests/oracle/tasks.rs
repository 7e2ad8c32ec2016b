//! Operations on cooperators and their tasks.

use std::sync::Arc;

use ropewalk_deferred::{Answered, Failure, Outcome};
use ropewalk_task::{Cooperator, NotPaused, Slice, Task, TaskError, TaskOver};
use serde_json::{Value, json};

use crate::{
    program::{list, number, time},
    replay::{self, perform},
    world::{World, result},
};

pub(crate) fn cooperator(world: &World, op: &Value) {
    let per_tick = usize::try_from(number(&op["per_tick"])).expect("a small number");
    let delay = time(&op["tick_delay"]).expect("a delay");
    let cooperator = Cooperator::stopped(&world.clock, Slice::steps(per_tick), delay);
    if op["started"] == true {
        cooperator.start();
    }
    world.cooperators.put(number(&op["k"]), cooperator);
}

pub(crate) fn on_cooperator(world: &Arc<World>, op: &Value) {
    let k = number(&op["k"]);
    let Some(cooperator) = world.cooperators.get(k) else { return world.skip("no_k") };
    match replay::name(op) {
        "cooperate" => {
            world.tasks.put(number(&op["t"]), cooperator.cooperate(steps(world, op)));
        }
        "coiterate" => {
            let (t, at) = (number(&op["t"]), Arc::clone(world));
            let done = cooperator.coiterate(steps(world, op));
            drop(done.add_both(move |outcome| {
                at.add(json!(["coiterated", t, ended(outcome, t)]));
                Ok::<_, Failure<String>>(())
            }));
        }
        "coop_start" => cooperator.start(),
        "coop_stop" => cooperator.stop(),
        "coop_running" => world.add(json!(["running", k, cooperator.is_running()])),
        other => panic!("no operation {other}"),
    }
}

pub(crate) fn on_task(world: &Arc<World>, op: &Value) {
    let t = number(&op["t"]);
    let Some(task) = world.tasks.get(t) else { return world.skip("no_t") };
    let over = |result: Result<(), TaskOver>| {
        if let Err(over) = result {
            world.raise(class(over));
        }
    };
    match replay::name(op) {
        "when_done" => {
            let (w, at) = (op["w"].clone(), Arc::clone(world));
            drop(task.when_done().add_both(move |outcome| {
                at.add(json!(["when_done", t, w, ended(outcome, t)]));
                Ok::<_, Failure<String>>(())
            }));
        }
        "task_pause" => over(task.pause()),
        "task_stop" => over(task.stop()),
        "task_resume" => resume(world, &task),
        other => panic!("no operation {other}"),
    }
}

fn resume(world: &World, task: &Task<String>) {
    match task.resume() {
        Ok(()) => {}
        Err(NotPaused) if task.is_waiting() => world.skip("waiting"),
        Err(NotPaused) => world.raise("NotPaused"),
    }
}

fn class(over: TaskOver) -> &'static str {
    match over {
        TaskOver::Done => "TaskDone",
        TaskOver::Failed => "TaskFailed",
        TaskOver::Stopped => "TaskStopped",
        TaskOver::SchedulerStopped => "SchedulerStopped",
    }
}

fn ended<T>(outcome: Outcome<T, TaskError<String>>, t: u64) -> Value {
    match outcome {
        Err(Failure::Failed(TaskError::Failed(failure))) => {
            result::<()>(Err(failure), |()| json!(0))
        }
        Err(Failure::Failed(TaskError::Stopped)) => json!(["err", "TaskStopped", null]),
        Err(Failure::Failed(TaskError::SchedulerStopped)) => {
            json!(["err", "SchedulerStopped", null])
        }
        other => result(
            other.map_err(|failure| failure.to_string().into()),
            |_| json!({ "iterator": t }),
        ),
    }
}

/// The iterator of a task.
fn steps(
    world: &Arc<World>,
    op: &Value,
) -> impl Iterator<Item = Answered<Value, String>> + Send + 'static {
    let (world, t, steps) = (Arc::clone(world), number(&op["t"]), list(&op["steps"]));
    let mut index = 0;
    std::iter::from_fn(move || {
        let Some(step) = steps.get(index) else {
            world.add(json!(["exhausted", t]));
            return None;
        };
        world.add(json!(["step", t, index]));
        index += 1;
        perform(&world, &list(&step["do"]));
        Some(world.conclude(&step["then"]))
    })
}

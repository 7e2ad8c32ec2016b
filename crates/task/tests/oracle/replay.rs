//! Performs the operations of a program.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ropewalk_clock::Clock;
use ropewalk_deferred::{AlreadyFired, Answered, Deferred, Failure};
use ropewalk_task::{
    Counting, DelayedCall, First, LoopError, LoopingCall, NotPending, call_later, defer_later,
};
use serde_json::{Value, json};

use crate::{
    program::{Program, list, number, time},
    tasks,
    world::{Later, Loop, World, error, result},
};

/// The trace, and the state at the end.
pub(crate) fn run(program: &Program) -> (Vec<Value>, Value) {
    let world = World::new();
    let mut trace = Vec::new();
    for op in &program.ops {
        perform_one(&world, op);
        let events = std::mem::take(&mut *world.events.lock().unwrap());
        let pending: Vec<_> =
            world.clock.pending().into_iter().map(|at| world.seconds(at)).collect();
        let now = world.seconds(world.clock.now());
        trace.push(json!({ "now": now, "events": events, "pending": pending }));
    }
    let loops = world.loops.all().into_iter();
    let end = loops
        .map(|(l, it)| json!({ "l": l, "running": it.call.is_running(), "calls": it.called() }));
    (trace, end.collect())
}

pub(crate) fn name(op: &Value) -> &str {
    op["op"].as_str().expect("a name")
}

pub(crate) fn perform(world: &Arc<World>, ops: &[Value]) {
    for op in ops {
        perform_one(world, op);
    }
}

fn perform_one(world: &Arc<World>, op: &Value) {
    let by = || time(&op["by"]).expect("a time");
    match name(op) {
        "advance" => world.clock.advance(by()),
        "pump" => world.clock.pump(list(&op["by"]).iter().filter_map(time)),
        "burn" => world.clock.pass(by()),
        "new" => {
            let (deferred, resolver) = Later::pending();
            let d = number(&op["d"]);
            world.handles.put(d, deferred.handle());
            world.deferreds.put(d, deferred);
            world.resolvers.put(d, resolver);
        }
        "callback" | "errback" | "cancel" => on_deferred(world, op),
        "loop" => new_loop(world, op),
        "start" | "stop" | "reset" => on_loop(world, op),
        "call_later" => {
            let (c, does, at) = (number(&op["c"]), list(&op["do"]), Arc::clone(world));
            let call = call_later(&world.clock, time(&op["delay"]).expect("a time"), move || {
                at.add(json!(["timer", c]));
                perform(&at, &does);
            });
            world.calls.put(c, call);
        }
        "cancel_call" | "reset_call" | "delay_call" | "call_time" | "call_active" => {
            let Some(call) = world.calls.get(number(&op["c"])) else { return world.skip("no_c") };
            on_call(world, op, &call);
        }
        "defer_later" => later(world, op),
        "cooperator" => tasks::cooperator(world, op),
        "cooperate" | "coiterate" | "coop_start" | "coop_stop" | "coop_running" => {
            tasks::on_cooperator(world, op);
        }
        _ => tasks::on_task(world, op),
    }
}

fn on_deferred(world: &World, op: &Value) {
    let d = number(&op["d"]);
    let Some(handle) = world.handles.get(d) else { return world.skip("no_d") };
    let fired = match name(op) {
        "cancel" => return handle.cancel(),
        "callback" => world.resolvers.get(d).map(|it| it.succeed(op["value"].clone())),
        _ => world.resolvers.get(d).map(|it| it.fail(error(op))),
    };
    match fired.expect("one that the program fires itself") {
        Ok(()) => {}
        Err(AlreadyFired) => world.raise("AlreadyCalledError"),
    }
}

fn new_loop(world: &Arc<World>, op: &Value) {
    let (l, at, steps) = (number(&op["l"]), Arc::clone(world), list(&op["steps"]));
    let (stop_after, calls) = (op["stop_after"].as_u64(), Arc::new(AtomicU64::new(0)));
    let counter = Arc::clone(&calls);
    let function = move |count: Option<u64>| -> Answered<Value, String> {
        let n = counter.fetch_add(1, Ordering::Relaxed);
        at.add(json!(["call", l, n, count]));
        let step = usize::try_from(n).ok().and_then(|n| steps.get(n));
        if let Some(step) = step {
            perform(&at, &list(&step["do"]));
        }
        let this = at.loops.get(l).expect("it is made");
        if stop_after.is_some_and(|last| n >= last) && this.call.is_running() {
            at.add(json!(["guard_stop", l]));
            this.call.stop().expect("it runs");
        }
        match step {
            Some(step) => at.conclude(&step["then"]),
            None => Answered::Now(Ok(Value::Null)),
        }
    };
    let call = if op["with_count"] == true {
        let counting = Counting::SinceLastCall;
        LoopingCall::with_count(&world.clock, counting, move |count| function(Some(count)))
    } else {
        LoopingCall::new(&world.clock, move || function(None))
    };
    world.loops.put(l, Loop { call, calls });
}

fn on_loop(world: &Arc<World>, op: &Value) {
    let l = number(&op["l"]);
    let Some(it) = world.loops.get(l) else { return world.skip("no_l") };
    let done = match name(op) {
        "stop" => it.call.stop(),
        "reset" => it.call.reset(),
        _ => start(world, op, &it.call),
    };
    match done {
        Ok(()) => {}
        Err(LoopError::Calling) => world.skip("in_flight"),
        Err(LoopError::Running | LoopError::NotRunning) => world.raise("AssertionError"),
    }
}

fn start(
    world: &Arc<World>,
    op: &Value,
    call: &LoopingCall<ropewalk_clock::ManualClock, String>,
) -> Result<(), LoopError> {
    let first = if op["now"] == true { First::Now } else { First::Later };
    let (l, run, at) = (number(&op["l"]), op["run"].clone(), Arc::clone(world));
    let Some(interval) = time(&op["interval"]) else {
        world.raise("ValueError");
        return Ok(());
    };
    let stopped = call.start(interval, first)?;
    drop(stopped.add_both(move |outcome| {
        at.add(json!(["done", l, run, result(outcome, |_| json!({ "loop": l }))]));
        Ok::<_, Failure<String>>(())
    }));
    Ok(())
}

fn on_call(world: &World, op: &Value, call: &DelayedCall) {
    let (c, by) = (number(&op["c"]), op.get("by").and_then(time).unwrap_or_default());
    let done = match name(op) {
        "cancel_call" => call.cancel(),
        "reset_call" => call.reset(by),
        "delay_call" => call.delay(by),
        "call_time" => return world.add(json!(["time", c, world.seconds(call.time())])),
        _ => return world.add(json!(["active", c, call.is_active()])),
    };
    match done {
        Ok(()) => {}
        Err(NotPending::AlreadyCalled) => world.raise("AlreadyCalled"),
        Err(NotPending::AlreadyCancelled) => world.raise("AlreadyCancelled"),
    }
}

fn later(world: &Arc<World>, op: &Value) {
    let (d, f, at) = (number(&op["d"]), op["f"].clone(), Arc::clone(world));
    let delay = time(&op["delay"]).expect("a time");
    let later: Deferred<Value, String> = defer_later(&world.clock, delay, move || {
        if f.is_null() {
            return Answered::Now(Ok(Value::Null));
        }
        at.add(json!(["later", d]));
        at.conclude(&f["then"])
    });
    world.handles.put(d, later.handle());
    let at = Arc::clone(world);
    drop(later.add_both(move |outcome| {
        at.add(json!(["result", d, result(outcome, |value| value)]));
        Ok::<_, Failure<String>>(())
    }));
}

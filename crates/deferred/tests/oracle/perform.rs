//! The operations of a program.

use std::{sync::Arc, time::Duration};

use ropewalk_deferred::NotHeld;
use serde_json::{Value, json};

use super::{
    aggregates,
    form::{Deferred, DeferredLock, DeferredQueue, DeferredSemaphore, Handle, Resolver},
    functions::{Function, attach},
    timing,
    world::{Origin, World},
};
use crate::program::{number, string};

/// Performs one, where what it refers to is there.
pub(super) fn perform(world: &Arc<World>, op: &Value) {
    let kind = string(&op["op"]);
    if let Some(reason) = missing(world, op, &kind) {
        return world.emit(json!(["skip", reason]));
    }
    match &*kind {
        "new" | "succeed" | "fail" => add(world, op, &kind),
        "callback" | "errback" => fire(world, op, &kind),
        "add_callback" | "add_errback" | "add_both" | "add_callbacks" => attach(world, op),
        "cancel" => handle(world, op).cancel(),
        "pause" | "unpause" => pause(world, op, &kind),
        "chain" => chain(world, op),
        "timeout" => add_timeout(world, op),
        "advance" => world.clock.advance(seconds(&op["by"])),
        "timers" => {
            let since = |at: &std::time::Instant| (*at - world.start).as_secs_f64();
            world.emit(json!([
                "timers",
                world.clock.pending().iter().map(since).collect::<Vec<_>>()
            ]));
        }
        "list" | "gather" | "race" => aggregates::add(world, op),
        "coro" => aggregates::add_coroutine(world, op),
        "new_lock" | "new_sem" | "new_queue" => add_shared(world, op, &kind),
        "queue_put" | "queue_get" => queue(world, op, &kind),
        _ => hold(world, op, &kind),
    }
}

/// Why it cannot be performed.
fn missing(world: &World, op: &Value, kind: &str) -> Option<&'static str> {
    let contents = world.contents();
    let makes = ["new", "succeed", "fail", "list", "gather", "race", "coro", "queue_get"];
    let makes = makes.contains(&kind) || kind.ends_with("_acquire") || kind.ends_with("_run");
    let keys: &[&str] = if makes { &["of"] } else { &["d", "from", "to", "of"] };
    let named = keys.iter().filter_map(|key| op.get(key)).flat_map(|it| match it {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    });
    if named.into_iter().any(|it| !contents.slots.contains_key(&number(&it))) {
        return Some("no_d");
    }
    let named = |key: &str| op.get(key).filter(|_| !kind.starts_with("new_")).map(number);
    if named("lock").is_some_and(|it| !contents.locks.contains_key(&it)) {
        return Some("no_lock");
    }
    if named("sem").is_some_and(|it| !contents.semaphores.contains_key(&it)) {
        return Some("no_sem");
    }
    let no_queue = named("queue").is_some_and(|it| !contents.queues.contains_key(&it));
    no_queue.then_some("no_queue")
}

fn add(world: &Arc<World>, op: &Value, kind: &str) {
    let d = number(&op["d"]);
    let (deferred, resolver) = match kind {
        "succeed" => (Deferred::succeed(op["value"].clone()), None),
        "fail" => (Deferred::fail(string(&op["error"])), None),
        _ if op["canceller"].is_null() => {
            let (deferred, resolver) = Deferred::pending();
            (deferred, Some(resolver))
        }
        _ => {
            let (observer, canceller) = (Arc::clone(world), op["canceller"].clone());
            let (deferred, resolver) = Deferred::cancellable(move |resolver| {
                observer.emit(json!(["cancelling", d]));
                cancel(&canceller, resolver);
            });
            (deferred, Some(resolver))
        }
    };
    world.add(d, deferred, resolver, Origin::Value);
}

/// What a canceller does.
fn cancel(canceller: &Value, resolver: &Resolver<Value, String>) {
    let fired = match &*string(&canceller["kind"]) {
        "callback" => resolver.succeed(canceller["value"].clone()),
        "errback" => resolver.fail(string(&canceller["error"])),
        _ => Ok(()),
    };
    fired.expect("it was not fired");
}

fn fire(world: &World, op: &Value, kind: &str) {
    let resolver = world.resolver(number(&op["d"])).expect("only pending ones are fired");
    let fired = match kind {
        "callback" => resolver.succeed(op["value"].clone()),
        _ => resolver.fail(string(&op["error"])),
    };
    if fired.is_err() {
        world.raise("AlreadyCalledError");
    }
}

fn handle(world: &World, op: &Value) -> Handle {
    world.handle(number(&op["d"])).expect("it was looked for")
}

fn pause(world: &World, op: &Value, kind: &str) {
    let handle = handle(world, op);
    if kind == "pause" {
        world.contents().slots.entry(number(&op["d"])).and_modify(|slot| slot.pauses += 1);
        return handle.pause();
    }
    let paused = world.contents().slots.get_mut(&number(&op["d"])).is_some_and(|slot| {
        let paused = slot.pauses > 0;
        slot.pauses -= u32::from(paused);
        paused
    });
    if paused {
        assert!(handle.unpause(), "it was paused");
    } else {
        world.emit(json!(["skip", "not_paused"]));
    }
}

fn chain(world: &World, op: &Value) {
    let to = world.resolver(number(&op["to"])).expect("only pending ones are chained to");
    world.attach(number(&op["from"]), true, |from| {
        from.chain(to).add_callback(|()| Ok(Value::Null))
    });
}

fn add_timeout(world: &Arc<World>, op: &Value) {
    let (d, after) = (number(&op["d"]), seconds(&op["secs"]));
    let timing = timing(&world.clock);
    if op["on_timeout"].is_null() {
        return world.attach(d, false, |deferred| deferred.add_timeout(&timing, after));
    }
    let f = Function::new(world, d, &op["on_timeout"]);
    world.attach(d, f.uses_slot(), |deferred| {
        deferred.add_timeout_with(&timing, after, move |outcome| f.call(outcome))
    });
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().expect("a number"))
}

fn add_shared(world: &World, op: &Value, kind: &str) {
    let limit = |key: &str| match &op[key] {
        Value::Null => usize::MAX,
        limit => usize::try_from(number(limit)).expect("a small number"),
    };
    match kind {
        "new_lock" => {
            world.contents().locks.insert(number(&op["lock"]), DeferredLock::new());
        }
        "new_sem" => {
            let semaphore = DeferredSemaphore::new(limit("tokens")).expect("there are tokens");
            world.contents().semaphores.insert(number(&op["sem"]), semaphore);
        }
        _ => {
            let queue = DeferredQueue::new(limit("size"), limit("backlog"));
            world.contents().queues.insert(number(&op["queue"]), queue);
        }
    }
}

fn queue(world: &World, op: &Value, kind: &str) {
    let queue = world.contents().queues[&number(&op["queue"])].clone();
    if kind == "queue_put" {
        if queue.put(op["value"].clone()).is_err() {
            world.raise("QueueOverflow");
        }
        return;
    }
    match queue.get() {
        Ok(deferred) => world.add(number(&op["d"]), deferred, None, Origin::Value),
        Err(_) => world.raise("QueueUnderflow"),
    }
}

/// Operations on locks and semaphores.
fn hold(world: &Arc<World>, op: &Value, kind: &str) {
    let d = op.get("d").map(number);
    let held = |what: &Value| (what.clone(), Origin::Held(what.clone()));
    let function = || Function::new(world, d.expect("it makes one"), &op["f"]);
    let (deferred, origin) = match kind {
        "lock_release" | "sem_release" => {
            if release(world, op, kind).is_err() {
                world.raise("AssertionError");
            }
            return;
        }
        "lock_acquire" => {
            let lock = world.contents().locks[&number(&op["lock"])].clone();
            let (value, origin) = held(&json!({ "lock": op["lock"] }));
            (lock.acquire().add_callback(move |()| Ok(value)), origin)
        }
        "sem_acquire" => {
            let semaphore = world.contents().semaphores[&number(&op["sem"])].clone();
            let (value, origin) = held(&json!({ "sem": op["sem"] }));
            (semaphore.acquire().add_callback(move |()| Ok(value)), origin)
        }
        "lock_run" => {
            let lock = world.contents().locks[&number(&op["lock"])].clone();
            let f = function();
            (lock.run(move || f.call_alone()), Origin::Value)
        }
        "sem_run" => {
            let semaphore = world.contents().semaphores[&number(&op["sem"])].clone();
            let f = function();
            (semaphore.run(move || f.call_alone()), Origin::Value)
        }
        other => panic!("no operation {other}"),
    };
    world.add(d.expect("it makes one"), deferred, None, origin);
}

fn release(world: &World, op: &Value, kind: &str) -> Result<(), NotHeld> {
    if kind == "lock_release" {
        let lock = world.contents().locks[&number(&op["lock"])].clone();
        return lock.release();
    }
    let semaphore = world.contents().semaphores[&number(&op["sem"])].clone();
    semaphore.release()
}

//! The Deferreds of a program, each in its slot, and what was observed.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use ropewalk_clock::{Clock, ManualClock};
use ropewalk_deferred::Listed;
use serde_json::{Value, json};

use super::{
    form::{DeferredLock, DeferredQueue, DeferredSemaphore, Handle, Resolver, State},
    perform::perform,
};
use crate::{
    Run,
    outcome::{listed, written},
    program::Program,
    reports,
};

pub(super) type Deferred = super::form::Deferred<Value, String>;

/// Shared by the functions of a program. Its lock is not held while the library is called.
pub(super) struct World {
    pub(super) clock: ManualClock,
    pub(super) start: Instant,
    pub(super) state: Mutex<Contents>,
}

#[derive(Default)]
pub(super) struct Contents {
    pub(super) slots: BTreeMap<u64, Slot>,
    pub(super) locks: HashMap<u64, DeferredLock>,
    pub(super) semaphores: HashMap<u64, DeferredSemaphore>,
    pub(super) queues: HashMap<u64, DeferredQueue<Value, String>>,
    pub(super) events: Vec<Value>,
    /// Everything is being dropped.
    pub(super) closing: bool,
}

pub(super) struct Slot {
    /// Empty once it was given away.
    deferred: Option<Deferred>,
    pub(super) handle: Handle,
    pub(super) resolver: Option<Resolver<Value, String>>,
    /// The program's own.
    pub(super) pauses: u32,
    origin: Origin,
}

/// What one is fired with, before that is made a value of the program's.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Value,
    List,
    Gather,
    Race,
    Held(Value),
}

/// Runs a program, and then drops all there is.
pub(crate) fn run(program: &Program) -> Run {
    let clock = ManualClock::new();
    let start = clock.now();
    let world = Arc::new(World { clock, start, state: Mutex::default() });
    let mut run = Run { trace: Vec::new(), ends: BTreeMap::new(), reported: Vec::new() };
    let mut numbers = HashMap::new();
    let reported = reports::during(|| {
        for op in &program.ops {
            perform(&world, op);
            run.trace.push(mem::take(&mut world.contents().events));
        }
        let contents = world.contents();
        numbers = contents.slots.iter().map(|(number, slot)| (slot.handle.id(), *number)).collect();
        run.ends = contents.slots.iter().map(|(number, it)| (*number, it.end(&numbers))).collect();
        drop(contents);
        world.close();
    });
    run.reported = reported.iter().map(|id| numbers.get(id).copied()).collect();
    run
}

impl World {
    pub(super) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.state.lock().unwrap()
    }

    pub(super) fn emit(&self, event: Value) {
        self.contents().events.push(event);
    }

    pub(super) fn raise(&self, class: &str) {
        self.emit(json!(["raise", class]));
    }

    pub(super) fn add(
        &self,
        number: u64,
        deferred: Deferred,
        resolver: Option<Resolver<Value, String>>,
        origin: Origin,
    ) {
        let handle = deferred.handle();
        let deferred = Some(deferred);
        let slot = Slot { deferred, handle, resolver, pauses: 0, origin };
        self.contents().slots.insert(number, slot);
    }

    pub(super) fn handle(&self, number: u64) -> Option<Handle> {
        self.contents().slots.get(&number).map(|slot| slot.handle.clone())
    }

    pub(super) fn resolver(&self, number: u64) -> Option<Resolver<Value, String>> {
        self.contents().slots.get(&number)?.resolver.clone()
    }

    /// Gives one away; `None` where it does not exist.
    pub(super) fn take(&self, number: u64) -> Option<Deferred> {
        let deferred = self.contents().slots.get_mut(&number)?.deferred.take();
        Some(deferred.unwrap_or_else(|| panic!("{number} was given away before")))
    }

    /// Takes one out, attaches something to it and puts it back. Where that may come to use the
    /// slot, it is paused meanwhile.
    pub(super) fn attach(
        &self,
        number: u64,
        uses_slot: bool,
        attach: impl FnOnce(Deferred) -> Deferred,
    ) {
        let deferred = self.take(number).expect("it was looked for");
        let handle = deferred.handle();
        if uses_slot {
            handle.pause();
        }
        let deferred = attach(deferred);
        if let Some(slot) = self.contents().slots.get_mut(&number) {
            slot.deferred = Some(deferred);
        }
        if uses_slot {
            assert!(handle.unpause(), "it was paused");
        }
    }

    /// Drops everything: first those that nobody can fire any more.
    fn close(&self) {
        let contents = {
            let mut contents = self.contents();
            contents.closing = true;
            let closing = Contents { closing: true, ..Contents::default() };
            mem::replace(&mut *contents, closing)
        };
        // Some of them make cycles, which the original has a collector for.
        // Those that wait come first: none of their functions is called any more.
        contents.slots.values().rev().for_each(|slot| slot.handle.abandon());
        let mut resolvers = Vec::new();
        for slot in contents.slots.into_values() {
            resolvers.push(slot.resolver);
            drop((slot.deferred, slot.handle));
        }
        drop(resolvers);
        drop((contents.locks, contents.semaphores, contents.queues));
        drop(mem::take(&mut *self.contents()));
    }
}

impl Slot {
    /// The state at the end; `None` where the result was taken.
    fn end(&self, numbers: &HashMap<usize, u64>) -> Option<Value> {
        match self.handle.state() {
            State::Unfired | State::Abandoned => Some(json!(["unfired"])),
            State::Waiting => {
                let inner = self.handle.waits_for().and_then(|it| numbers.get(&it.id()).copied());
                Some(json!(["waiting", inner]))
            }
            _ => self.result(),
        }
    }

    fn result(&self) -> Option<Value> {
        let handle = &self.handle;
        if let Some(outcome) = handle.result::<Value, String>() {
            return Some(written(&outcome));
        }
        if let Some(outcome) = handle.result::<(), String>() {
            return match (outcome, &self.origin) {
                // Its value is with the list or race of which it is a member.
                (Ok(()), _) if self.deferred.is_none() => None,
                (Ok(()), Origin::Held(what)) => Some(json!(["ok", what])),
                (outcome, _) => Some(written(&outcome.map(|()| Value::Null))),
            };
        }
        // Behind a pause they may still have what they were fired with.
        let list = || handle.result::<Listed<Value, String>, String>();
        let outcome = match self.origin {
            Origin::List => list()?.map(listed),
            Origin::Gather => match handle.result::<Vec<Value>, String>() {
                Some(all) => all.map(|all| json!({ "gather": all })),
                None => list()?.map(listed),
            },
            Origin::Race => {
                handle.result::<(usize, Value), String>()?.map(|it| json!({ "race": it }))
            }
            _ => return None,
        };
        Some(written(&outcome))
    }
}

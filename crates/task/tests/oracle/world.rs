//! What a program made so far, by number, and what was observed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use ropewalk_clock::{Clock, ManualClock};
use ropewalk_deferred::{Answered, Deferred, Failure, Handle, Outcome, Resolver};
use ropewalk_task::{Cooperator, DelayedCall, LoopingCall, Task};
use serde_json::{Value, json};

pub(crate) type Later = Deferred<Value, String>;

/// A map that is never locked while anything else is called.
pub(crate) struct Made<T>(Mutex<HashMap<u64, T>>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Made<T> {
    pub(crate) fn put(&self, number: u64, made: T) {
        self.0.lock().unwrap().insert(number, made);
    }

    pub(crate) fn take(&self, number: u64) -> Option<T> {
        self.0.lock().unwrap().remove(&number)
    }

    pub(crate) fn all(&self) -> Vec<(u64, T)>
    where
        T: Clone,
    {
        let mut all: Vec<_> =
            self.0.lock().unwrap().iter().map(|(number, made)| (*number, made.clone())).collect();
        all.sort_by_key(|(number, _)| *number);
        all
    }

    pub(crate) fn get(&self, number: u64) -> Option<T>
    where
        T: Clone,
    {
        self.0.lock().unwrap().get(&number).cloned()
    }
}

#[derive(Clone)]
pub(crate) struct Loop {
    pub(crate) call: LoopingCall<ManualClock, String>,
    pub(crate) calls: Arc<AtomicU64>,
}

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) began: Instant,
    pub(crate) events: Mutex<Vec<Value>>,
    /// What was not given away yet.
    pub(crate) deferreds: Made<Later>,
    pub(crate) handles: Made<Handle>,
    pub(crate) resolvers: Made<Resolver<Value, String>>,
    pub(crate) loops: Made<Loop>,
    pub(crate) calls: Made<DelayedCall>,
    pub(crate) cooperators: Made<Cooperator<String>>,
    pub(crate) tasks: Made<Task<String>>,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        let clock = ManualClock::new();
        Arc::new(Self {
            began: clock.now(),
            clock,
            events: Mutex::default(),
            deferreds: Made::default(),
            handles: Made::default(),
            resolvers: Made::default(),
            loops: Made::default(),
            calls: Made::default(),
            cooperators: Made::default(),
            tasks: Made::default(),
        })
    }

    pub(crate) fn add(&self, event: Value) {
        self.events.lock().unwrap().push(event);
    }

    pub(crate) fn raise(&self, class: &str) {
        self.add(json!(["raise", class]));
    }

    pub(crate) fn skip(&self, reason: &str) {
        self.add(json!(["skip", reason]));
    }

    /// Seconds since the program began.
    pub(crate) fn seconds(&self, at: Instant) -> f64 {
        (at - self.began).as_secs_f64()
    }

    /// What a function comes to.
    pub(crate) fn conclude(&self, conclusion: &Value) -> Answered<Value, String> {
        match conclusion["kind"].as_str().expect("a kind") {
            "return" => Answered::Now(Ok(conclusion["value"].clone())),
            "yield" => Answered::Now(Ok(Value::Null)),
            "raise" => Answered::Now(Err(Failure::Failed(error(conclusion)))),
            "deferred" => match self.deferreds.take(conclusion["d"].as_u64().expect("a number")) {
                Some(deferred) => Answered::Later(deferred),
                None => {
                    self.skip("no_d");
                    Answered::Now(Ok(Value::Null))
                }
            },
            other => panic!("no conclusion {other}"),
        }
    }
}

pub(crate) fn error(of: &Value) -> String {
    of["error"].as_str().expect("a label").to_owned()
}

/// A result as the records have it.
pub(crate) fn result<T>(outcome: Outcome<T, String>, value: impl FnOnce(T) -> Value) -> Value {
    match outcome {
        Ok(it) => json!(["ok", value(it)]),
        Err(Failure::Failed(label)) => json!(["err", "UserError", label]),
        Err(Failure::Cancelled) => json!(["err", "CancelledError", null]),
        Err(other) => json!(["err", other.to_string(), null]),
    }
}

impl Loop {
    pub(crate) fn called(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

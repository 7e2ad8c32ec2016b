//! Timers, in this process: ours against tokio's, with a million pending.
//!
//! `timers [--rounds N] [--quick]` prints CPU nanoseconds a timer for setting, cancelling and
//! firing it, and the ratio to tokio's in the same round. Two pairs: a connection's deadline (an
//! entry in the wheel; a `Sleep`), and a call that is made later (`call_later`; a task that sleeps
//! and calls). Every second timer is cancelled, the others fire.

#![allow(clippy::print_stdout, reason = "it is a report")]

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use lexopt::{Arg, ValueExt};
use rustix::time::{ClockId, clock_gettime};
use tokio::time::Sleep;

use ropewalk_benches::{Phase, Rounds};
use ropewalk_protocol::{DelayedCall, Timers, Wheel};

/// What one round measures.
const STEPS: [&str; 3] = ["set", "cancel", "fire"];

type Candidate = fn(u64) -> Result<[Phase; 3], Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut count) = (7, 1_000_000);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("rounds") => rounds = parser.value()?.parse()?,
            Arg::Long("quick") => count = 100_000,
            other => return Err(other.unexpected().into()),
        }
    }
    let deadlines: [(&str, Candidate); 2] = [("tokio's Sleep", sleeps), ("our wheel", deadlines)];
    let calls: [(&str, Candidate); 2] =
        [("tokio: a task that sleeps", tasks), ("our call_later", calls)];
    compare("a deadline", &deadlines, rounds, count)?;
    compare("a call", &calls, rounds, count)
}

fn compare(
    what: &str,
    candidates: &[(&str, Candidate)],
    rounds: usize,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    let names = || candidates.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut tables: Vec<Rounds> = STEPS.iter().map(|_| Rounds::new(names())).collect();
    for _ in 0..rounds {
        for (index, (_, candidate)) in candidates.iter().enumerate() {
            for (table, phase) in tables.iter_mut().zip(candidate(count)?) {
                table.add(index, phase);
            }
        }
    }
    for (table, step) in tables.iter().zip(STEPS) {
        table.print(&format!("timers: {step} {what}, with {count} pending"));
    }
    Ok(())
}

/// When timer `index` is due: spread over ten seconds, in no order.
fn delay(index: u64) -> Duration {
    Duration::from_micros(1_000_000 + index.wrapping_mul(2_654_435_761) % 10_000_000)
}

/// Milliseconds after which all have fired.
const END: u64 = 11_100;

fn deadlines(count: u64) -> Result<[Phase; 3], Box<dyn Error>> {
    let start = Instant::now();
    let mut wheel = Wheel::new(start);
    let mut keys = Vec::with_capacity(usize::try_from(count)?);
    let set = measured(count, || {
        for index in 0..count {
            keys.push(wheel.insert(start + delay(index), index));
        }
    });
    let cancel = measured(count / 2, || {
        for key in keys.iter().step_by(2) {
            assert!(wheel.remove(*key).is_some(), "it was pending");
        }
    });
    let mut fired = 0;
    let fire = measured(count / 2, || {
        for millisecond in 0..END {
            while wheel.pop(start + Duration::from_millis(millisecond)).is_some() {
                fired += 1;
            }
        }
    });
    assert_eq!(fired, count / 2);
    Ok([set, cancel, fire])
}

fn calls(count: u64) -> Result<[Phase; 3], Box<dyn Error>> {
    let timers = Timers::new(Instant::now, || ());
    let start = Instant::now();
    let mut calls: Vec<DelayedCall> = Vec::with_capacity(usize::try_from(count)?);
    let fired = Arc::new(AtomicU64::new(0));
    let set = measured(count, || {
        for index in 0..count {
            let fired = Arc::clone(&fired);
            calls.push(timers.call_at(start + delay(index), move || {
                fired.fetch_add(1, Ordering::Relaxed);
            }));
        }
    });
    let cancel = measured(count / 2, || {
        for call in calls.iter().step_by(2) {
            assert!(call.cancel().is_ok(), "it was pending");
        }
    });
    let fire = measured(count / 2, || {
        for millisecond in 0..END {
            while let Some(call) = timers.due(start + Duration::from_millis(millisecond)) {
                call();
            }
        }
    });
    assert_eq!(fired.load(Ordering::Relaxed), count / 2);
    Ok([set, cancel, fire])
}

fn sleeps(count: u64) -> Result<[Phase; 3], Box<dyn Error>> {
    let size = usize::try_from(count)?;
    Ok(runtime()?.block_on(async move {
        let start = tokio::time::Instant::now();
        let mut cx = Context::from_waker(Waker::noop());
        let mut sleeps: Vec<Option<Pin<Box<Sleep>>>> = Vec::with_capacity(size);
        let set = measured(count, || {
            for index in 0..count {
                let mut sleep = Box::pin(tokio::time::sleep_until(start + delay(index)));
                assert!(sleep.as_mut().poll(&mut cx).is_pending());
                sleeps.push(Some(sleep));
            }
        });
        let cancel = measured(count / 2, || {
            for sleep in sleeps.iter_mut().step_by(2) {
                *sleep = None;
            }
        });
        let fire = measured_while(count / 2, pass()).await;
        let fired = sleeps.iter().flatten().filter(|sleep| sleep.is_elapsed()).count();
        assert_eq!(fired as u64, count / 2);
        [set, cancel, fire]
    }))
}

fn tasks(count: u64) -> Result<[Phase; 3], Box<dyn Error>> {
    let size = usize::try_from(count)?;
    Ok(runtime()?.block_on(async move {
        let start = tokio::time::Instant::now();
        let fired = Arc::new(AtomicU64::new(0));
        let mut tasks = Vec::with_capacity(size);
        let all = async {
            for index in 0..count {
                let fired = Arc::clone(&fired);
                let at = start + delay(index);
                tasks.push(tokio::spawn(async move {
                    tokio::time::sleep_until(at).await;
                    fired.fetch_add(1, Ordering::Relaxed);
                }));
            }
            settle(count).await; // they register when they are first polled
        };
        let set = measured_while(count, all).await;
        let some = async {
            for task in tasks.iter().step_by(2) {
                task.abort();
            }
            settle(count).await;
        };
        let cancel = measured_while(count / 2, some).await;
        let all = async {
            pass().await;
            while fired.load(Ordering::Relaxed) < count / 2 {
                tokio::task::yield_now().await;
            }
        };
        let fire = measured_while(count / 2, all).await;
        [set, cancel, fire]
    }))
}

/// Lets tasks run that are ready: the scheduler takes a few dozen of them at a time.
async fn settle(tasks: u64) {
    for _ in 0..tasks / 32 {
        tokio::task::yield_now().await;
    }
}

/// Lets tokio's paused clock pass all the delays, a millisecond at a time.
async fn pass() {
    for _ in 0..END {
        tokio::time::advance(Duration::from_millis(1)).await;
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// The CPU of this thread so far, in nanoseconds.
fn cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

fn measured(messages: u64, work: impl FnOnce()) -> Phase {
    let (before, start) = (cpu(), Instant::now());
    work();
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Phase { messages, nanoseconds, cpu: cpu() - before }
}

async fn measured_while(messages: u64, work: impl Future<Output = ()>) -> Phase {
    let (before, start) = (cpu(), Instant::now());
    work.await;
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Phase { messages, nanoseconds, cpu: cpu() - before }
}

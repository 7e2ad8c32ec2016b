//! Work over time, in this process: looping calls against tokio's intervals, and the policies'
//! executor against a bare async-executor.
//!
//! `tasks [--rounds N] [--quick]` prints CPU nanoseconds for a call of one of 100,000 looping calls
//! on one clock, and for a poll of a future under each policy; and how long a request waits for its
//! first poll while another group floods the executor.

#![allow(clippy::print_stdout, reason = "it is a report")]

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_executor::Executor;
use async_task::Runnable;
use futures_lite::future::{block_on, yield_now};
use lexopt::{Arg, ValueExt};
use rustix::time::{ClockId, clock_gettime};

use ropewalk_benches::{Figures, Phase, Rounds};
use ropewalk_clock::ManualClock;
use ropewalk_task::{
    EarliestDeadline, Fifo, First, LoopingCall, Policy, PolicyExecutor, Priority, RoundRobin, Tag,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut count) = (7, 100_000);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("rounds") => rounds = parser.value()?.parse()?,
            Arg::Long("quick") => count = 10_000,
            other => return Err(other.unexpected().into()),
        }
    }
    looping(rounds, count)?;
    policies(rounds, count);
    flood(rounds, count / 20);
    Ok(())
}

/// Looping calls are due once a second, spread over it; a step of the clock is a millisecond.
fn looping(rounds: usize, count: u64) -> Result<(), Box<dyn Error>> {
    let names = ["tokio: tasks with an interval", "our looping calls"];
    let mut table = Rounds::new(names.map(str::to_owned).to_vec());
    for _ in 0..rounds {
        table.add(0, intervals(count)?);
        table.add(1, looping_calls(count)?);
    }
    table.print(&format!("task: a call of one of {count} that are due once a second"));
    Ok(())
}

const SECONDS: u64 = 5;

fn looping_calls(count: u64) -> Result<Phase, Box<dyn Error>> {
    let (clock, called) = (ManualClock::new(), Arc::new(AtomicU64::new(0)));
    let mut loops = Vec::with_capacity(usize::try_from(count)?);
    for index in 0..count {
        let called = Arc::clone(&called);
        let call = LoopingCall::<_, String>::new(&clock, move || {
            called.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        drop(call.start(Duration::from_secs(1), First::Later)?);
        loops.push(call);
        if index % (count / 1000) == 0 {
            clock.pass(Duration::from_millis(1));
        }
    }
    clock.advance(Duration::ZERO); // those who are due already are not what is measured
    called.store(0, Ordering::Relaxed);
    let phase = measured(count * SECONDS, || {
        clock.pump((0..SECONDS * 1000).map(|_| Duration::from_millis(1)));
    });
    assert_eq!(called.load(Ordering::Relaxed), count * SECONDS);
    for call in loops {
        call.stop()?; // a loop that runs would keep its clock
    }
    Ok(phase)
}

fn intervals(count: u64) -> Result<Phase, Box<dyn Error>> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async move {
        let (start, called) = (tokio::time::Instant::now(), Arc::new(AtomicU64::new(0)));
        for index in 0..count {
            let called = Arc::clone(&called);
            let first = start + Duration::from_millis(1 + index / (count / 1000));
            tokio::spawn(async move {
                let mut interval = tokio::time::interval_at(first, Duration::from_secs(1));
                loop {
                    interval.tick().await;
                    called.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..count / 32 {
            tokio::task::yield_now().await; // they register when they are first polled
        }
        let (before, began) = (cpu(), Instant::now());
        for _ in 0..SECONDS * 1000 {
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        while called.load(Ordering::Relaxed) < count * SECONDS {
            tokio::task::yield_now().await;
        }
        phase(count * SECONDS, before, began)
    }))
}

/// What runs futures.
trait Runs {
    fn spawn(&self, tag: Tag, future: impl Future<Output = ()> + Send + 'static);
    fn run<F: Future>(&self, future: F) -> F::Output;
    fn tick(&self) -> bool;
}

impl Runs for Executor<'static> {
    fn spawn(&self, _: Tag, future: impl Future<Output = ()> + Send + 'static) {
        Executor::spawn(self, future).detach();
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        block_on(Executor::run(self, future))
    }

    fn tick(&self) -> bool {
        self.try_tick()
    }
}

impl<P: Policy<Runnable> + Send + 'static> Runs for PolicyExecutor<P> {
    fn spawn(&self, tag: Tag, future: impl Future<Output = ()> + Send + 'static) {
        // There is room: the limit is above what is spawned here.
        Self::spawn(self, tag, future).expect("room").detach();
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        block_on(Self::run(self, future))
    }

    fn tick(&self) -> bool {
        self.try_tick()
    }
}

const LIMIT: usize = 10_000_000;

const NAMES: [&str; 5] =
    ["async-executor", "first in, first out", "priority", "round robin", "earliest deadline"];

/// Futures of 100 groups that yield ten times each.
fn policies(rounds: usize, count: u64) {
    let mut table = Rounds::new(NAMES.map(str::to_owned).to_vec());
    for _ in 0..rounds {
        table.add(0, yielding(&Executor::new(), count));
        table.add(1, yielding(&PolicyExecutor::new(Fifo::default(), LIMIT), count));
        table.add(2, yielding(&PolicyExecutor::new(Priority::default(), LIMIT), count));
        table.add(3, yielding(&PolicyExecutor::new(RoundRobin::default(), LIMIT), count));
        table.add(4, yielding(&PolicyExecutor::new(EarliestDeadline::default(), LIMIT), count));
    }
    table.print(&format!(
        "task: a poll of one of {count} futures that yield ten times, spawning included"
    ));
}

fn yielding(executor: &impl Runs, count: u64) -> Phase {
    let done = Arc::new(AtomicU64::new(0));
    measured(count * 11, || {
        for index in 0..count {
            let done = Arc::clone(&done);
            let level = u8::try_from(index % 3).unwrap_or(0);
            executor.spawn(Tag { level, group: index % 100, ..Tag::default() }, async move {
                for _ in 0..10 {
                    yield_now().await;
                }
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        executor.run(async {
            while done.load(Ordering::Relaxed) < count {
                yield_now().await;
            }
        });
    })
}

/// A thousand futures of one group never stop; now and then another group has a short one.
fn flood(rounds: usize, requests: u64) {
    println!("\ntask: microseconds until a request's first poll, while another group floods");
    println!("  {:<26} {:>12} {:>12} {:>12}", "", "half", "99 of 100", "all");
    let row = |name: &str, run: &dyn Fn() -> [f64; 3]| {
        let runs: Vec<_> = (0..rounds.min(3)).map(|_| run()).collect();
        let middle = |column: usize| Figures::of(runs.iter().map(|run| run[column])).median;
        println!("  {name:<26} {:>12.1} {:>12.1} {:>12.1}", middle(0), middle(1), middle(2));
    };
    row(NAMES[0], &|| waits(&Executor::new(), requests));
    row(NAMES[1], &|| waits(&PolicyExecutor::new(Fifo::default(), LIMIT), requests));
    row(NAMES[2], &|| waits(&PolicyExecutor::new(Priority::default(), LIMIT), requests));
    row(NAMES[3], &|| waits(&PolicyExecutor::new(RoundRobin::default(), LIMIT), requests));
    row(NAMES[4], &|| waits(&PolicyExecutor::new(EarliestDeadline::default(), LIMIT), requests));
}

fn waits(executor: &impl Runs, requests: u64) -> [f64; 3] {
    for _ in 0..1000 {
        executor.spawn(Tag { level: 1, group: 0, deadline: None }, async {
            loop {
                spin(Duration::from_micros(2));
                yield_now().await;
            }
        });
    }
    let waited = Arc::new(Mutex::new(Vec::new()));
    for request in 1..=requests {
        let (waits, asked) = (Arc::clone(&waited), Instant::now());
        let deadline = Some(asked + Duration::from_millis(1));
        executor.spawn(Tag { level: 0, group: request % 50 + 1, deadline }, async move {
            let waited = asked.elapsed().as_secs_f64() * 1e6;
            waits.lock().unwrap_or_else(PoisonError::into_inner).push(waited);
        });
        for _ in 0..10 {
            executor.tick();
        }
    }
    let all = usize::try_from(requests).unwrap_or(usize::MAX);
    while waited.lock().unwrap_or_else(PoisonError::into_inner).len() < all {
        executor.tick();
    }
    let mut waited = std::mem::take(&mut *waited.lock().unwrap_or_else(PoisonError::into_inner));
    waited.sort_by(f64::total_cmp);
    let at = |share: usize| waited.get((waited.len() * share / 100).min(waited.len() - 1));
    [50, 99, 100].map(|share| at(share).copied().unwrap_or(f64::NAN))
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// The CPU of this thread so far, in nanoseconds.
fn cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

fn phase(messages: u64, before: u64, began: Instant) -> Phase {
    let nanoseconds = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Phase { messages, nanoseconds, cpu: cpu() - before }
}

fn measured(messages: u64, work: impl FnOnce()) -> Phase {
    let (before, began) = (cpu(), Instant::now());
    work();
    phase(messages, before, began)
}

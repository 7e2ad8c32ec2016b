//! Steps that depend on steps.

use std::{
    collections::HashSet,
    future::{Future, pending},
    io,
    num::NonZeroUsize,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_lite::future::{block_on, poll_once, yield_now};
use proptest::prelude::*;
use ropewalk_clock::ManualClock;
use ropewalk_task::{
    Backoff, Ended, Event, Graph, GraphError, Journal, Plan, Report, Step, StepError,
};

type Log = Arc<Mutex<Vec<String>>>;

fn at_once(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

fn noted(log: &Log, name: &str) -> Step<String> {
    let (log, says) = (Arc::clone(log), name.to_owned());
    Step::new(name, move || {
        log.lock().unwrap().push(says.clone());
        async { Ok(()) }
    })
}

fn failing(name: &str) -> Step<String> {
    Step::new(name, || async { Err("no".to_owned()) })
}

fn plan(steps: impl IntoIterator<Item = Step<String>>) -> Plan<String> {
    let mut graph = Graph::default();
    for step in steps {
        graph.add(step).unwrap();
    }
    graph.plan().unwrap()
}

fn run(plan: Plan<String>) -> Report<String> {
    block_on(plan.run(&ManualClock::new(), at_once(4)))
}

/// A run that is polled while the clock is moved.
struct Running {
    clock: ManualClock,
    run: Pin<Box<dyn Future<Output = Report<String>>>>,
}

impl Running {
    fn new(plan: Plan<String>, limit: usize) -> Self {
        let clock = ManualClock::new();
        let on = clock.clone();
        Self { clock, run: Box::pin(async move { plan.run(&on, at_once(limit)).await }) }
    }

    fn poll(&mut self) -> Option<Report<String>> {
        block_on(poll_once(&mut self.run))
    }

    fn after(&mut self, time: Duration) -> Option<Report<String>> {
        let before = self.poll();
        assert!(before.is_none(), "it is over already: {before:?}");
        self.clock.advance(time);
        self.poll()
    }
}

#[test]
fn a_step_runs_after_those_it_depends_on() {
    let log = Log::default();
    let report = run(plan([
        noted(&log, "link").after(["compile", "fetch"]),
        noted(&log, "compile").after(["fetch"]),
        noted(&log, "fetch"),
    ]));
    assert!(report.is_success());
    assert_eq!(*log.lock().unwrap(), ["fetch", "compile", "link"]);
}

#[test]
fn what_cannot_be_brought_into_an_order_is_named() {
    let build = |steps: &[(&str, &[&str])]| {
        let mut graph = Graph::<String>::default();
        for (name, after) in steps {
            graph.add(noted(&Log::default(), name).after(after.iter().copied()))?;
        }
        graph.plan().map(drop)
    };
    let error = build(&[("a", &["b"]), ("b", &["lost"])]).unwrap_err();
    assert_eq!(error.to_string(), "the step `b` depends on `lost`, which is not there");
    let error =
        build(&[("x", &["a"]), ("a", &["b"]), ("b", &["c", "z"]), ("c", &["a"]), ("z", &[])]);
    assert_eq!(error.unwrap_err().to_string(), "steps depend on each other: a -> b -> c -> a");
    let error = build(&[("self", &["self"])]).unwrap_err();
    assert_eq!(error.to_string(), "steps depend on each other: self -> self");
    let error = build(&[("a", &[]), ("a", &[])]).unwrap_err();
    assert_eq!(error, GraphError::Duplicate { name: "a".to_owned() });
    assert_eq!(build(&[]), Ok(()));
}

#[test]
fn a_failure_cancels_what_depends_on_it_and_nothing_else() {
    let log = Log::default();
    let report = run(plan([
        failing("a"),
        noted(&log, "b").after(["a"]),
        noted(&log, "c").after(["b", "d"]),
        noted(&log, "d"),
    ]));
    let because_of = || Ended::Cancelled { because_of: "a".to_owned() };
    assert!(!report.is_success());
    assert_eq!(report.of("a"), Some(&Ended::Failed(StepError::Failed("no".to_owned()))));
    assert_eq!(report.of("b"), Some(&because_of()));
    assert_eq!(report.of("c"), Some(&because_of()));
    assert_eq!(report.of("d"), Some(&Ended::Done));
    assert_eq!(*log.lock().unwrap(), ["d"]);
}

#[test]
fn a_step_that_takes_too_long_is_dropped() {
    let held = Arc::new(());
    let holds = Arc::clone(&held);
    let limit = Duration::from_secs(5);
    let slow = Step::<String>::new("slow", move || {
        let holds = Arc::clone(&holds);
        async move {
            pending::<()>().await;
            drop(holds);
            Ok(())
        }
    });
    let mut running = Running::new(plan([slow.timeout(limit)]), 1);
    assert!(running.after(Duration::from_secs(4)).is_none());
    let report = running.after(Duration::from_secs(1)).unwrap();
    assert_eq!(report.of("slow"), Some(&Ended::Failed(StepError::TimedOut { limit })));
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_step_is_tried_again_with_a_delay_that_does_not_hold_the_others_up() {
    let log = Log::default();
    let (logs, mut tries) = (Arc::clone(&log), 0);
    let flaky = Step::<String>::new("flaky", move || {
        tries += 1;
        logs.lock().unwrap().push(format!("try {tries}"));
        let worked = tries == 3;
        async move { if worked { Ok(()) } else { Err("not yet".to_owned()) } }
    });
    let backoff = Backoff { jitter: 0.0, ..Backoff::default() };
    let steps = [flaky.tries(3, backoff), noted(&log, "other")];
    let mut running = Running::new(plan(steps), 1);
    assert!(running.after(Duration::from_secs(1)).is_none());
    assert_eq!(*log.lock().unwrap(), ["try 1", "other", "try 2"]);
    assert!(running.after(Duration::from_secs(1)).is_none(), "the second delay is twice as long");
    let report = running.after(Duration::from_secs(1)).unwrap();
    assert!(report.is_success());
}

#[test]
fn tries_come_to_an_end() {
    let step = failing("a").tries(3, Backoff::constant(Duration::ZERO));
    let events = Log::default();
    let notes = Arc::clone(&events);
    let plan = plan([step]).observe(move |progress| {
        let event = match &progress.event {
            Event::Started { attempt } => format!("try {attempt}"),
            Event::Retrying { error, .. } => format!("again: {error}"),
            Event::Failed { error } => format!("failed: {error}"),
            other => format!("{other:?}"),
        };
        notes.lock().unwrap().push(event);
    });
    run(plan);
    let expected = ["try 1", "again: no", "try 2", "again: no", "try 3", "failed: no"];
    assert_eq!(*events.lock().unwrap(), expected);
}

#[test]
fn a_step_that_panics_has_failed_and_the_others_go_on() {
    let early = Step::<String>::new("early", || -> std::future::Ready<_> { panic!("at once") });
    let late = Step::new("late", || async { panic!("in {}", "between") });
    let report = run(plan([early, late.tries(5, Backoff::default()), noted(&Log::default(), "c")]));
    let panicked =
        |message: &str| Ended::Failed(StepError::Panicked { message: message.to_owned() });
    assert_eq!(report.of("early"), Some(&panicked("at once")));
    assert_eq!(report.of("late"), Some(&panicked("in between")));
    assert_eq!(report.of("c"), Some(&Ended::Done));
}

/// Remembers, and may refuse to.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<HashSet<(String, u64)>>>, bool);

impl Journal for Memory {
    fn has(&self, step: &str, revision: u64) -> bool {
        self.0.lock().unwrap().contains(&(step.to_owned(), revision))
    }

    fn note(&mut self, step: &str, revision: u64) -> io::Result<()> {
        if self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.lock().unwrap().insert((step.to_owned(), revision));
        Ok(())
    }
}

#[test]
fn a_finished_step_is_not_run_again_unless_it_has_changed() {
    let (log, memory) = (Log::default(), Memory::default());
    let steps = |revision| {
        [
            noted(&log, "a"),
            noted(&log, "b").after(["a"]).revision(revision),
            failing("c").after(["b"]),
        ]
    };
    let report = run(plan(steps(1)).journal(memory.clone()));
    assert_eq!(report.of("b"), Some(&Ended::Done));
    let report = run(plan(steps(1)).journal(memory.clone()));
    assert_eq!(report.of("b"), Some(&Ended::DoneBefore));
    assert!(matches!(report.of("c"), Some(Ended::Failed(_))), "what failed is tried again");
    let report = run(plan(steps(2)).journal(memory));
    assert_eq!(report.of("b"), Some(&Ended::Done));
    assert_eq!(*log.lock().unwrap(), ["a", "b", "b"]);
}

#[test]
fn nothing_is_started_when_the_journal_cannot_be_written() {
    let log = Log::default();
    let steps = [noted(&log, "a"), noted(&log, "b").after(["a"]), noted(&log, "c")];
    let plan = plan(steps).journal(Memory(Arc::default(), true));
    let report = block_on(plan.run(&ManualClock::new(), at_once(1)));
    assert_eq!(report.journal.as_ref().unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(!report.is_success());
    assert_eq!(report.of("a"), Some(&Ended::Done));
    assert_eq!(report.of("b"), Some(&Ended::NotStarted));
    assert_eq!(*log.lock().unwrap(), ["a"]);
}

#[test]
fn ten_thousand_steps_in_a_row_take_no_stack() {
    let log = Log::default();
    let name = |number: usize| format!("{number}");
    let steps = (0..10_000).map(|number| {
        let step = noted(&log, &name(number));
        if number == 0 { step } else { step.after([name(number - 1)]) }
    });
    let small = std::thread::Builder::new().stack_size(256 * 1024);
    let plan = plan(steps);
    small.spawn(move || assert!(run(plan).is_success())).unwrap().join().unwrap();
    assert_eq!(log.lock().unwrap().len(), 10_000);
}

proptest! {
    #[test]
    fn what_is_ready_runs_in_order_and_no_more_than_the_limit_at_once(
        edges in prop::collection::vec((1_usize..20, any::<prop::sample::Index>()), 0..40),
        fails in prop::collection::hash_set(0_usize..20, 0..3),
        limit in 1_usize..5,
    ) {
        let mut needs = vec![HashSet::new(); 20];
        for (from, to) in edges {
            needs[from].insert(to.index(from));
        }
        // Running now, most at once, done.
        let state = Arc::new(Mutex::new((0_usize, 0_usize, HashSet::new())));
        let steps = needs.iter().enumerate().map(|(number, needs)| {
            let (state, needs_of, fails) = (Arc::clone(&state), needs.clone(), fails.contains(&number));
            let step = Step::<String>::new(number.to_string(), move || {
                let (state, needs) = (Arc::clone(&state), needs_of.clone());
                async move {
                    {
                        let mut state = state.lock().unwrap();
                        assert!(needs.iter().all(|need| state.2.contains(need)), "too early");
                        state.0 += 1;
                        state.1 = state.1.max(state.0);
                    }
                    for _ in 0..number % 4 {
                        yield_now().await;
                    }
                    let mut state = state.lock().unwrap();
                    state.0 -= 1;
                    if fails {
                        return Err("as it should".to_owned());
                    }
                    assert!(state.2.insert(number), "twice");
                    Ok(())
                }
            });
            step.after(needs.iter().map(ToString::to_string))
        });
        let report = block_on(plan(steps).run(&ManualClock::new(), at_once(limit)));
        prop_assert!(state.lock().unwrap().1 <= limit);
        let mut good = HashSet::new();
        for (number, (_, ended)) in report.steps.iter().enumerate() {
            let can = needs[number].iter().all(|need| good.contains(need));
            match ended {
                Ended::Done => prop_assert!(can && !fails.contains(&number)),
                Ended::Failed(StepError::Failed(_)) => prop_assert!(can && fails.contains(&number)),
                Ended::Cancelled { because_of } => {
                    prop_assert!(!can && fails.contains(&because_of.parse().unwrap()));
                }
                other => prop_assert!(false, "{other:?}"),
            }
            if *ended == Ended::Done {
                good.insert(number);
            }
        }
        prop_assert_eq!(&good, &state.lock().unwrap().2);
    }
}

#[test]
fn progress_says_how_far_it_is() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = Arc::clone(&seen);
    let log = Log::default();
    let plan = plan([noted(&log, "a"), noted(&log, "b").after(["a"])]).observe(move |progress| {
        let it = (progress.step.to_owned(), progress.ended, progress.running, progress.total);
        sees.lock().unwrap().push(it);
    });
    run(plan);
    let is = |name: &str, ended, running| (name.to_owned(), ended, running, 2);
    assert_eq!(*seen.lock().unwrap(), [is("a", 0, 1), is("a", 1, 0), is("b", 1, 1), is("b", 2, 0)]);
}

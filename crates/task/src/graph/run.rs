//! One run of a graph.

use std::{
    any::Any,
    collections::VecDeque,
    future::Future,
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    time::Duration,
};

use futures_lite::{FutureExt, StreamExt};
use futures_util::stream::FuturesUnordered;
use ropewalk_clock::Clock;

use super::{Ended, Event, Observer, Plan, Progress, Report, Step, StepError, Try};
use crate::{Delays, Journal, later::after};

pub(super) struct Run<C, E> {
    clock: C,
    limit: usize,
    steps: Vec<Stage<E>>,
    journal: Option<Box<dyn Journal>>,
    observer: Option<Observer<E>>,
    /// Those to be tried next.
    ready: VecDeque<usize>,
    /// Tries, and the rests between them.
    active: FuturesUnordered<Active<E>>,
    running: usize,
    ended: usize,
    broken: Option<io::Error>,
}

type Active<E> = Pin<Box<dyn Future<Output = (usize, Happened<E>)> + Send>>;

/// A step, and how far it is.
struct Stage<E> {
    step: Step<E>,
    /// How many of those that it depends on have not succeeded.
    missing: usize,
    needed_by: Vec<usize>,
    delays: Delays,
    ended: Option<Ended<E>>,
}

enum Happened<E> {
    Tried(Result<(), StepError<E>>),
    Rested,
}

impl<C: Clock, E: Send + 'static> Run<C, E> {
    pub(super) fn new(plan: Plan<E>, clock: C, limit: NonZeroUsize) -> Self {
        let stage = |(step, needs): (Step<E>, &Vec<usize>)| Stage {
            missing: needs.len(),
            needed_by: Vec::new(),
            delays: Delays::new(step.backoff),
            ended: None,
            step,
        };
        let mut steps: Vec<_> = plan.steps.into_iter().zip(&plan.needs).map(stage).collect();
        for (number, needs) in plan.needs.iter().enumerate() {
            for need in needs {
                steps[*need].needed_by.push(number);
            }
        }
        Self {
            clock,
            limit: limit.get(),
            ready: (0..steps.len()).filter(|number| steps[*number].missing == 0).collect(),
            steps,
            journal: plan.journal,
            observer: plan.observer,
            active: FuturesUnordered::new(),
            running: 0,
            ended: 0,
            broken: None,
        }
    }

    pub(super) async fn finish(mut self) -> Report<E> {
        loop {
            while self.running < self.limit && self.broken.is_none() {
                let Some(number) = self.ready.pop_front() else { break };
                self.begin(number);
            }
            if self.running == 0 && self.broken.is_some() {
                break; // who rests will not be tried again
            }
            match self.active.next().await {
                Some((number, Happened::Tried(outcome))) => self.tried(number, outcome),
                Some((number, Happened::Rested)) => self.ready.push_back(number),
                None => break,
            }
        }
        let ended = |stage: Stage<E>| (stage.step.name, stage.ended.unwrap_or(Ended::NotStarted));
        Report {
            steps: self.steps.into_iter().map(ended).collect(),
            journal: self.broken.map_or(Ok(()), Err),
        }
    }

    /// Begins a try, unless the step was finished before.
    fn begin(&mut self, number: usize) {
        let stage = &mut self.steps[number];
        let step = &mut stage.step;
        let journal = self.journal.as_ref();
        if journal.is_some_and(|journal| journal.has(&step.name, step.revision)) {
            return self.end(number, Ended::DoneBefore);
        }
        let attempt = stage.delays.failures() + 1;
        let work = catch_unwind(AssertUnwindSafe(|| (step.work)()));
        let sleep = step.timeout.map(|limit| {
            let clock = self.clock.clone();
            (limit, async move { clock.sleep_until(after(clock.now(), limit)).await })
        });
        let attempted = async move { (number, Happened::Tried(attempt_of(work, sleep).await)) };
        self.active.push(Box::pin(attempted));
        self.running += 1;
        self.tell(number, Event::Started { attempt });
    }

    fn tried(&mut self, number: usize, outcome: Result<(), StepError<E>>) {
        self.running -= 1;
        let stage = &mut self.steps[number];
        match outcome {
            Ok(()) => {
                if let Some(journal) = &mut self.journal
                    && let Err(error) = journal.note(&stage.step.name, stage.step.revision)
                {
                    self.broken.get_or_insert(error);
                }
                self.end(number, Ended::Done);
            }
            Err(error) if may_retry(stage, &error) => {
                let delay = stage.delays.next_delay();
                let sleep = self.clock.sleep_until(after(self.clock.now(), delay));
                self.active.push(Box::pin(async move {
                    sleep.await;
                    (number, Happened::Rested)
                }));
                self.tell(number, Event::Retrying { error: &error, delay });
            }
            Err(error) => {
                self.end(number, Ended::Failed(error));
                self.cancel_dependants(number);
            }
        }
    }

    /// It is over with a step: tells, and lets those go that waited for its success.
    fn end(&mut self, number: usize, ended: Ended<E>) {
        self.ended += 1;
        let event = match &ended {
            Ended::Done => Event::Done,
            Ended::DoneBefore => Event::DoneBefore,
            Ended::Failed(error) => Event::Failed { error },
            Ended::Cancelled { because_of } => Event::Cancelled { because_of },
            Ended::NotStarted => return,
        };
        self.tell(number, event);
        if matches!(ended, Ended::Done | Ended::DoneBefore) {
            for next in std::mem::take(&mut self.steps[number].needed_by) {
                self.steps[next].missing -= 1;
                if self.steps[next].missing == 0 {
                    self.ready.push_back(next);
                }
            }
        }
        self.steps[number].ended = Some(ended);
    }

    fn cancel_dependants(&mut self, failed: usize) {
        let because_of = self.steps[failed].step.name.clone();
        let mut left = std::mem::take(&mut self.steps[failed].needed_by);
        while let Some(number) = left.pop() {
            if self.steps[number].ended.is_none() {
                left.append(&mut self.steps[number].needed_by);
                self.end(number, Ended::Cancelled { because_of: because_of.clone() });
            }
        }
    }

    fn tell(&mut self, number: usize, event: Event<'_, E>) {
        let Some(observer) = &mut self.observer else { return };
        let step = &*self.steps[number].step.name;
        let (ended, running, total) = (self.ended, self.running, self.steps.len());
        observer(&Progress { step, event, ended, running, total });
    }
}

fn may_retry<E>(stage: &Stage<E>, error: &StepError<E>) -> bool {
    let panicked = matches!(error, StepError::Panicked { .. });
    stage.delays.failures() + 1 < stage.step.tries && !panicked
}

/// One try, to its end or its timeout.
async fn attempt_of<E>(
    work: Result<Try<E>, Box<dyn Any + Send>>,
    sleep: Option<(Duration, impl Future<Output = ()>)>,
) -> Result<(), StepError<E>> {
    let work = async {
        let outcome = match work {
            Ok(work) => AssertUnwindSafe(work).catch_unwind().await,
            Err(panic) => Err(panic),
        };
        match outcome {
            Ok(outcome) => outcome.map_err(StepError::Failed),
            Err(panic) => Err(StepError::Panicked { message: message(&*panic) }),
        }
    };
    match sleep {
        None => work.await,
        Some((limit, sleep)) => {
            let late = async {
                sleep.await;
                Err(StepError::TimedOut { limit })
            };
            work.or(late).await
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(|text| &**text)).unwrap_or("?").to_owned()
}

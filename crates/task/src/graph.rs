//! Work that depends on other work.

use std::{collections::HashMap, fmt, future::Future, num::NonZeroUsize, pin::Pin, time::Duration};

use ropewalk_clock::Clock;
use thiserror::Error;

use crate::{Backoff, Journal};

mod order;
mod progress;
mod report;
mod run;

use self::{order::order, run::Run};
pub use self::{
    progress::{Event, Progress},
    report::{Ended, Report, StepError},
};

/// Steps that depend on each other.
///
/// [`plan`](Self::plan) checks that they can be brought into an order, and [`Plan::run`] runs what
/// is ready, as many at once as a limit says. When a step has failed for good, what depends on it is
/// cancelled, and the rest goes on.
///
/// ```
/// use std::{num::NonZeroUsize, time::Duration};
/// use futures_lite::future::block_on;
/// use ropewalk_clock::SystemClock;
/// use ropewalk_task::{Backoff, Graph, Step};
///
/// let mut graph = Graph::<String>::default();
/// graph.add(Step::new("fetch", || async { Ok(()) }).tries(3, Backoff::default()))?;
/// graph.add(Step::new("compile", || async { Ok(()) }).after(["fetch"]))?;
/// graph.add(
///     Step::new("test", || async { Ok(()) }).after(["compile"]).timeout(Duration::from_secs(60)),
/// )?;
/// let four = NonZeroUsize::new(4).unwrap();
/// let report = block_on(graph.plan()?.run(&SystemClock, four));
/// assert!(report.is_success());
/// # Ok::<(), ropewalk_task::GraphError>(())
/// ```
pub struct Graph<E> {
    steps: Vec<Step<E>>,
    numbers: HashMap<String, usize>,
}

impl<E> Default for Graph<E> {
    fn default() -> Self {
        Self { steps: Vec::new(), numbers: HashMap::new() }
    }
}

impl<E> Graph<E> {
    /// Adds a step. What it depends on may be added later.
    ///
    /// # Errors
    /// There is one of that name.
    pub fn add(&mut self, step: Step<E>) -> Result<(), GraphError> {
        if self.numbers.contains_key(&step.name) {
            return Err(GraphError::Duplicate { name: step.name });
        }
        self.numbers.insert(step.name.clone(), self.steps.len());
        self.steps.push(step);
        Ok(())
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Checks the graph.
    ///
    /// # Errors
    /// A step depends on one that is not there, or on itself by way of others: the error names them.
    ///
    /// ```
    /// use ropewalk_task::{Graph, Step};
    ///
    /// let mut graph = Graph::<String>::default();
    /// for (name, after) in [("a", "b"), ("b", "c"), ("c", "a")] {
    ///     graph.add(Step::new(name, || async { Ok(()) }).after([after]))?;
    /// }
    /// let error = graph.plan().unwrap_err();
    /// assert_eq!(error.to_string(), "steps depend on each other: a -> b -> c -> a");
    /// # Ok::<(), ropewalk_task::GraphError>(())
    /// ```
    pub fn plan(self) -> Result<Plan<E>, GraphError> {
        let mut needs = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let number = |dependency: &String| match self.numbers.get(dependency) {
                Some(number) => Ok(*number),
                None => Err(GraphError::Unknown {
                    step: step.name.clone(),
                    dependency: dependency.clone(),
                }),
            };
            needs.push(step.after.iter().map(number).collect::<Result<Vec<_>, _>>()?);
        }
        if let Err(cycle) = order(&needs) {
            let path = cycle.into_iter().map(|number| self.steps[number].name.clone()).collect();
            return Err(GraphError::Cycle { path });
        }
        Ok(Plan { steps: self.steps, needs, journal: None, observer: None })
    }
}

/// One step of a [`Graph`]: a name, what to do, and what has to be done before.
pub struct Step<E> {
    name: String,
    revision: u64,
    after: Vec<String>,
    work: Work<E>,
    timeout: Option<Duration>,
    tries: u32,
    backoff: Backoff,
}

type Work<E> = Box<dyn FnMut() -> Try<E> + Send>;
type Try<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;

impl<E> Step<E> {
    /// A step that is tried once, for as long as it takes. `work` is called for each try.
    pub fn new<W>(name: impl Into<String>, mut work: impl FnMut() -> W + Send + 'static) -> Self
    where
        W: Future<Output = Result<(), E>> + Send + 'static,
    {
        Self {
            name: name.into(),
            revision: 0,
            after: Vec::new(),
            work: Box::new(move || Box::pin(work())),
            timeout: None,
            tries: 1,
            backoff: Backoff::default(),
        }
    }

    /// Only after these have succeeded.
    #[must_use]
    pub fn after<N: Into<String>>(mut self, steps: impl IntoIterator<Item = N>) -> Self {
        self.after.extend(steps.into_iter().map(Into::into));
        self
    }

    /// A try that takes longer is dropped, and has failed.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Tries at most so many times in all, at least once, with such delays between them. A step that
    /// waits for its next try does not count as running.
    #[must_use]
    pub fn tries(mut self, tries: u32, backoff: Backoff) -> Self {
        (self.tries, self.backoff) = (tries.max(1), backoff);
        self
    }

    /// Which revision of the work this is, a hash of it for example: a journal that says that another
    /// one was finished does not count.
    #[must_use]
    pub fn revision(mut self, revision: u64) -> Self {
        self.revision = revision;
        self
    }
}

impl<E> fmt::Debug for Step<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.name)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for Graph<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("steps", &self.steps).finish_non_exhaustive()
    }
}

/// A graph is not one that can be run.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum GraphError {
    /// Two steps have the same name.
    #[error("there are two steps `{name}`")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A step depends on one that is not there.
    #[error("the step `{step}` depends on `{dependency}`, which is not there")]
    Unknown {
        /// The step.
        step: String,
        /// What it depends on.
        dependency: String,
    },
    /// A step depends on itself, by way of others.
    #[error("steps depend on each other: {}", path.join(" -> "))]
    Cycle {
        /// Each depends on the next; the first is the last, too.
        path: Vec<String>,
    },
}

/// A graph that can be run.
#[must_use = "it does nothing before it is run"]
pub struct Plan<E> {
    steps: Vec<Step<E>>,
    /// For each step the numbers of those it depends on.
    needs: Vec<Vec<usize>>,
    journal: Option<Box<dyn Journal>>,
    observer: Option<Observer<E>>,
}

type Observer<E> = Box<dyn FnMut(&Progress<'_, E>) + Send>;

impl<E: Send + 'static> Plan<E> {
    /// Notes each finished step there, and does not run those that it has already.
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.journal = Some(Box::new(journal));
        self
    }

    /// Tells `observer` of each change, between two polls of the run: it should be quick.
    pub fn observe(mut self, observer: impl FnMut(&Progress<'_, E>) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Runs all steps, in the order in which they were added as far as their dependencies let it,
    /// `limit` of them at most at once.
    ///
    /// All run inside this future, on one thread at a time; a step that computes for long should
    /// spawn that. Dropping it drops what is running. A step that panics has failed, for good.
    pub async fn run<C: Clock>(self, clock: &C, limit: NonZeroUsize) -> Report<E> {
        Run::new(self, clock.clone(), limit).finish().await
    }
}

impl<E> fmt::Debug for Plan<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("steps", &self.steps).finish_non_exhaustive()
    }
}

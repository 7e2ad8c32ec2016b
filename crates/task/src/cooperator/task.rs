//! A handle to one of the iterators of a cooperator.

use std::{
    fmt::{self, Display},
    sync::Arc,
};

use ropewalk_deferred::{Deferred, Failure};
use thiserror::Error;

use super::job::Job;

/// One of the iterators of a [`Cooperator`](crate::Cooperator).
///
/// Clones are handles to the same task. It goes on when they are dropped.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_clock::ManualClock;
/// use ropewalk_deferred::{Failure, failure_result_of};
/// use ropewalk_task::{Cooperator, Slice, TaskError, TaskOver};
///
/// let clock = ManualClock::new();
/// let cooperator = Cooperator::<String>::new(&clock, Slice::steps(1), Duration::ZERO);
/// let task = cooperator.cooperate(std::iter::repeat_with(|| Ok::<_, Failure<String>>(())));
/// task.pause()?;
/// assert!(clock.pending().is_empty(), "there is nothing to do");
/// task.stop()?;
/// assert_eq!(task.pause(), Err(TaskOver::Stopped));
/// let failure = failure_result_of(task.when_done());
/// assert_eq!(failure, Failure::Failed(TaskError::Stopped));
/// # Ok::<(), TaskOver>(())
/// ```
pub struct Task<E> {
    job: Arc<Job<E>>,
}

/// Why a task did not come to its end.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum TaskError<E> {
    /// A step failed, or a Deferred that it waited for.
    #[error("{0}")]
    Failed(Failure<E>),
    /// It was stopped.
    #[error("the task was stopped")]
    Stopped,
    /// Its cooperator was stopped.
    #[error("the task's cooperator was stopped")]
    SchedulerStopped,
}

/// A task has ended already, and how.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TaskOver {
    /// Its iterator was exhausted.
    #[error("the task is done")]
    Done,
    /// It failed.
    #[error("the task has failed")]
    Failed,
    /// It was stopped.
    #[error("the task was stopped")]
    Stopped,
    /// Its cooperator was stopped.
    #[error("the task's cooperator was stopped")]
    SchedulerStopped,
}

/// A task was to be resumed, and is not paused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the task is not paused")]
pub struct NotPaused;

impl<E: Clone + Display + Send + 'static> Task<E> {
    pub(super) fn new(job: Arc<Job<E>>) -> Self {
        Self { job }
    }

    /// Fires when the task ends. Each call gives a Deferred of its own, also afterwards.
    #[track_caller]
    pub fn when_done(&self) -> Deferred<(), TaskError<E>> {
        let (deferred, resolver) = Deferred::pending();
        self.job.observe(resolver);
        deferred
    }

    /// Makes no more steps until [`resume`](Self::resume). Pauses add up.
    ///
    /// # Errors
    /// It has ended.
    pub fn pause(&self) -> Result<(), TaskOver> {
        self.job.pause()
    }

    /// Takes one pause back. When none is left, and the task does not wait for a Deferred, it gets
    /// its turn after the others. For a task that was stopped meanwhile it changes nothing.
    ///
    /// # Errors
    /// It is not paused.
    pub fn resume(&self) -> Result<(), NotPaused> {
        self.job.resume()
    }

    /// Makes no more steps at all: [`when_done`](Self::when_done) fires with
    /// [`TaskError::Stopped`].
    ///
    /// # Errors
    /// It has ended.
    pub fn stop(&self) -> Result<(), TaskOver> {
        match self.job.over() {
            Some(over) => Err(over),
            None => {
                self.job.end(Err(TaskError::Stopped));
                Ok(())
            }
        }
    }

    /// Whether it waits for a Deferred.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.job.is_waiting()
    }

    /// How it has ended, if it has.
    #[must_use]
    pub fn over(&self) -> Option<TaskOver> {
        self.job.over()
    }
}

impl<E> Clone for Task<E> {
    fn clone(&self) -> Self {
        Self { job: Arc::clone(&self.job) }
    }
}

impl<E: Clone + Display + Send + 'static> fmt::Debug for Task<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("over", &self.over())
            .field("waiting", &self.is_waiting())
            .finish_non_exhaustive()
    }
}

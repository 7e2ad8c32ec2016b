//! What came of a run.

use std::{io, time::Duration};

use thiserror::Error;

/// What came of a graph's steps.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report<E> {
    /// Each step's name and what came of it, in the order in which they were added.
    pub steps: Vec<(String, Ended<E>)>,
    /// Why the journal could not be written. From then on no step was started.
    pub journal: Result<(), io::Error>,
}

impl<E> Report<E> {
    /// Whether all steps have succeeded, and the journal knows.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let done = |ended: &Ended<E>| matches!(ended, Ended::Done | Ended::DoneBefore);
        self.journal.is_ok() && self.steps.iter().all(|(_, ended)| done(ended))
    }

    /// What came of a step.
    #[must_use]
    pub fn of(&self, step: &str) -> Option<&Ended<E>> {
        self.steps.iter().find(|(name, _)| name == step).map(|(_, ended)| ended)
    }
}

/// What came of a step.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ended<E> {
    /// It has succeeded.
    Done,
    /// It had succeeded in a run before, says the journal.
    DoneBefore,
    /// It has failed, its last try for this reason.
    Failed(StepError<E>),
    /// It was not run, since a step that it depends on has failed.
    Cancelled {
        /// That step.
        because_of: String,
    },
    /// It was not run, since the journal could not be written.
    NotStarted,
}

/// Why a try has failed.
#[derive(Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum StepError<E> {
    /// The work says so.
    #[error("{0}")]
    Failed(E),
    /// It took too long.
    #[error("it took longer than {limit:?}")]
    TimedOut {
        /// The step's limit.
        limit: Duration,
    },
    /// The work panicked.
    #[error("it panicked: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
}

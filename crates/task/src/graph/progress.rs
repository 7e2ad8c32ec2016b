//! What whoever watches a run is told.

use std::time::Duration;

use super::StepError;

/// Something has happened to a step.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress<'a, E> {
    /// The step's name.
    pub step: &'a str,
    /// What has happened.
    pub event: Event<'a, E>,
    /// Steps that have ended, however.
    pub ended: usize,
    /// Steps that are running.
    pub running: usize,
    /// All steps.
    pub total: usize,
}

/// What has happened to a step.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a, E> {
    /// A try begins.
    Started {
        /// Which one, from 1.
        attempt: u32,
    },
    /// A try has failed, and there will be another.
    Retrying {
        /// Why.
        error: &'a StepError<E>,
        /// How long from now.
        delay: Duration,
    },
    /// It has succeeded.
    Done,
    /// The journal says that it has succeeded before.
    DoneBefore,
    /// It has failed for good.
    Failed {
        /// Why.
        error: &'a StepError<E>,
    },
    /// It will not be run.
    Cancelled {
        /// The step that failed, on which it depends.
        because_of: &'a str,
    },
}

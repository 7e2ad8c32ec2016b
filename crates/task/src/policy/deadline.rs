//! Earliest deadline first.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use super::{Policy, Tag};
use crate::later::after;

/// Earliest deadline first.
///
/// If there is any order in which everything that waits would be in time, this one is. What has no
/// deadline is given one, a time `patience` after it came, so that it does not starve.
///
/// ```
/// use std::time::{Duration, Instant};
/// use ropewalk_task::{EarliestDeadline, Policy, Tag};
///
/// let (mut queue, now) = (EarliestDeadline::new(Duration::from_secs(1)), Instant::now());
/// queue.push(now, Tag::default(), "whenever");
/// let soon = Some(now + Duration::from_millis(16));
/// queue.push(now, Tag { deadline: soon, ..Tag::default() }, "the next frame");
/// assert_eq!(queue.pop(now), Some("the next frame"));
/// ```
#[derive(Clone, Debug)]
pub struct EarliestDeadline<T> {
    waiting: BinaryHeap<Reverse<Ranked<T>>>,
    patience: Duration,
    pushed: u64,
}

impl<T> EarliestDeadline<T> {
    /// What has no deadline has one `patience` after it came.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self { waiting: BinaryHeap::new(), patience, pushed: 0 }
    }
}

/// With a patience of a second.
impl<T> Default for EarliestDeadline<T> {
    fn default() -> Self {
        Self::new(Duration::from_secs(1))
    }
}

impl<T> Policy<T> for EarliestDeadline<T> {
    fn push(&mut self, now: Instant, tag: Tag, item: T) {
        let at = tag.deadline.unwrap_or_else(|| after(now, self.patience));
        self.waiting.push(Reverse(Ranked { at, order: self.pushed, item }));
        self.pushed += 1;
    }

    fn pop(&mut self, _: Instant) -> Option<T> {
        self.waiting.pop().map(|Reverse(first)| first.item)
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// Something that is compared by a time, and then by when it came.
#[derive(Clone, Debug)]
pub(super) struct Ranked<T> {
    pub(super) at: Instant,
    pub(super) order: u64,
    pub(super) item: T,
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Ranked<T> {}

//! By level, with ageing.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use super::{Policy, Tag};
use crate::{later::after, policy::deadline::Ranked};

/// By level, where waiting makes up for the level, so that nothing starves.
///
/// Each level is worth a time, `age`: something of level 3 is served as if it had come three times
/// `age` later. So it is overtaken only by what comes within that time after it, and whatever is of
/// the same level keeps its order.
///
/// ```
/// use std::time::{Duration, Instant};
/// use ropewalk_task::{Policy, Priority, Tag};
///
/// let (mut queue, now) = (Priority::new(Duration::from_millis(100)), Instant::now());
/// queue.push(now, Tag { level: 2, ..Tag::default() }, "history");
/// queue.push(now, Tag { level: 1, ..Tag::default() }, "chat");
/// queue.push(now + Duration::from_millis(250), Tag::default(), "ping, too late to overtake");
/// assert_eq!(queue.pop(now), Some("chat"));
/// assert_eq!(queue.pop(now), Some("history"));
/// ```
#[derive(Clone, Debug)]
pub struct Priority<T> {
    waiting: BinaryHeap<Reverse<Ranked<T>>>,
    age: Duration,
    pushed: u64,
}

impl<T> Priority<T> {
    /// Each level is worth `age`.
    #[must_use]
    pub fn new(age: Duration) -> Self {
        Self { waiting: BinaryHeap::new(), age, pushed: 0 }
    }
}

/// Each level is worth a tenth of a second.
impl<T> Default for Priority<T> {
    fn default() -> Self {
        Self::new(Duration::from_millis(100))
    }
}

impl<T> Policy<T> for Priority<T> {
    fn push(&mut self, now: Instant, tag: Tag, item: T) {
        let at = after(now, self.age.saturating_mul(tag.level.into()));
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

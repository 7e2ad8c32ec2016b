//! First in, first out.

use std::{collections::VecDeque, time::Instant};

use super::{Policy, Tag};

/// First in, first out: nothing is ever overtaken.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_task::{Fifo, Policy, Tag};
///
/// let (mut queue, now) = (Fifo::default(), Instant::now());
/// queue.push(now, Tag::default(), "a");
/// queue.push(now, Tag::default(), "b");
/// assert_eq!(queue.pop(now), Some("a"));
/// ```
#[derive(Clone, Debug)]
pub struct Fifo<T> {
    waiting: VecDeque<T>,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new() }
    }
}

impl<T> Policy<T> for Fifo<T> {
    fn push(&mut self, _: Instant, _: Tag, item: T) {
        self.waiting.push_back(item);
    }

    fn pop(&mut self, _: Instant) -> Option<T> {
        self.waiting.pop_front()
    }

    fn len(&self) -> usize {
        self.waiting.len()
    }
}

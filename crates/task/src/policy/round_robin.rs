//! Round robin by group.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use super::{Policy, Tag};

/// Round robin by group: whoever has much to do does not hold up the others.
///
/// Each group with something waiting has one turn in each round, and within a group it is first in,
/// first out. So between two turns of a group each other group has one turn at most, however much it
/// has waiting; what comes to a group with nothing waiting waits for one turn of each other group at
/// most.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_task::{Policy, RoundRobin, Tag};
///
/// let (mut queue, now) = (RoundRobin::default(), Instant::now());
/// for line in 0..1000 {
///     queue.push(now, Tag { group: 1, ..Tag::default() }, line);
/// }
/// queue.push(now, Tag { group: 2, ..Tag::default() }, 5000);
/// assert_eq!(queue.pop(now), Some(0));
/// assert_eq!(queue.pop(now), Some(5000));
/// ```
#[derive(Clone, Debug)]
pub struct RoundRobin<T> {
    /// Those with something waiting.
    groups: HashMap<u64, VecDeque<T>>,
    /// The same, in the order of their turns.
    turns: VecDeque<u64>,
    waiting: usize,
    /// A queue that was emptied, for the next group.
    spare: VecDeque<T>,
}

impl<T> Default for RoundRobin<T> {
    fn default() -> Self {
        Self { groups: HashMap::new(), turns: VecDeque::new(), waiting: 0, spare: VecDeque::new() }
    }
}

impl<T> Policy<T> for RoundRobin<T> {
    fn push(&mut self, _: Instant, tag: Tag, item: T) {
        let Self { groups, turns, spare, .. } = self;
        let queue = groups.entry(tag.group).or_insert_with(|| {
            turns.push_back(tag.group);
            std::mem::take(spare)
        });
        queue.push_back(item);
        self.waiting += 1;
    }

    fn pop(&mut self, _: Instant) -> Option<T> {
        let group = self.turns.pop_front()?;
        let queue = self.groups.get_mut(&group)?;
        let item = queue.pop_front();
        self.waiting -= 1;
        if !queue.is_empty() {
            self.turns.push_back(group);
        } else if let Some(queue) = self.groups.remove(&group)
            && queue.capacity() <= KEPT
        {
            self.spare = queue;
        }
        item
    }

    fn len(&self) -> usize {
        self.waiting
    }
}

/// The memory of an emptied queue is kept for at most so many items.
const KEPT: usize = 1024;

//! Whose turn it is, among those that wait.

use std::time::Instant;

mod deadline;
mod fifo;
mod priority;
mod round_robin;

pub use self::{
    deadline::EarliestDeadline, fifo::Fifo, priority::Priority, round_robin::RoundRobin,
};

/// The order in which things that wait get their turn.
///
/// A policy is a plain data structure. It holds what it is given until it gives it out, each once;
/// [`Scheduler`](crate::Scheduler) and [`PolicyExecutor`](crate::PolicyExecutor) bound how much that
/// is, and lock it. What each policy promises is said there, and tested.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_task::{Policy, Tag};
///
/// /// The newest first.
/// #[derive(Default)]
/// struct Stack<T>(Vec<T>);
///
/// impl<T> Policy<T> for Stack<T> {
///     fn push(&mut self, _: Instant, _: Tag, item: T) {
///         self.0.push(item);
///     }
///     fn pop(&mut self, _: Instant) -> Option<T> {
///         self.0.pop()
///     }
///     fn len(&self) -> usize {
///         self.0.len()
///     }
/// }
/// let (mut stack, now) = (Stack::default(), Instant::now());
/// stack.push(now, Tag::default(), 1);
/// stack.push(now, Tag::default(), 2);
/// assert_eq!(stack.pop(now), Some(2));
/// ```
pub trait Policy<T> {
    /// Takes something that begins to wait `now`.
    fn push(&mut self, now: Instant, tag: Tag, item: T);

    /// Gives out what comes next.
    fn pop(&mut self, now: Instant) -> Option<T>;

    /// How many wait.
    fn len(&self) -> usize;

    /// Whether nothing waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a policy may know of something: each looks at its own field.
///
/// ```
/// use std::time::{Duration, Instant};
/// use ropewalk_task::Tag;
///
/// let urgent = Tag { level: 0, ..Tag::default() };
/// let of_session = Tag { group: 7, ..Tag::default() };
/// let until = Tag { deadline: Some(Instant::now() + Duration::from_secs(1)), ..Tag::default() };
/// # let _ = (urgent, of_session, until);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tag {
    /// How far behind others it may stand: 0 is the most urgent. For [`Priority`].
    pub level: u8,
    /// Whose it is: a user, a session, a connection. For [`RoundRobin`].
    pub group: u64,
    /// By when it should have had its turn. For [`EarliestDeadline`].
    pub deadline: Option<Instant>,
}

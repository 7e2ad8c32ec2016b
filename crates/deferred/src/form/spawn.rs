//! Who runs futures.

use super::kind::BoxFuture;

/// Runs a future until it is done, or drops it.
///
/// Every function that takes such a future is one; [`Inline`](super::Inline) needs nothing else.
pub trait Spawn {
    /// Runs `future`.
    fn spawn(&self, future: BoxFuture<()>);
}

impl<F: Fn(BoxFuture<()>)> Spawn for F {
    fn spawn(&self, future: BoxFuture<()>) {
        self(future);
    }
}

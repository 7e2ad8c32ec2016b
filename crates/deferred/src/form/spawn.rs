//! Who runs futures.

use super::kind::BoxFuture;

/// Runs a future until it is done, or drops it.
///
/// Every function that takes such a future is one; [`Inline`](super::Inline) needs nothing else.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use ropewalk_deferred::{BoxFuture, Deferred, no_result};
///
/// let later: Arc<Mutex<Vec<BoxFuture<()>>>> = Arc::default();
/// let queue = Arc::clone(&later);
/// let spawner = move |future: BoxFuture<()>| queue.lock().unwrap().push(future);
/// let deferred = no_result(Deferred::<u32, String>::from_future(&spawner, async { Ok(1) }));
/// assert_eq!(later.lock().unwrap().len(), 1);
/// # drop(deferred);
/// ```
pub trait Spawn {
    /// Runs `future`.
    fn spawn(&self, future: BoxFuture<()>);
}

impl<F: Fn(BoxFuture<()>)> Spawn for F {
    fn spawn(&self, future: BoxFuture<()>) {
        self(future);
    }
}

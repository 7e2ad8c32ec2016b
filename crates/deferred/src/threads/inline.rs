//! Futures that are polled where they are woken.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

use super::{Spawn, kind::BoxFuture};

/// Polls a future at once, and later where it is woken: inside the call that wakes it.
///
/// That is what calls of functions are, and for chains of Deferreds it is mostly right. It is wrong
/// for futures that take long, or that must not run on whatever thread wakes them. Futures that wake
/// each other run one inside the other.
///
/// ```
/// use ropewalk_deferred::{Deferred, Inline, success_result_of};
///
/// let sum = Deferred::<u32, String>::from_future(&Inline, async { Ok(1 + 1) });
/// assert_eq!(success_result_of(sum), 2);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

impl Spawn for Inline {
    fn spawn(&self, future: BoxFuture<()>) {
        let stage = Stage { future: Some(future), again: false };
        Arc::new(Task { stage: Mutex::new(stage) }).run();
    }
}

struct Task {
    /// Held to take the future out and put it back.
    stage: Mutex<Stage>,
}

struct Stage {
    /// Empty while it is polled, and when it is done.
    future: Option<BoxFuture<()>>,
    /// It was woken while it was polled.
    again: bool,
}

impl Task {
    fn lock(&self) -> MutexGuard<'_, Stage> {
        // Nothing that can panic runs under the lock.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(self: &Arc<Self>) {
        let mut stage = self.lock();
        stage.again = true;
        let Some(mut future) = stage.future.take() else { return };
        let waker = Waker::from(Arc::clone(self));
        loop {
            stage.again = false;
            drop(stage);
            if let Poll::Ready(()) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return;
            }
            stage = self.lock();
            if !stage.again {
                stage.future = Some(future);
                return;
            }
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.run();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.run();
    }
}

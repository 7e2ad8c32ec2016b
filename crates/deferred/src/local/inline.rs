//! Futures of one thread that are polled where they are woken.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, ThreadId},
};

use super::{Spawn, kind::BoxFuture};

/// Polls a future at once, and later where it is woken: inside the call that wakes it.
///
/// It has to be woken on its own thread, as by other local Deferreds or a manual clock. Whoever wakes
/// it on another one is told by an error event of `tracing`, and it is not polled.
///
/// ```
/// use ropewalk_deferred::local::{Deferred, Inline};
///
/// let sum = Deferred::<u32, String>::from_future(&Inline, async { Ok(1 + 1) });
/// assert_eq!(sum.try_take().unwrap(), Ok(2));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

impl Spawn for Inline {
    fn spawn(&self, future: BoxFuture<()>) {
        let number = NEXT.replace(NEXT.get() + 1);
        let task = Arc::new(Task { number, thread: thread::current().id() });
        TASKS.with(|tasks| {
            tasks.borrow_mut().insert(number, Stage { future: Some(future), again: false })
        });
        run(&task);
    }
}

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
    static TASKS: RefCell<HashMap<u64, Stage>> = RefCell::default();
}

struct Stage {
    /// Empty while it is polled.
    future: Option<BoxFuture<()>>,
    /// It was woken while it was polled.
    again: bool,
}

/// What wakers hold: they may go to other threads, the future may not.
struct Task {
    number: u64,
    thread: ThreadId,
}

/// Looks at a task, if it is still there, and the thread is not at its end.
fn with<R>(task: &Task, look: impl FnOnce(&mut Stage) -> R) -> Option<R> {
    TASKS.try_with(|tasks| tasks.borrow_mut().get_mut(&task.number).map(look)).ok().flatten()
}

fn run(task: &Arc<Task>) {
    let taken = with(task, |stage| {
        stage.again = true;
        stage.future.take()
    });
    let Some(mut future) = taken.flatten() else { return };
    let waker = Waker::from(Arc::clone(task));
    loop {
        with(task, |stage| stage.again = false);
        if let Poll::Ready(()) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return; // the task goes with its last waker
        }
        let mut left = Some(future);
        with(task, |stage| {
            if !stage.again {
                stage.future = left.take();
            }
        });
        match left {
            Some(again) => future = again,
            None => return,
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if thread::current().id() == self.thread {
            run(self);
        } else {
            tracing::error!("a future of one thread was woken on another, and is not polled");
        }
    }
}

impl Drop for Task {
    /// Nobody can wake it any more.
    fn drop(&mut self) {
        if thread::current().id() == self.thread {
            let number = self.number;
            let _stage = TASKS.try_with(|tasks| tasks.borrow_mut().remove(&number));
        }
    }
}

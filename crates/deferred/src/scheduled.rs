//! The form for threads once more, on locks and flags whose schedule a test decides.
//!
//! What it is tested for is what threads do to each other; all else is in `tests/it`.

#![allow(dead_code, unreachable_pub, reason = "only what threads contend for is used")]

/// What the forms do differently.
mod kind {
    use std::{future::Future, pin::Pin, sync::Arc};

    use shuttle::sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    };

    pub trait Bound: Send {}
    impl<T: ?Sized + Send> Bound for T {}

    pub(super) type Ref<T> = Arc<T>;
    pub(super) type WeakRef<T> = std::sync::Weak<T>;

    pub(super) fn shared<T>(make: impl FnOnce() -> T) -> Ref<T> {
        Ref::new(make())
    }

    pub(super) struct Flag(AtomicBool);

    impl Flag {
        pub(super) fn new(set: bool) -> Self {
            Self(AtomicBool::new(set))
        }

        pub(super) fn get(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }

        pub(super) fn set(&self, set: bool) {
            self.0.store(set, Ordering::SeqCst);
        }
    }

    pub(super) struct Lock<T: ?Sized>(Mutex<T>);

    impl<T> Lock<T> {
        pub(super) fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }
    }

    impl<T: ?Sized> Lock<T> {
        pub(super) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
            look(&mut self.0.lock().expect("nobody panics under it"))
        }

        pub(super) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().expect("nobody panics under it")
        }
    }

    pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
    pub(super) type Call = Box<dyn FnOnce() + Send>;
    pub(super) type Kept = super::handle::WeakHandle;

    pub(super) fn note(_: impl FnOnce() -> Kept) {}

    pub(super) fn noting<R>(poll: impl FnOnce() -> R) -> (R, Vec<Kept>) {
        (poll(), Vec::new())
    }
}

#[path = "form/answer.rs"]
mod answer;
#[path = "form/cancel.rs"]
mod cancel;
#[path = "form/core.rs"]
mod core;
#[path = "form/deferred.rs"]
mod deferred;
#[path = "form/drive.rs"]
mod drive;
#[path = "form/future.rs"]
mod future;
#[path = "form/handle.rs"]
mod handle;
#[path = "form/list.rs"]
mod list;
#[path = "form/lock.rs"]
mod lock;
#[path = "form/lock_file.rs"]
mod lock_file;
#[path = "form/permits.rs"]
mod permits;
#[path = "form/poll.rs"]
mod poll;
#[path = "form/queue.rs"]
mod queue;
#[path = "form/race.rs"]
mod race;
#[path = "form/resolver.rs"]
mod resolver;
mod schedules;
#[path = "form/semaphore.rs"]
mod semaphore;
#[path = "form/spawn.rs"]
mod spawn;
#[path = "form/step.rs"]
mod step;
#[path = "form/testing.rs"]
mod testing;
#[path = "form/timeout.rs"]
mod timeout;
#[path = "form/timing.rs"]
mod timing;
#[path = "form/trash.rs"]
mod trash;
#[path = "form/wait.rs"]
mod wait;

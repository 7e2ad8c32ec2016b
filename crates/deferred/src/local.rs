//! The form for one thread: the same without atomics, for what need not be [`Send`].

/// What the two forms do differently.
mod kind {
    use std::{
        cell::{Cell, RefCell},
        future::Future,
        pin::Pin,
        rc,
    };

    use crate::awaited::{self, Awaited};

    /// What whoever is given to a Deferred has to be: here anything will do.
    pub trait Bound {}
    impl<T: ?Sized> Bound for T {}

    pub(super) type Ref<T> = rc::Rc<T>;
    pub(super) type WeakRef<T> = rc::Weak<T>;

    /// Made in its place: to make it first and then copy it takes a tenth of all the time.
    #[inline]
    pub(super) fn shared<T>(make: impl FnOnce() -> T) -> Ref<T> {
        Ref::new_cyclic(|_| make())
    }

    /// Something that all see at once.
    pub(super) struct Flag(Cell<bool>);

    impl Flag {
        pub(super) fn new(set: bool) -> Self {
            Self(Cell::new(set))
        }

        #[inline]
        pub(super) fn get(&self) -> bool {
            self.0.get()
        }

        #[inline]
        pub(super) fn set(&self, set: bool) {
            self.0.set(set);
        }
    }

    /// A value that one at a time may look at.
    pub(super) struct Lock<T: ?Sized>(RefCell<T>);

    impl<T> Lock<T> {
        pub(super) fn new(value: T) -> Self {
            Self(RefCell::new(value))
        }
    }

    impl<T: ?Sized> Lock<T> {
        #[inline]
        pub(super) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
            look(&mut self.0.borrow_mut())
        }

        pub(super) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }
    }

    /// A future on the heap, of any type.
    pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;
    pub(super) type Call = Box<dyn FnOnce()>;

    /// How what a future awaits is kept.
    pub(super) type Kept = Awaited;

    pub(super) fn note(awaited: impl FnOnce() -> super::WeakHandle) {
        awaited::note(|| Awaited::Local(awaited()));
    }

    pub(super) use awaited::noting;
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
mod inline;
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

use std::time::Instant;

use ropewalk_clock::Clock;

pub use answer::{Answer, Answered};
pub use deferred::Deferred;
pub use future::maybe_deferred;
pub use handle::{Handle, State, WeakHandle};
pub use inline::Inline;
pub use kind::{Bound, BoxFuture};
pub use list::{deferred_list, gather_results};
pub use lock::DeferredLock;
pub use lock_file::defer_until_locked;
pub use permits::Guard;
pub use queue::DeferredQueue;
pub use race::race;
pub use resolver::Resolver;
pub use semaphore::DeferredSemaphore;
pub use spawn::Spawn;
pub use testing::{failure_result_of, no_result, success_result_of};
pub use timing::Timing;

/// A clock, and who runs what waits for it.
impl<C: Clock, S: Spawn> Timing for (C, S) {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn alarm(&self, at: Instant) -> BoxFuture<()> {
        Box::pin(crate::rings::Rings::new(&self.0, at))
    }

    fn spawn(&self, future: BoxFuture<()>) {
        self.1.spawn(future);
    }
}

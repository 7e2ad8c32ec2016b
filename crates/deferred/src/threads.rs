//! The form that threads share: counted by atomics, locked for a moment at a time.

/// What the two forms do differently.
mod kind {
    use std::{future::Future, pin::Pin, sync};

    use crate::awaited::{self, Awaited};

    /// What whoever is given to a Deferred has to be: here it may go to other threads.
    pub trait Bound: Send {}
    impl<T: ?Sized + Send> Bound for T {}

    pub(super) type Ref<T> = sync::Arc<T>;
    pub(super) type WeakRef<T> = sync::Weak<T>;

    #[inline]
    pub(super) fn shared<T>(make: impl FnOnce() -> T) -> Ref<T> {
        Ref::new(make())
    }

    /// Something that all see at once.
    pub(super) struct Flag(sync::atomic::AtomicBool);

    impl Flag {
        pub(super) fn new(set: bool) -> Self {
            Self(sync::atomic::AtomicBool::new(set))
        }

        #[inline]
        pub(super) fn get(&self) -> bool {
            self.0.load(sync::atomic::Ordering::Acquire)
        }

        #[inline]
        pub(super) fn set(&self, set: bool) {
            self.0.store(set, sync::atomic::Ordering::Release);
        }
    }

    /// A value that one at a time may look at. No code that is not ours runs meanwhile, so that
    /// waiting for it is a matter of nanoseconds.
    pub(super) struct Lock<T: ?Sized>(spin::mutex::SpinMutex<T, spin::Yield>);

    impl<T> Lock<T> {
        pub(super) fn new(value: T) -> Self {
            Self(spin::mutex::SpinMutex::new(value))
        }
    }

    impl<T: ?Sized> Lock<T> {
        #[inline]
        pub(super) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
            look(&mut self.0.lock())
        }

        pub(super) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }
    }

    /// A future on the heap, of any type.
    pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
    pub(super) type Call = Box<dyn FnOnce() + Send>;

    /// How what a future awaits is kept.
    pub(super) type Kept = super::WeakHandle;

    pub(super) fn note(awaited: impl FnOnce() -> Kept) {
        awaited::note(|| Awaited::Shared(awaited()));
    }

    pub(super) fn noting<R>(poll: impl FnOnce() -> R) -> (R, Vec<Kept>) {
        let (polled, notes) = awaited::noting(poll);
        let shared = notes.into_iter().filter_map(|awaited| match awaited {
            Awaited::Shared(handle) => Some(handle),
            Awaited::Local(_) => None,
        });
        (polled, shared.collect())
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

/// Every clock: what waits is polled where the clock wakes it.
impl<C: Clock> Timing for C {
    fn now(&self) -> Instant {
        Clock::now(self)
    }

    fn alarm(&self, at: Instant) -> BoxFuture<()> {
        Box::pin(crate::rings::Rings::new(self, at))
    }

    fn spawn(&self, future: BoxFuture<()>) {
        Inline.spawn(future);
    }
}

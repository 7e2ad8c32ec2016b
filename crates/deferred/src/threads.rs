//! The form that threads share: counted by atomics, locked for a moment at a time.

/// What the two forms do differently.
mod kind {
    use std::sync;

    /// What whoever is given to a Deferred has to be: here it may go to other threads.
    pub trait Bound: Send {}
    impl<T: ?Sized + Send> Bound for T {}

    pub(super) type Ref<T> = sync::Arc<T>;
    pub(super) type WeakRef<T> = sync::Weak<T>;

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
}

#[path = "form/answer.rs"]
mod answer;
#[path = "form/core.rs"]
mod core;
#[path = "form/deferred.rs"]
mod deferred;
#[path = "form/drive.rs"]
mod drive;
#[path = "form/handle.rs"]
mod handle;
#[path = "form/resolver.rs"]
mod resolver;
#[path = "form/step.rs"]
mod step;

pub use answer::{Answer, Answered};
pub use deferred::Deferred;
pub use handle::{Handle, State};
pub use kind::Bound;
pub use resolver::Resolver;

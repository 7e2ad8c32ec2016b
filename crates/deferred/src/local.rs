//! The form for one thread: the same without atomics, for what need not be [`Send`].

/// What the two forms do differently.
mod kind {
    use std::{
        cell::{Cell, RefCell},
        rc,
    };

    /// What whoever is given to a Deferred has to be: here anything will do.
    pub trait Bound {}
    impl<T: ?Sized> Bound for T {}

    pub(super) type Ref<T> = rc::Rc<T>;
    pub(super) type WeakRef<T> = rc::Weak<T>;

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

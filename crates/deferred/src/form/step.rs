//! One callback of a chain: first the function, then what it came to.

use std::{any::Any, fmt::Display, mem};

use crate::{Failure, Outcome};

use super::{
    answer::Answered,
    core::{CoreRef, Why},
    kind::Bound,
    trash,
};

/// A callback, with the types of what goes in and comes out left aside.
///
/// Results pass between steps as `&mut dyn Any`, behind which is an `Option<Outcome<T, E>>`; each
/// takes out what the one before put in. That the types fit is what the typed interface is for.
pub(super) trait Step: Bound {
    /// Takes what it is to be called with, for later.
    fn put(&mut self, from: &mut dyn Any);
    /// Calls the function, which may do anything, with what was put or else with what is in `from`.
    fn call(&mut self, from: &mut dyn Any) -> Called;
    /// Takes the result that was waited for.
    fn receive(&mut self, from: &mut dyn Any);
    /// Makes this failure the result.
    fn fail(&mut self, why: Why);
    /// Where the result is: an `Option<Outcome<U, E2>>`.
    fn result(&mut self) -> &mut dyn Any;
    /// The same, to look at.
    fn peek(&self) -> &dyn Any;
    /// A failure, if that is the result.
    fn failure(&self) -> Option<&dyn Display>;
}

pub(super) enum Called {
    /// The result is there.
    Done,
    /// The result will be that of this one.
    Wait(CoreRef),
}

/// The step of a function `f`.
pub(super) enum Node<T, E, U, E2, F> {
    Waiting(F),
    Ready(F, Outcome<T, E>),
    /// Empty while the result is waited for, and when it was taken.
    Done(Option<Outcome<U, E2>>),
}

impl<T, E, U, E2, F> Step for Node<T, E, U, E2, F>
where
    T: Bound + 'static,
    E: Bound + 'static,
    U: Bound + 'static,
    E2: Display + Bound + 'static,
    F: FnOnce(Outcome<T, E>) -> Answered<U, E2> + Bound,
{
    fn put(&mut self, from: &mut dyn Any) {
        let taken = taken(from);
        if let (Self::Waiting(f), Some(input)) = (mem::replace(self, Self::Done(None)), taken) {
            *self = Self::Ready(f, input);
        }
    }

    fn call(&mut self, from: &mut dyn Any) -> Called {
        let (f, input) = match mem::replace(self, Self::Done(None)) {
            Self::Waiting(f) => (f, taken(from)),
            Self::Ready(f, input) => (f, Some(input)),
            Self::Done(_) => return Called::Done,
        };
        let Some(input) = input else { return Called::Done };
        match f(input) {
            Answered::Now(outcome) => *self = Self::Done(Some(outcome)),
            Answered::Later(deferred) => match deferred.take_now() {
                Ok(outcome) => *self = Self::Done(Some(outcome)),
                Err(core) => return Called::Wait(core),
            },
        }
        Called::Done
    }

    fn receive(&mut self, from: &mut dyn Any) {
        *self = Self::Done(taken(from));
    }

    fn fail(&mut self, why: Why) {
        *self = Self::Done(Some(Err(why.failure())));
    }

    fn result(&mut self) -> &mut dyn Any {
        if !matches!(self, Self::Done(_)) {
            *self = Self::Done(None);
        }
        match self {
            Self::Done(result) => result,
            _ => unreachable!("it was made so above"),
        }
    }

    fn peek(&self) -> &dyn Any {
        match self {
            Self::Done(result) => result,
            _ => &(),
        }
    }

    fn failure(&self) -> Option<&dyn Display> {
        match self {
            Self::Done(Some(Err(failure))) => Some(failure as &Failure<E2> as &dyn Display),
            _ => None,
        }
    }
}

#[inline]
fn taken<T: 'static, E: 'static>(from: &mut dyn Any) -> Option<Outcome<T, E>> {
    from.downcast_mut::<Option<Outcome<T, E>>>().and_then(Option::take)
}

/// A step in a list.
pub(super) struct Link<S: ?Sized> {
    next: Option<Box<Link<dyn Step>>>,
    pub(super) step: S,
}

impl<S> Link<S> {
    #[inline]
    pub(super) fn new(step: S) -> Box<Self> {
        Box::new(Self { next: None, step })
    }
}

/// Steps that were attached and not called, in either order. Dropping a million of them takes no
/// more stack than dropping one.
#[derive(Default)]
pub(super) struct Steps {
    first: Option<Box<Link<dyn Step>>>,
}

impl Steps {
    #[inline]
    pub(super) fn push(&mut self, mut link: Box<Link<dyn Step>>) {
        link.next = self.first.take();
        self.first = Some(link);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Box<Link<dyn Step>>> {
        let mut first = self.first.take()?;
        self.first = first.next.take();
        Some(first)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The last one first.
    #[inline]
    pub(super) fn reversed(mut self) -> Self {
        let mut reversed = Self::default();
        while let Some(step) = self.pop() {
            reversed.push(step);
        }
        reversed
    }
}

impl Drop for Steps {
    #[inline]
    fn drop(&mut self) {
        if self.first.is_some() {
            trash::throw(mem::take(self));
        }
    }
}

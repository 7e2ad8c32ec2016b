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
pub(super) struct Node<T, E, U, E2, F> {
    /// Until it is called.
    f: Option<F>,
    /// What was put there for later.
    input: Option<Outcome<T, E>>,
    /// Empty until there is a result, and when it was taken.
    output: Option<Outcome<U, E2>>,
}

impl<T, E, U, E2, F> Step for Node<T, E, U, E2, F>
where
    T: Bound + 'static,
    E: Bound + 'static,
    U: Bound + 'static,
    E2: Display + Bound + 'static,
    F: FnOnce(&mut Option<Outcome<T, E>>) -> Option<Answered<U, E2>> + Bound,
{
    fn put(&mut self, from: &mut dyn Any) {
        self.input = taken(from);
    }

    fn call(&mut self, from: &mut dyn Any) -> Called {
        let input = match &mut self.input {
            None => from.downcast_mut(),
            put => Some(put),
        };
        let (Some(f), Some(input)) = (self.f.take(), input) else { return Called::Done };
        match f(input) {
            Some(Answered::Now(outcome)) => self.output = Some(outcome),
            Some(Answered::Later(deferred)) => match deferred.take_now() {
                Ok(outcome) => self.output = Some(outcome),
                Err(core) => return Called::Wait(core),
            },
            None => {} // there was no argument
        }
        Called::Done
    }

    fn receive(&mut self, from: &mut dyn Any) {
        self.output = taken(from);
    }

    fn fail(&mut self, why: Why) {
        self.output = Some(Err(why.failure()));
    }

    fn result(&mut self) -> &mut dyn Any {
        &mut self.output
    }

    fn peek(&self) -> &dyn Any {
        &self.output
    }

    fn failure(&self) -> Option<&dyn Display> {
        match &self.output {
            Some(Err(failure)) => Some(failure as &Failure<E2> as &dyn Display),
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
    next: Option<Held>,
    pub(super) step: S,
}

impl<T, E, U, E2, F> Link<Node<T, E, U, E2, F>> {
    /// Made in its place: to make it first and then copy it would take a fifth of all the time.
    #[inline]
    pub(super) fn new(f: F) -> Box<Self> {
        let place = Box::new_uninit();
        Box::write(place, Self { next: None, step: Node { f: Some(f), input: None, output: None } })
    }
}

pub(super) type Held = Box<Link<dyn Step>>;

/// Steps that were attached and not called, in either order. Dropping a million of them takes no
/// more stack than dropping one.
#[derive(Default)]
pub(super) struct Steps {
    first: Option<Held>,
}

impl Steps {
    #[inline]
    pub(super) fn push(&mut self, mut link: Held) {
        // There is nothing in either place that would have to be dropped.
        mem::forget(mem::replace(&mut link.next, self.first.take()));
        mem::forget(self.first.replace(link));
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Held> {
        let mut first = self.first.take()?;
        self.first = first.next.take();
        Some(first)
    }

    #[inline]
    pub(super) fn take(&mut self) -> Self {
        Self { first: self.first.take() }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The last one first.
    #[inline]
    pub(super) fn reversed(mut self) -> Self {
        let mut rest = self.first.take();
        let mut reversed = None;
        while let Some(mut link) = rest {
            rest = mem::replace(&mut link.next, reversed);
            reversed = Some(link);
        }
        Self { first: reversed }
    }
}

impl Drop for Steps {
    #[inline]
    fn drop(&mut self) {
        if self.first.is_some() {
            trash::throw(self.take());
        }
    }
}

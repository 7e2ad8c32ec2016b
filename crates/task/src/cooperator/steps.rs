//! An iterator as a cooperator sees it.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use ropewalk_deferred::{Answer, Answered, Deferred, Failure};

use crate::looping::plain;

/// What a step came to.
pub(super) enum Next<E> {
    More,
    Wait(Deferred<(), E>),
    Failed(Failure<E>),
    Exhausted,
}

/// An iterator with its types left aside.
pub(super) trait Stepped<E>: Send {
    fn step(&mut self) -> Next<E>;
}

pub(super) struct Steps<I>(I);

impl<I> Steps<I> {
    pub(super) fn new(iterator: I) -> Self {
        Self(iterator)
    }
}

impl<I, E> Stepped<E> for Steps<I>
where
    I: Iterator<Item: Answer<E, Value: Send + 'static>> + Send,
    E: Display + Send + 'static,
{
    fn step(&mut self) -> Next<E> {
        match self.0.next().map(plain) {
            None => Next::Exhausted,
            Some(Answered::Now(Ok(()))) => Next::More,
            Some(Answered::Now(Err(failure))) => Next::Failed(failure),
            Some(Answered::Later(deferred)) => Next::Wait(deferred),
        }
    }
}

/// An iterator that somebody else wants back.
pub(super) struct Held<I>(pub(super) Arc<Mutex<Option<I>>>);

impl<I: Iterator> Iterator for Held<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        // Locked for the step: nobody else asks before the last one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.next()
    }
}

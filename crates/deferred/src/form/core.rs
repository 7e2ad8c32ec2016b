//! What a Deferred, its resolver and its handles share.

use std::{any::Any, fmt::Display, mem, panic::Location, task::Waker};

use crate::{Failure, Outcome};

use super::{
    cancel,
    kind::{Bound, Flag, Lock, Ref, WeakRef},
    step::{Link, Step, Steps},
};

/// The shared part. Its lock is held for a change of a few fields, never while anybody else's code
/// runs. Of two Deferreds, of which one waits for the other, the one that is waited for is locked
/// first.
pub(super) struct Core<S: Source + ?Sized> {
    made_at: &'static Location<'static>,
    /// Somebody paused it: whoever calls its functions looks before each.
    pub(super) interrupted: Flag,
    /// It was fired, or will never be.
    pub(super) over: Flag,
    pub(super) state: Lock<State<S>>,
}

pub(super) type CoreRef = Ref<Core<dyn Source>>;
pub(super) type WeakCore = WeakRef<Core<dyn Source>>;

pub(super) struct State<S: ?Sized> {
    pub(super) run: Run,
    pub(super) source: S,
}

/// Where the chain is.
pub(super) struct Run {
    pub(super) fired: Fired,
    /// The next firing is ignored: it was cancelled before.
    pub(super) swallow: bool,
    /// Somebody calls the functions, and has `ready`.
    pub(super) running: bool,
    /// Its canceller is being called.
    pub(super) cancelling: bool,
    /// Once it is fired, a cancellation does nothing, even while it waits.
    pub(super) ignores_cancel: bool,
    pub(super) resolvers: u32,
    /// What has the result so far; where there is none, the source has.
    pub(super) holder: Option<Box<Link<dyn Step>>>,
    /// Attached and not in `ready`, the last one first.
    pub(super) attached: Steps,
    /// What few have.
    pub(super) rare: Option<Box<Rare>>,
}

#[derive(Default)]
pub(super) struct Rare {
    pub(super) paused: u32,
    /// To be called next, in order.
    pub(super) ready: Steps,
    /// Whose result the chain waits for.
    pub(super) waits_for: Option<WeakCore>,
    pub(super) taker: Taker,
    pub(super) fired_at: Option<&'static Location<'static>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fired {
    No,
    Yes,
    /// Nobody is left who could.
    Never,
}

/// Who is to have the result in the end.
#[derive(Default)]
pub(super) enum Taker {
    #[default]
    Nobody,
    /// Another Deferred, a function of which returned this one.
    Deferred(CoreRef),
    /// A future that was polled.
    Waker(Waker),
}

/// What a Deferred is fired with, its types left aside.
pub(super) trait Source: Bound {
    /// An `Option<Outcome<T, E>>`.
    fn value(&mut self) -> &mut dyn Any;
    fn peek(&self) -> &dyn Any;
    fn failure(&self) -> Option<&dyn Display>;
    /// Makes this failure the result.
    fn fail(&mut self, why: Why);
    /// Takes the result of another one that was waited for.
    fn receive(&mut self, from: &mut dyn Any);
    /// Where the canceller is, if there is one.
    fn canceller(&mut self) -> &mut Option<Canceller>;
}

pub(super) struct Origin<T, E> {
    pub(super) value: Option<Outcome<T, E>>,
    pub(super) canceller: Option<Canceller>,
}

pub(super) type Canceller = Box<dyn Cancelling>;

/// What is called to cancel one that was not fired. If it gives nothing back, and has not fired it,
/// that is fired as cancelled. If it gives something back, that is for the next cancellation, and
/// firing it is left to others.
pub(super) trait Cancelling: Bound {
    fn cancel(self: Box<Self>, core: &CoreRef) -> Option<Canceller>;
}

impl<F: FnOnce(&CoreRef) + Bound> Cancelling for F {
    fn cancel(self: Box<Self>, core: &CoreRef) -> Option<Canceller> {
        self(core);
        None
    }
}

/// The failures that are no one's error.
#[derive(Clone, Copy)]
pub(super) enum Why {
    Cancelled,
    Circular,
}

impl Why {
    pub(super) fn failure<E>(self) -> Failure<E> {
        match self {
            Self::Cancelled => Failure::Cancelled,
            Self::Circular => Failure::Circular,
        }
    }
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Source for Origin<T, E> {
    fn value(&mut self) -> &mut dyn Any {
        &mut self.value
    }

    fn peek(&self) -> &dyn Any {
        &self.value
    }

    fn failure(&self) -> Option<&dyn Display> {
        match &self.value {
            Some(Err(failure)) => Some(failure),
            _ => None,
        }
    }

    fn fail(&mut self, why: Why) {
        self.value = Some(Err(why.failure()));
    }

    fn receive(&mut self, from: &mut dyn Any) {
        self.value = from.downcast_mut::<Option<Outcome<T, E>>>().and_then(Option::take);
    }

    fn canceller(&mut self) -> &mut Option<Canceller> {
        &mut self.canceller
    }
}

impl<S: Source> Core<S> {
    #[inline]
    pub(super) fn new(
        made_at: &'static Location<'static>,
        fired: Fired,
        resolvers: u32,
        source: S,
    ) -> Self {
        let run = Run {
            fired,
            swallow: false,
            running: false,
            cancelling: false,
            ignores_cancel: false,
            resolvers,
            holder: None,
            attached: Steps::default(),
            rare: None,
        };
        Self {
            made_at,
            interrupted: Flag::new(false),
            over: Flag::new(fired != Fired::No),
            state: Lock::new(State { run, source }),
        }
    }
}

impl Run {
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Nobody is left who could fire it.
    pub(super) fn is_orphaned(&self) -> bool {
        self.resolvers == 0 && self.fired == Fired::No
    }

    pub(super) fn is_paused(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.paused > 0)
    }

    pub(super) fn waits_for(&self) -> Option<&WeakCore> {
        self.rare.as_ref()?.waits_for.as_ref()
    }

    /// Whether functions may be called, and nobody does so already.
    #[inline]
    pub(super) fn may_run(&self) -> bool {
        let held_up = |rare: &Rare| rare.paused > 0 || rare.waits_for.is_some();
        self.fired == Fired::Yes && !self.running && !self.rare.as_deref().is_some_and(held_up)
    }

    /// Everything that is to be called, in order.
    #[inline]
    pub(super) fn take_ready(&mut self) -> Steps {
        if let Some(rare) = &mut self.rare
            && !rare.ready.is_empty()
        {
            return mem::take(&mut rare.ready);
        }
        mem::take(&mut self.attached).reversed()
    }

    fn nothing_to_call(&self) -> bool {
        self.attached.is_empty() && self.rare.as_ref().is_none_or(|rare| rare.ready.is_empty())
    }

    pub(super) fn take_taker(&mut self) -> Taker {
        self.rare.as_mut().map(|rare| mem::take(&mut rare.taker)).unwrap_or_default()
    }
}

impl<S: Source + ?Sized> State<S> {
    /// Where the result so far is.
    pub(super) fn result(&mut self) -> &mut dyn Any {
        match &mut self.run.holder {
            None => self.source.value(),
            Some(link) => link.step.result(),
        }
    }

    pub(super) fn peek(&self) -> &dyn Any {
        match &self.run.holder {
            None => self.source.peek(),
            Some(link) => link.step.peek(),
        }
    }

    /// Takes the result of another one that was waited for.
    pub(super) fn receive(&mut self, from: &mut dyn Any) {
        match &mut self.run.holder {
            None => self.source.receive(from),
            Some(link) => link.step.receive(from),
        }
    }

    /// Makes this failure the result so far.
    pub(super) fn fail(&mut self, why: Why) {
        match &mut self.run.holder {
            None => self.source.fail(why),
            Some(link) => link.step.fail(why),
        }
    }

    fn failure(&self) -> Option<&dyn Display> {
        match &self.run.holder {
            None => self.source.failure(),
            Some(link) => link.step.failure(),
        }
    }

    /// Whether there is a result that nothing will change.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.run.may_run() && self.run.nothing_to_call()
    }
}

impl<S: Source + ?Sized> Drop for Core<S> {
    /// Reports a failure that nobody handled. Those that wait for this one are let go of one after
    /// the other, however many wait for each other.
    fn drop(&mut self) {
        let address = std::ptr::from_ref(self).addr();
        let made_at = self.made_at;
        let state = self.state.get_mut();
        if let Some(failure) = state.failure() {
            let fired_at = state.run.rare.as_ref().and_then(|rare| rare.fired_at);
            crate::report::unhandled(address, failure, made_at, fired_at);
        }
        if state.run.rare.is_some() {
            cancel::orphan_taker(state.run.take_taker());
        }
    }
}

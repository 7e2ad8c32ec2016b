//! What a Deferred, its resolver and its handles share.

use std::{any::Any, fmt::Display, mem, panic::Location, task::Waker};

use crate::{Failure, Outcome, report};

use super::{
    cancel,
    kind::{Bound, Flag, Lock, Ref, WeakRef},
    step::{Held, Steps},
};

/// The shared part. Its locks are held for a change of a few fields, never while anybody else's code
/// runs. Of two Deferreds, of which one waits for the other, the one that is waited for is locked
/// first; of the two locks of one, that of `run`.
pub(super) struct Core<S: Source + ?Sized> {
    pub(super) made_at: &'static Location<'static>,
    /// Somebody paused it: whoever calls its functions looks before each.
    pub(super) interrupted: Flag,
    /// It was fired, or will never be.
    pub(super) over: Flag,
    pub(super) run: Lock<Run>,
    /// What it was fired with, as long as no function was called with that.
    source: Lock<S>,
}

pub(super) type CoreRef = Ref<Core<dyn Source>>;
pub(super) type WeakCore = WeakRef<Core<dyn Source>>;

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
    pub(super) canceller: Option<Canceller>,
    /// What has the result so far; where there is none, the source has.
    pub(super) holder: Option<Held>,
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
    /// Whoever awaits it is to be told that there will be no result.
    pub(super) deserted: bool,
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

/// What a Deferred is fired with, its types left aside: an `Option<Outcome<T, E>>`.
pub(super) trait Source: Bound {
    fn value(&mut self) -> &mut dyn Any;
    fn peek(&self) -> &dyn Any;
    fn failure(&self) -> Option<&dyn Display>;
    /// Makes this failure the result.
    fn fail(&mut self, why: Why);
    /// Takes the result of another one that was waited for, or what it is fired with.
    fn receive(&mut self, from: &mut dyn Any);
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

impl<T: Bound + 'static, E: Display + Bound + 'static> Source for Option<Outcome<T, E>> {
    fn value(&mut self) -> &mut dyn Any {
        self
    }

    fn peek(&self) -> &dyn Any {
        self
    }

    fn failure(&self) -> Option<&dyn Display> {
        match self {
            Some(Err(failure)) => Some(failure),
            _ => None,
        }
    }

    fn fail(&mut self, why: Why) {
        *self = Some(Err(why.failure()));
    }

    fn receive(&mut self, from: &mut dyn Any) {
        *self = from.downcast_mut::<Self>().and_then(Self::take);
    }
}

impl<S: Source> Core<S> {
    #[inline]
    pub(super) fn new(
        made_at: &'static Location<'static>,
        fired: Fired,
        canceller: Option<Canceller>,
        source: S,
    ) -> Self {
        let run = Run {
            fired,
            swallow: false,
            running: false,
            cancelling: false,
            ignores_cancel: false,
            resolvers: u32::from(fired == Fired::No),
            canceller,
            holder: None,
            attached: Steps::default(),
            rare: None,
        };
        Self {
            made_at,
            interrupted: Flag::new(false),
            over: Flag::new(fired != Fired::No),
            run: Lock::new(run),
            source: Lock::new(source),
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

    /// Whether there is a result that nothing will change.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.may_run()
            && self.attached.is_empty()
            && self.rare.as_ref().is_none_or(|rare| rare.ready.is_empty())
    }

    pub(super) fn take_taker(&mut self) -> Taker {
        self.rare.as_mut().map(|rare| mem::take(&mut rare.taker)).unwrap_or_default()
    }
}

impl<S: Source + ?Sized> Core<S> {
    /// Who it is, in reports.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self).cast::<()>().addr()
    }

    /// Looks at the result so far.
    pub(super) fn result<R>(&self, run: &mut Run, look: impl FnOnce(&mut dyn Any) -> R) -> R {
        match &mut run.holder {
            Some(link) => look(link.step.result()),
            None => self.source.with(|source| look(source.value())),
        }
    }

    pub(super) fn peek<R>(&self, run: &Run, look: impl FnOnce(&dyn Any) -> R) -> R {
        match &run.holder {
            Some(link) => look(link.step.peek()),
            None => self.source.with(|source| look(source.peek())),
        }
    }

    /// Takes the result of another one that was waited for, or what it is fired with.
    pub(super) fn receive(&self, run: &mut Run, from: &mut dyn Any) {
        match &mut run.holder {
            Some(link) => link.step.receive(from),
            None => self.source.with(|source| source.receive(from)),
        }
    }

    /// Makes this failure the result so far.
    pub(super) fn fail(&self, run: &mut Run, why: Why) {
        match &mut run.holder {
            Some(link) => link.step.fail(why),
            None => self.source.with(|source| source.fail(why)),
        }
    }
}

impl<S: Source + ?Sized> Drop for Core<S> {
    /// Reports a failure that nobody handled. Those that wait for this one are let go of one after the other, however many wait for each
    /// other.
    fn drop(&mut self) {
        let address = self.address();
        let run = self.run.get_mut();
        let failure = match &run.holder {
            Some(link) => link.step.failure(),
            None => self.source.get_mut().failure(),
        };
        if let Some(failure) = failure {
            let fired_at = run.rare.as_ref().and_then(|rare| rare.fired_at);
            report::unhandled(address, failure, self.made_at, fired_at);
        }
        if run.rare.is_some() {
            cancel::orphan_taker(run.take_taker());
        }
    }
}

//! Firing, and calling the functions of chains one after the other.

use std::{any::Any, mem, panic::Location};

use crate::{AlreadyFired, Outcome, report};

use super::{
    core::{Canceller, CoreRef, Fired, Source, State, Taker, WeakCore},
    kind::{Bound, Ref},
    step::{Called, Link, Step, Steps},
};

/// Fires it, once.
pub(super) fn fire<T: Bound + 'static, E: Bound + 'static>(
    core: &CoreRef,
    outcome: Outcome<T, E>,
    at: &'static Location<'static>,
) -> Result<(), AlreadyFired> {
    let mut value = Some(outcome);
    let fired = core.state.with(|state| {
        if state.run.fired != Fired::No {
            return if mem::take(&mut state.run.swallow) { Ok(None) } else { Err(AlreadyFired) };
        }
        state.run.fired = Fired::Yes;
        core.over.set(true);
        if let Some(at) = report::noted(at) {
            state.run.rare().fired_at = Some(at);
        }
        let ready = if state.run.is_paused() { Steps::default() } else { state.run.take_ready() };
        state.run.running = !ready.is_empty();
        let mut next = Next::Nothing;
        if ready.is_empty() {
            if let Some(place) = state.source.value().downcast_mut() {
                mem::swap(place, &mut value);
            }
            next = settle(state);
        }
        Ok(Some((state.source.take_canceller(), ready, next)))
    })?;
    let Some((canceller, mut ready, next)) = fired else { return Ok(()) };
    drop(canceller);
    match ready.pop() {
        Some(first) => go_on(core, Next::Call(first, ready), &mut value),
        None => go_on(core, next, &mut ()),
    }
    Ok(())
}

/// Attaches a step; where the result is there, calls it.
#[inline]
pub(super) fn attach(core: &CoreRef, link: Box<Link<dyn Step>>) {
    let next = core.state.with(|state| {
        state.run.attached.push(link);
        if state.run.may_run() { begin(state) } else { Next::Nothing }
    });
    go_on(core, next, &mut ());
}

pub(super) fn pause(core: &CoreRef) {
    core.state.with(|state| {
        state.run.rare().paused += 1;
        core.interrupted.set(true);
    });
}

/// False where it was not paused.
pub(super) fn unpause(core: &CoreRef) -> bool {
    let unpaused = core.state.with(|state| {
        let rare = state.run.rare();
        rare.paused = rare.paused.checked_sub(1)?;
        core.interrupted.set(rare.paused > 0);
        Some(begin(state))
    });
    let Some(next) = unpaused else { return false };
    go_on(core, next, &mut ());
    true
}

/// Cancels it, or the one it waits for, or the one that that waits for...
pub(super) fn cancel(core: &CoreRef) {
    enum Do {
        Nothing,
        Inner(WeakCore),
        Call(Canceller),
        Go(Next),
    }
    let mut core = Ref::clone(core);
    loop {
        let what = core.state.with(|state| match (state.run.fired, state.run.waits_for()) {
            (Fired::Yes, Some(inner)) => Do::Inner(inner.clone()),
            (Fired::No, _) => match state.source.take_canceller() {
                Some(canceller) => Do::Call(canceller),
                None => {
                    state.run.swallow = true;
                    Do::Go(fire_cancelled(&core, state))
                }
            },
            _ => Do::Nothing,
        });
        match what {
            Do::Nothing => return,
            Do::Inner(inner) => match inner.upgrade() {
                Some(inner) => core = inner,
                None => return,
            },
            Do::Go(next) => return go_on(&core, next, &mut ()),
            Do::Call(canceller) => {
                canceller.cancel(&core);
                let next = core.state.with(|state| match state.run.fired {
                    Fired::No => fire_cancelled(&core, state),
                    _ => Next::Nothing,
                });
                return go_on(&core, next, &mut ());
            }
        }
    }
}

fn fire_cancelled(core: &CoreRef, state: &mut State<dyn Source>) -> Next {
    state.source.put_cancelled();
    state.run.fired = Fired::Yes;
    core.over.set(true);
    begin(state)
}

/// Nobody is left who could fire it, or who could go on with it: lets go of its functions, and of
/// those of all that wait for it.
pub(super) fn orphan(core: &CoreRef) {
    let taker = let_go(core, Fired::Never);
    orphan_taker(taker);
}

/// Whoever waited for something that will never come.
pub(super) fn orphan_taker(mut taker: Taker) {
    loop {
        match taker {
            Taker::Nobody => return,
            Taker::Waker(waker) => return waker.wake(),
            Taker::Deferred(core) => taker = let_go(&core, Fired::Never),
        }
    }
}

/// Lets go of all that is attached.
pub(super) fn abandon(core: &CoreRef) {
    let fired = core.state.with(|state| state.run.fired);
    drop(let_go(core, fired));
}

fn let_go(core: &CoreRef, fired: Fired) -> Taker {
    let (_attached, _ready, _canceller, taker) = core.state.with(|state| {
        let run = &mut state.run;
        run.fired = fired;
        core.over.set(fired != Fired::No);
        if let Some(rare) = &mut run.rare
            && fired == Fired::Never
        {
            rare.waits_for = None;
        }
        let ready = run.rare.as_mut().map(|rare| mem::take(&mut rare.ready));
        let attached = mem::take(&mut run.attached);
        (attached, ready, state.source.take_canceller(), run.take_taker())
    });
    taker
}

/// What is to be done once a state was changed, outside its lock.
pub(super) enum Next {
    Nothing,
    /// Call this one, and then those: whoever gets this is `running`.
    Call(Box<Link<dyn Step>>, Steps),
    /// The same, after what holds its argument.
    CallAfter(Box<Link<dyn Step>>, Box<Link<dyn Step>>, Steps),
    /// The result is there, and somebody is to have it.
    Give(Taker),
}

/// Begins to call functions, if it is time and there are some.
fn begin(state: &mut State<dyn Source>) -> Next {
    if !state.run.may_run() {
        return Next::Nothing;
    }
    let mut ready = state.run.take_ready();
    let Some(mut first) = ready.pop() else { return settle(state) };
    state.run.running = true;
    match state.run.holder.take() {
        Some(holder) => Next::CallAfter(holder, first, ready),
        None => {
            first.step.put(state.source.value());
            Next::Call(first, ready)
        }
    }
}

/// Nothing is to be called: the result is there, if nothing holds it back.
fn settle(state: &mut State<dyn Source>) -> Next {
    if state.run.rare.is_none() || state.run.is_paused() {
        return Next::Nothing;
    }
    match state.run.take_taker() {
        Taker::Nobody => Next::Nothing,
        taker => Next::Give(taker),
    }
}

/// Calls functions until there is nothing more to call: those of `core`, and then of each that
/// waited for it. Takes no more stack for many than for one. `input` is for the first, if that has
/// no other.
#[inline]
fn go_on(core: &CoreRef, next: Next, input: &mut dyn Any) {
    if !matches!(next, Next::Nothing) {
        run(core, next, input);
    }
}

fn run(core: &CoreRef, mut next: Next, input: &mut dyn Any) {
    let mut other: Option<CoreRef> = None;
    loop {
        let core = other.as_ref().unwrap_or(core);
        next = match next {
            Next::Nothing => return,
            Next::Call(mut first, ready) => {
                let called = call(core, &mut *first, input);
                call_all(core, called, first, ready)
            }
            Next::CallAfter(mut holder, mut first, ready) => {
                let called = call(core, &mut *first, holder.step.result());
                drop(holder);
                call_all(core, called, first, ready)
            }
            Next::Give(Taker::Deferred(outer)) => {
                let next = core.state.with(|inner| hand_over(inner, &outer));
                other = Some(outer);
                next
            }
            Next::Give(Taker::Waker(waker)) => return waker.wake(),
            Next::Give(Taker::Nobody) => return,
        };
    }
}

/// Calls all of `ready`, as long as nothing holds that up.
fn call_all(
    core: &CoreRef,
    mut called: Called,
    mut holder: Box<Link<dyn Step>>,
    mut ready: Steps,
) -> Next {
    loop {
        match called {
            Called::Wait(inner) => return wait(core, &inner, holder, ready),
            Called::Done => {}
        }
        if !core.interrupted.get()
            && let Some(mut step) = ready.pop()
        {
            called = call(core, &mut *step, holder.step.result());
            holder = step; // what held the argument goes
            continue;
        }
        let stopped = core.state.with(|state| stop(state, holder, ready));
        match stopped {
            Ok((before, mut step, rest)) => {
                holder = before;
                called = call(core, &mut *step, holder.step.result());
                (holder, ready) = (step, rest);
            }
            Err(next) => return next,
        }
    }
}

type More = (Box<Link<dyn Step>>, Box<Link<dyn Step>>, Steps);

/// Stops calling, or goes on with what was attached meanwhile.
fn stop(
    state: &mut State<dyn Source>,
    holder: Box<Link<dyn Step>>,
    mut ready: Steps,
) -> Result<More, Next> {
    if state.run.fired == Fired::Never {
        return Err(Next::Nothing);
    }
    if state.run.is_paused() {
        state.run.rare().ready = ready;
    } else {
        if ready.is_empty() {
            ready = state.run.take_ready();
        }
        if let Some(step) = ready.pop() {
            return Ok((holder, step, ready));
        }
    }
    state.run.holder = Some(holder);
    state.run.running = false;
    Err(settle(state))
}

#[inline]
fn call(core: &CoreRef, link: &mut Link<dyn Step>, input: &mut dyn Any) -> Called {
    let unwinding = Unwinding(core);
    let called = link.step.call(input);
    mem::forget(unwinding);
    called
}

/// Has `outer` wait for `inner`; or not, where that has come to its end meanwhile.
fn wait(outer: &CoreRef, inner: &CoreRef, holder: Box<Link<dyn Step>>, ready: Steps) -> Next {
    outer.state.with(|state| {
        state.run.holder = Some(holder);
        state.run.running = false;
        let rare = state.run.rare();
        (rare.ready, rare.waits_for) = (ready, Some(Ref::downgrade(inner)));
    });
    let next = inner.state.with(|state| match state.run.fired {
        Fired::Never => None,
        _ if state.is_settled() => Some(hand_over(state, outer)),
        _ => {
            state.run.rare().taker = Taker::Deferred(Ref::clone(outer));
            Some(Next::Nothing)
        }
    });
    next.unwrap_or_else(|| {
        orphan(outer);
        Next::Nothing
    })
}

/// Moves the result of `inner`, which is locked, to `outer`, and has that go on.
fn hand_over(inner: &mut State<dyn Source>, outer: &CoreRef) -> Next {
    outer.state.with(|state| {
        if state.run.fired != Fired::Yes {
            return Next::Nothing; // given up meanwhile
        }
        state.run.rare().waits_for = None;
        if let Some(holder) = &mut state.run.holder {
            holder.step.receive(inner.result());
        }
        begin(state)
    })
}

/// A function that panics ends its Deferred: nobody will ever have a result.
struct Unwinding<'a>(&'a CoreRef);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        orphan(self.0);
    }
}

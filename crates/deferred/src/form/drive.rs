//! Firing, and calling the functions of chains one after the other.

use std::{any::Any, mem, panic::Location};

use crate::{AlreadyFired, Outcome, report};

use super::{
    cancel::orphan,
    core::{CoreRef, Fired, Source, State, Taker},
    kind::Bound,
    step::{Called, Link, Step, Steps},
    wait::{hand_over, wait},
};

/// Fires it, once.
#[inline]
pub(super) fn fire<T: Bound + 'static, E: Bound + 'static>(
    core: &CoreRef,
    outcome: Outcome<T, E>,
    at: &'static Location<'static>,
) -> Result<(), AlreadyFired> {
    fire_from(core, &mut Some(outcome), at)
}

/// The same with what is in `value`, which stays there if it is too late.
pub(super) fn fire_from<T: Bound + 'static, E: Bound + 'static>(
    core: &CoreRef,
    value: &mut Option<Outcome<T, E>>,
    at: &'static Location<'static>,
) -> Result<(), AlreadyFired> {
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
                mem::swap(place, value);
            }
            next = settle(state);
        }
        Ok(Some((state.source.canceller().take(), ready, next)))
    })?;
    let Some((canceller, mut ready, next)) = fired else { return Ok(()) };
    drop(canceller);
    match ready.pop() {
        Some(first) => go_on(core, Next::Call(first, ready), value),
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
pub(super) fn begin(state: &mut State<dyn Source>) -> Next {
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
pub(super) fn go_on(core: &CoreRef, next: Next, input: &mut dyn Any) {
    if !matches!(next, Next::Nothing) {
        run(core, next, input);
    }
}

fn run(core: &CoreRef, mut next: Next, input: &mut dyn Any) {
    let mut other: Option<CoreRef> = None;
    loop {
        let core = other.as_ref().unwrap_or(core);
        next = match next {
            Next::Nothing | Next::Give(Taker::Nobody) => return,
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
            Called::Wait(inner) => return wait(core, &inner, Some(holder), ready),
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

/// A function that panics ends its Deferred: nobody will ever have a result.
struct Unwinding<'a>(&'a CoreRef);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        orphan(self.0);
    }
}

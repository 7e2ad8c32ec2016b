//! Firing, and calling the functions of chains one after the other.

use std::{any::Any, mem, panic::Location};

use crate::{AlreadyFired, report};

use super::{
    cancel::orphan,
    core::{CoreRef, Fired, Run, Taker},
    step::{Called, Held, Steps},
    wait::{hand_over, wait},
};

/// Fires it, once, with the `Option<Outcome<T, E>>` in `value`. That stays there if it is too late.
pub(super) fn fire(
    core: &CoreRef,
    value: &mut dyn Any,
    at: &'static Location<'static>,
) -> Result<(), AlreadyFired> {
    let mut steps = Steps::default();
    let mut canceller = None;
    let settled = core.run.with(|run| {
        if run.fired != Fired::No {
            return if mem::take(&mut run.swallow) { Ok(None) } else { Err(AlreadyFired) };
        }
        run.fired = Fired::Yes;
        core.over.set(true);
        if let Some(at) = report::noted(at) {
            run.rare().fired_at = Some(at);
        }
        canceller = run.canceller.take();
        if run.attached.is_empty() || run.is_paused() {
            core.receive(run, value);
            return Ok(settle(run));
        }
        run.running = true;
        steps = run.attached.take();
        Ok(None)
    });
    let settled = settled.map_err(|AlreadyFired| too_late(core, at))?;
    drop(canceller);
    let mut ready = steps.reversed();
    let next = match ready.pop() {
        Some(mut first) => {
            let called = call(core, &mut first, value);
            call_all(core, called, first, ready)
        }
        None => settled.map(Next::Give),
    };
    go_on(core, next);
    Ok(())
}

/// In the debug mode, tells where it was fired before.
#[cold]
fn too_late(core: &CoreRef, at: &'static Location<'static>) -> AlreadyFired {
    if let Some(at) = report::noted(at) {
        let fired_at = core.run.with(|run| run.rare.as_ref().and_then(|rare| rare.fired_at));
        report::too_late(core.address(), core.made_at, fired_at, at);
    }
    AlreadyFired
}

/// Attaches a step; where the result is there, calls it.
#[inline]
pub(super) fn attach(core: &CoreRef, link: Held) {
    let may_run = core.run.with(|run| {
        run.attached.push(link);
        run.may_run()
    });
    if may_run {
        resume(core);
    }
}

pub(super) fn pause(core: &CoreRef) {
    core.run.with(|run| {
        run.rare().paused += 1;
        core.interrupted.set(true);
    });
}

/// False where it was not paused.
pub(super) fn unpause(core: &CoreRef) -> bool {
    let unpaused = core.run.with(|run| {
        let rare = run.rare();
        rare.paused = rare.paused.checked_sub(1)?;
        core.interrupted.set(rare.paused > 0);
        Some(begin(core, run))
    });
    let Some(next) = unpaused else { return false };
    go_on(core, next);
    true
}

/// Calls what is attached, if it is time.
fn resume(core: &CoreRef) {
    let next = core.run.with(|run| begin(core, run));
    go_on(core, next);
}

/// What is to be done once a state was changed, outside its lock.
pub(super) enum Next {
    /// Call this one, which has its argument, and then those: whoever gets this is `running`.
    Call(Held, Steps),
    /// The same, after what holds its argument.
    CallAfter(Held, Held, Steps),
    /// The result is there, and somebody is to have it.
    Give(Taker),
}

/// Begins to call functions, if it is time and there are some.
pub(super) fn begin(core: &CoreRef, run: &mut Run) -> Option<Next> {
    if !run.may_run() {
        return None;
    }
    let mut ready = run.take_ready();
    let Some(mut first) = ready.pop() else { return settle(run).map(Next::Give) };
    run.running = true;
    if let Some(holder) = run.holder.take() {
        return Some(Next::CallAfter(holder, first, ready));
    }
    core.result(run, |value| first.step.put(value));
    Some(Next::Call(first, ready))
}

/// Nothing is to be called: who is to have the result, if it is there, and nothing holds it back.
#[inline]
fn settle(run: &mut Run) -> Option<Taker> {
    if run.rare.is_none() || run.is_paused() {
        return None;
    }
    match run.take_taker() {
        Taker::Nobody => None,
        taker => Some(taker),
    }
}

/// Does what is to be done next, until there is nothing.
#[inline]
pub(super) fn go_on(core: &CoreRef, next: Option<Next>) {
    if let Some(next) = next {
        go_on_with(core, next);
    }
}

/// Calls functions until there is nothing more to call: those of `core`, and then of each that
/// waited for it. Takes no more stack for many than for one.
fn go_on_with(core: &CoreRef, next: Next) {
    let mut other: Option<CoreRef> = None;
    let mut next = Some(next);
    while let Some(now) = next {
        let core = other.as_ref().unwrap_or(core);
        next = match now {
            Next::Call(mut first, ready) => {
                let called = call(core, &mut first, &mut ());
                call_all(core, called, first, ready)
            }
            Next::CallAfter(mut holder, mut first, ready) => {
                let called = call(core, &mut first, holder.step.result());
                drop(holder);
                call_all(core, called, first, ready)
            }
            Next::Give(Taker::Deferred(outer)) => {
                let next = core.run.with(|inner| hand_over(core, inner, &outer));
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
    mut holder: Held,
    mut ready: Steps,
) -> Option<Next> {
    loop {
        if let Called::Wait(inner) = called {
            return wait(core, &inner, Some(holder), ready);
        }
        if !core.interrupted.get()
            && let Some(mut step) = ready.pop()
        {
            called = call(core, &mut step, holder.step.result());
            holder = step; // what held the argument goes
            continue;
        }
        let mut held = Some(holder);
        let (taker, given_up) = core.run.with(|run| {
            stop(run, &mut held, &mut ready);
            let taker = if held.is_none() { settle(run) } else { None };
            (taker, run.fired == Fired::Never)
        });
        let Some(mut before) = held else { return taker.map(Next::Give) };
        let mut step = ready.pop().filter(|_| !given_up)?;
        called = call(core, &mut step, before.step.result());
        holder = step;
    }
}

/// Stops calling, and leaves what is held; or not, and there is more in `ready`.
#[inline]
fn stop(run: &mut Run, held: &mut Option<Held>, ready: &mut Steps) {
    if run.fired == Fired::Never {
        return; // given up meanwhile: what is held goes, and what is left of `ready`
    }
    if run.is_paused() {
        run.rare().ready = ready.take();
    } else if ready.is_empty() {
        *ready = run.take_ready();
    }
    if ready.is_empty() {
        mem::swap(&mut run.holder, held);
        run.running = false;
    }
}

#[inline]
fn call(core: &CoreRef, link: &mut Held, input: &mut dyn Any) -> Called {
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

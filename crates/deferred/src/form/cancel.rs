//! Cancelling, and letting go of what will not be called.

use std::mem;

use super::{
    core::{Canceller, CoreRef, Fired, Source, State, Taker, WeakCore, Why},
    drive::{Next, begin, go_on},
    kind::Ref,
};

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
            (Fired::Yes, Some(inner)) if !state.run.ignores_cancel => Do::Inner(inner.clone()),
            (Fired::No, _) if state.run.cancelling => Do::Nothing,
            (Fired::No, _) => match state.source.canceller().take() {
                Some(canceller) => {
                    state.run.cancelling = true;
                    Do::Call(canceller)
                }
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
            Do::Call(canceller) => return call_canceller(&core, canceller),
        }
    }
}

fn call_canceller(core: &CoreRef, canceller: Canceller) {
    let mut kept = canceller.cancel(core);
    let (next, orphaned) = core.state.with(|state| {
        state.run.cancelling = false;
        match (state.run.fired, &kept) {
            (Fired::No, None) => (fire_cancelled(core, state), false),
            (Fired::No, Some(_)) => {
                *state.source.canceller() = kept.take();
                (Next::Nothing, state.run.is_orphaned())
            }
            _ => (Next::Nothing, false),
        }
    });
    if orphaned {
        return orphan(core);
    }
    go_on(core, next, &mut ());
}

fn fire_cancelled(core: &CoreRef, state: &mut State<dyn Source>) -> Next {
    state.source.fail(Why::Cancelled);
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

/// Lets go of all that is attached. Who waits for the result learns that there will be none.
pub(super) fn abandon(core: &CoreRef) {
    let fired = core.state.with(|state| match (state.run.fired, &state.run.rare) {
        (Fired::No, Some(rare)) if matches!(rare.taker, Taker::Waker(_)) => Fired::Never,
        (fired, _) => fired,
    });
    orphan_taker(let_go(core, fired));
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
        (attached, ready, state.source.canceller().take(), run.take_taker())
    });
    taker
}

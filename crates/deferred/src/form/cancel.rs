//! Cancelling, and letting go of what will not be called.

use std::mem;

use super::{
    core::{Canceller, CoreRef, Fired, Run, Taker, WeakCore, Why},
    drive::{Next, begin, go_on},
    kind::Ref,
};

/// Cancels it, or the one it waits for, or the one that that waits for...
pub(super) fn cancel(core: &CoreRef) {
    enum Do {
        Nothing,
        Inner(WeakCore),
        Call(Canceller),
        Go(Option<Next>),
    }
    let mut core = Ref::clone(core);
    loop {
        let what = core.run.with(|run| match (run.fired, run.waits_for()) {
            (Fired::Yes, Some(inner)) if !run.ignores_cancel => Do::Inner(inner.clone()),
            (Fired::No, _) if run.cancelling => Do::Nothing,
            (Fired::No, _) => match run.canceller.take() {
                Some(canceller) => {
                    run.cancelling = true;
                    Do::Call(canceller)
                }
                None => {
                    run.swallow = true;
                    Do::Go(fire_cancelled(&core, run))
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
            Do::Go(next) => return go_on(&core, next),
            Do::Call(canceller) => return call_canceller(&core, canceller),
        }
    }
}

fn call_canceller(core: &CoreRef, canceller: Canceller) {
    let mut kept = canceller.cancel(core);
    let (next, orphaned) = core.run.with(|run| {
        run.cancelling = false;
        match (run.fired, &kept) {
            (Fired::No, None) => (fire_cancelled(core, run), false),
            (Fired::No, Some(_)) => {
                run.canceller = kept.take();
                (None, run.is_orphaned())
            }
            _ => (None, false),
        }
    });
    if orphaned {
        return orphan(core);
    }
    go_on(core, next);
}

fn fire_cancelled(core: &CoreRef, run: &mut Run) -> Option<Next> {
    core.fail(run, Why::Cancelled);
    run.fired = Fired::Yes;
    core.over.set(true);
    begin(core, run)
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
    let fired = core.run.with(|run| {
        if let Some(rare) = &mut run.rare {
            rare.deserted = matches!(rare.taker, Taker::Waker(_));
        }
        run.fired
    });
    orphan_taker(let_go(core, fired));
}

fn let_go(core: &CoreRef, fired: Fired) -> Taker {
    let (_attached, _ready, _canceller, taker) = core.run.with(|run| {
        run.fired = fired;
        core.over.set(fired != Fired::No);
        if let Some(rare) = &mut run.rare
            && fired == Fired::Never
        {
            rare.waits_for = None;
        }
        let ready = run.rare.as_mut().map(|rare| mem::take(&mut rare.ready));
        let attached = mem::take(&mut run.attached);
        (attached, ready, run.canceller.take(), run.take_taker())
    });
    taker
}

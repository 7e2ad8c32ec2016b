//! One Deferred that waits for another.

use std::mem;

use super::{
    cancel::orphan,
    core::{CoreRef, Fired, Run, Taker, Why},
    drive::{Next, begin, go_on},
    kind::Ref,
    step::{Held, Steps},
};

/// Fires it with what `inner` comes to, once `meanwhile` is done. Whatever `inner` does by then,
/// shows only afterwards.
pub(super) fn forward(core: &CoreRef, inner: &CoreRef, meanwhile: impl FnOnce()) {
    let is_ours = core.run.with(|run| {
        let unfired = run.fired == Fired::No;
        if unfired {
            (run.fired, run.running) = (Fired::Yes, true);
            core.over.set(true);
        }
        unfired
    });
    meanwhile();
    if is_ours {
        let next = wait(core, inner, None, Steps::default());
        go_on(core, next);
    }
}

/// Has `outer` wait for `inner`; or not, where that has come to its end meanwhile.
pub(super) fn wait(
    outer: &CoreRef,
    inner: &CoreRef,
    holder: Option<Held>,
    ready: Steps,
) -> Option<Next> {
    outer.run.with(|run| {
        run.holder = holder;
        run.running = false;
        let rare = run.rare();
        (rare.ready, rare.waits_for) = (ready, Some(Ref::downgrade(inner)));
    });
    if Ref::ptr_eq(outer, inner) {
        return fail(outer);
    }
    let mut before = Taker::Nobody;
    let next = inner.run.with(|run| match run.fired {
        Fired::Never => None,
        _ if run.is_settled() => Some(hand_over(inner, run, outer)),
        _ => {
            let taker = Taker::Deferred(Ref::clone(outer));
            before = mem::replace(&mut run.rare().taker, taker);
            Some(None)
        }
    });
    drop(before); // outside the lock: a future may go with it
    match next {
        Some(None) if is_circle(outer, inner) => break_circle(outer, inner),
        Some(next) => next,
        None => {
            orphan(outer);
            None
        }
    }
}

/// Ends the wait of `outer` for `inner`, which waits for it in turn. Another thread that has found
/// the same circle may be doing so for another of its members: if that one's failure has come to
/// `inner`, it goes on to `outer`, which need not fail.
fn break_circle(outer: &CoreRef, inner: &CoreRef) -> Option<Next> {
    let taker = inner.run.with(|run| match &run.rare().taker {
        Taker::Deferred(waits) if Ref::ptr_eq(waits, outer) => run.take_taker(),
        _ => Taker::Nobody,
    });
    match taker {
        Taker::Deferred(outer) => fail(&outer),
        _ => None,
    }
}

fn fail(outer: &CoreRef) -> Option<Next> {
    outer.run.with(|run| {
        run.rare().waits_for = None;
        outer.fail(run, Why::Circular);
        begin(outer, run)
    })
}

/// Moves the result of `inner`, which is locked, to `outer`, and has that go on.
pub(super) fn hand_over(inner: &CoreRef, inner_run: &mut Run, outer: &CoreRef) -> Option<Next> {
    outer.run.with(|run| {
        if run.fired != Fired::Yes {
            return None; // given up meanwhile
        }
        run.rare().waits_for = None;
        inner.result(inner_run, |result| outer.receive(run, result));
        begin(outer, run)
    })
}

/// Whether `inner`, or what it waits for in turn, waits for `outer`, which waits for `inner`. Looks
/// from both ends at once, so that the shorter one settles it: a chain may get longer at either end,
/// one by one. Of several threads that close a circle the last one sees it.
fn is_circle(outer: &CoreRef, inner: &CoreRef) -> bool {
    let mut up = waiting_for(outer);
    let mut down = up.as_ref().and_then(|_| waited_for(inner));
    while let (Some(above), Some(below)) = (&up, &down) {
        if Ref::ptr_eq(above, inner) || Ref::ptr_eq(below, outer) {
            return true;
        }
        (up, down) = (waiting_for(above), waited_for(below));
    }
    false
}

/// The one that waits for `core`.
fn waiting_for(core: &CoreRef) -> Option<CoreRef> {
    core.run.with(|run| match &run.rare.as_ref()?.taker {
        Taker::Deferred(outer) => Some(Ref::clone(outer)),
        _ => None,
    })
}

/// The one that `core` waits for.
fn waited_for(core: &CoreRef) -> Option<CoreRef> {
    core.run.with(|run| run.waits_for().cloned())?.upgrade()
}

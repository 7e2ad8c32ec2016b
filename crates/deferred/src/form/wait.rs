//! One Deferred that waits for another.

use std::mem;

use super::{
    cancel::orphan,
    core::{CoreRef, Fired, Source, State, Taker, Why},
    drive::{Next, begin, go_on},
    kind::Ref,
    step::{Link, Step, Steps},
};

/// Fires it with what `inner` comes to, once `meanwhile` is done. Whatever `inner` does by then,
/// shows only afterwards.
pub(super) fn forward(core: &CoreRef, inner: &CoreRef, meanwhile: impl FnOnce()) {
    let is_ours = core.state.with(|state| {
        let unfired = state.run.fired == Fired::No;
        if unfired {
            (state.run.fired, state.run.running) = (Fired::Yes, true);
            core.over.set(true);
        }
        unfired
    });
    meanwhile();
    if is_ours {
        let next = wait(core, inner, None, Steps::default());
        go_on(core, next, &mut ());
    }
}

/// Has `outer` wait for `inner`; or not, where that has come to its end meanwhile.
pub(super) fn wait(
    outer: &CoreRef,
    inner: &CoreRef,
    holder: Option<Box<Link<dyn Step>>>,
    ready: Steps,
) -> Next {
    outer.state.with(|state| {
        state.run.holder = holder;
        state.run.running = false;
        let rare = state.run.rare();
        (rare.ready, rare.waits_for) = (ready, Some(Ref::downgrade(inner)));
    });
    if is_circle(outer, inner) {
        return outer.state.with(|state| {
            state.run.rare().waits_for = None;
            state.fail(Why::Circular);
            begin(state)
        });
    }
    let mut before = Taker::Nobody;
    let next = inner.state.with(|state| match state.run.fired {
        Fired::Never => None,
        _ if state.is_settled() => Some(hand_over(state, outer)),
        _ => {
            let taker = Taker::Deferred(Ref::clone(outer));
            before = mem::replace(&mut state.run.rare().taker, taker);
            Some(Next::Nothing)
        }
    });
    drop(before); // outside the lock: a future may go with it
    next.unwrap_or_else(|| {
        orphan(outer);
        Next::Nothing
    })
}

/// Moves the result of `inner`, which is locked, to `outer`, and has that go on.
pub(super) fn hand_over(inner: &mut State<dyn Source>, outer: &CoreRef) -> Next {
    outer.state.with(|state| {
        if state.run.fired != Fired::Yes {
            return Next::Nothing; // given up meanwhile
        }
        state.run.rare().waits_for = None;
        state.receive(inner.result());
        begin(state)
    })
}

/// Whether `inner`, or what it waits for in turn, waits for `outer`. Looks from both ends at once,
/// so that the shorter one settles it: a chain may get longer at either end, one by one.
fn is_circle(outer: &CoreRef, inner: &CoreRef) -> bool {
    if Ref::ptr_eq(outer, inner) {
        return true;
    }
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
    core.state.with(|state| match &state.run.rare.as_ref()?.taker {
        Taker::Deferred(outer) => Some(Ref::clone(outer)),
        _ => None,
    })
}

/// The one that `core` waits for.
fn waited_for(core: &CoreRef) -> Option<CoreRef> {
    core.state.with(|state| state.run.waits_for().cloned())?.upgrade()
}

//! Several Deferreds as one.

use std::fmt::Display;

use crate::{Errors, Failure, ListOptions, Listed, Outcome};

use super::{
    core::{Canceller, Cancelling, CoreRef},
    deferred::Deferred,
    handle::WeakHandle,
    kind::{Bound, Flag, Lock, Ref},
    resolver::Resolver,
};

/// One Deferred for several: it fires when all have a result, or earlier, as `options` say.
///
/// The values go to the list. Cancelling it cancels its members, and their results are its own; once
/// it is fired, a cancellation does nothing, even while the list waits for a Deferred that one of its
/// functions returned. The list keeps no member: whoever is to fire one does. One of no members fires
/// at once, but not where the first value was to fire it: nothing ever does then, not even a
/// cancellation.
///
/// ```
/// use ropewalk_deferred::{Deferred, ListOptions, Listed, deferred_list, success_result_of};
///
/// let (late, resolver) = Deferred::<u32, String>::pending();
/// let list = deferred_list([Deferred::succeed(1), late], ListOptions::default());
/// resolver.succeed(2)?;
/// assert_eq!(success_result_of(list), Listed::All(vec![Ok(1), Ok(2)]));
/// # Ok::<(), ropewalk_deferred::AlreadyFired>(())
/// ```
#[track_caller]
pub fn deferred_list<T, E>(
    members: impl IntoIterator<Item = Deferred<T, E>>,
    options: ListOptions,
) -> Deferred<Listed<T, E>, E>
where
    T: Bound + 'static,
    E: Clone + Display + Bound + 'static,
{
    let members: Vec<_> = members.into_iter().collect();
    if members.is_empty() {
        let list = match options.fire_on_one_callback {
            true => Deferred::never(Some(Box::new(All(Vec::new())))),
            false => Deferred::succeed(Listed::All(Vec::new())),
        };
        list.ignore_cancel_once_fired();
        return list;
    }
    let weak = members.iter().map(Deferred::weak).collect();
    let (list, resolver) = Deferred::unfired(Some(Box::new(All(weak))));
    list.ignore_cancel_once_fired();
    let results = members.iter().map(|_| None).collect();
    let all = Ref::new(Gathering {
        resolver,
        options,
        over: Flag::new(false),
        results: Lock::new(Results { left: members.len(), results }),
    });
    for (index, member) in members.into_iter().enumerate() {
        let all = Ref::clone(&all);
        // Kept by whoever is to fire it. Where a failure is left in it, it is reported with it.
        drop(member.add_both(move |outcome| all.came(index, outcome)));
    }
    list
}

/// The values of all, in their order; or the first failure, as [`Failure::First`].
///
/// Otherwise as [`deferred_list`], which it is.
///
/// ```
/// use ropewalk_deferred::{Deferred, Errors, gather_results, success_result_of};
///
/// let both = [Deferred::<_, String>::succeed(1), Deferred::succeed(2)];
/// assert_eq!(success_result_of(gather_results(both, Errors::Consumed)), [1, 2]);
/// ```
#[track_caller]
pub fn gather_results<T, E>(
    members: impl IntoIterator<Item = Deferred<T, E>>,
    errors: Errors,
) -> Deferred<Vec<T>, E>
where
    T: Bound + 'static,
    E: Clone + Display + Bound + 'static,
{
    let options = ListOptions { fire_on_one_errback: true, errors, ..ListOptions::default() };
    deferred_list(members, options).add_callback(|listed| match listed {
        Listed::All(results) => results.into_iter().collect(),
        Listed::First(_, value) => Ok(vec![value]),
    })
}

struct Gathering<T, E> {
    resolver: Resolver<Listed<T, E>, E>,
    options: ListOptions,
    /// It was fired.
    over: Flag,
    results: Lock<Results<T, E>>,
}

struct Results<T, E> {
    left: usize,
    results: Vec<Option<Outcome<T, E>>>,
}

impl<T, E> Gathering<T, E>
where
    T: Bound + 'static,
    E: Clone + Display + Bound + 'static,
{
    /// A member has a result; gives what the member goes on with.
    fn came(&self, index: usize, outcome: Outcome<T, E>) -> Outcome<(), E> {
        let kept = match &outcome {
            Err(failure) if self.options.errors == Errors::Left => Err(failure.clone()),
            _ => Ok(()),
        };
        let fires = match outcome {
            _ if self.over.get() => None,
            Ok(value) if self.options.fire_on_one_callback => Some(Ok(Listed::First(index, value))),
            Err(failure) if self.options.fire_on_one_errback => {
                Some(Err(Failure::First { index, failure: Box::new(failure) }))
            }
            outcome => self.put(index, outcome).map(|all| Ok(Listed::All(all))),
        };
        if let Some(outcome) = fires {
            self.over.set(true);
            let _ = self.resolver.fire(outcome); // another thread may have been first
        }
        kept
    }

    /// Puts a result to the others; gives them all, if it is the last.
    fn put(&self, index: usize, outcome: Outcome<T, E>) -> Option<Vec<Outcome<T, E>>> {
        let all = self.results.with(|results| {
            results.results[index] = Some(outcome);
            results.left -= 1;
            (results.left == 0).then(|| std::mem::take(&mut results.results))
        });
        all.map(|all| all.into_iter().flatten().collect())
    }
}

/// Cancels the members, as often as it is called; firing the list is theirs.
pub(super) struct All(pub(super) Vec<WeakHandle>);

impl Cancelling for All {
    fn cancel(self: Box<Self>, _: &CoreRef) -> Option<Canceller> {
        self.0.iter().for_each(WeakHandle::cancel);
        Some(self)
    }
}

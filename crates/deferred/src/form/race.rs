//! The first of several that has a value.

use std::fmt::Display;

use crate::{AlreadyFired, Failure, Outcome};

use super::{
    core::CoreRef,
    deferred::Deferred,
    handle::WeakHandle,
    kind::{Bound, Lock, Ref},
    resolver::Resolver,
};

/// The first value of several, with its place. The others are cancelled before it fires, and what
/// they still come to is dropped.
///
/// If all fail, it fails with [`Failure::Group`]. Cancelling it cancels all; a member that does not
/// end with that, and would decide the race later, fails with [`Failure::AlreadyFired`]. It keeps no member:
/// whoever is to fire one does. A race of none only ends when it is cancelled.
///
/// ```
/// use ropewalk_deferred::{Deferred, State, race, success_result_of};
///
/// let (slow, _resolver) = Deferred::<&str, String>::pending();
/// let loser = slow.handle();
/// assert_eq!(success_result_of(race([slow, Deferred::succeed("quick")])), (1, "quick"));
/// assert_eq!(loser.state(), State::Fired); // cancelled
/// ```
#[track_caller]
pub fn race<T, E>(members: impl IntoIterator<Item = Deferred<T, E>>) -> Deferred<(usize, T), E>
where
    T: Bound + 'static,
    E: Display + Bound + 'static,
{
    let members: Vec<_> = members.into_iter().collect();
    if members.is_empty() {
        return Deferred::never(None);
    }
    let weak: Ref<[WeakHandle]> = members.iter().map(Deferred::weak).collect();
    let all = Ref::clone(&weak);
    let canceller = move |_: &CoreRef| all.iter().for_each(WeakHandle::cancel);
    let (first, resolver) = Deferred::unfired(Some(Box::new(canceller)));
    let failures = members.iter().map(|_| None).collect();
    let running = Running { failures, left: members.len() };
    let race = Ref::new(Race { resolver, members: weak, running: Lock::new(Some(running)) });
    for (index, member) in members.into_iter().enumerate() {
        let race = Ref::clone(&race);
        // Kept by whoever is to fire it.
        drop(member.add_both(move |outcome| race.came(index, outcome)));
    }
    first
}

struct Race<T, E> {
    resolver: Resolver<(usize, T), E>,
    members: Ref<[WeakHandle]>,
    /// Until it is decided.
    running: Lock<Option<Running<E>>>,
}

struct Running<E> {
    failures: Vec<Option<Failure<E>>>,
    left: usize,
}

impl<T: Bound + 'static, E: Display + Bound + 'static> Race<T, E> {
    /// A member has a result; gives what the member goes on with.
    fn came(&self, index: usize, outcome: Outcome<T, E>) -> Outcome<(), E> {
        let outcome = match outcome {
            Ok(value) => {
                if self.running.with(Option::take).is_none() {
                    return Ok(());
                }
                let losers = self.members.iter().enumerate().filter(|(other, _)| *other != index);
                losers.for_each(|(_, member)| member.cancel());
                Ok((index, value))
            }
            Err(failure) => match self.failed(index, failure) {
                Some(failures) => Err(Failure::Group(failures)),
                None => return Ok(()),
            },
        };
        // Where the race was cancelled before, and this would have decided it, that is not passed over.
        self.resolver.fire(outcome).map_err(|AlreadyFired| Failure::AlreadyFired)
    }

    /// Puts a failure to the others; gives them all, if it is the last.
    fn failed(&self, index: usize, failure: Failure<E>) -> Option<Vec<Failure<E>>> {
        let all = self.running.with(|race| {
            let running = race.as_mut()?;
            running.failures[index] = Some(failure);
            running.left -= 1;
            if running.left == 0 { race.take() } else { None }
        });
        all.map(|all| all.failures.into_iter().flatten().collect())
    }
}

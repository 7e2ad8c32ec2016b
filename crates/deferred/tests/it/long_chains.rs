//! Chains of a million, on a small stack.

use super::{Number, form::success_result_of};

const LONG: u32 = 1_000_000;

/// Runs something on a stack of 64 KiB.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn a_million_functions_are_called() {
    on_a_small_stack(|| {
        let (mut deferred, resolver) = Number::pending();
        for _ in 0..LONG {
            deferred = deferred.add_callback(|value| Ok(value + 1));
        }
        resolver.succeed(0).unwrap();
        assert_eq!(success_result_of(deferred), LONG);
    });
}

#[test]
fn a_million_functions_are_dropped() {
    on_a_small_stack(|| {
        let (mut deferred, resolver) = Number::pending();
        for _ in 0..LONG {
            deferred = deferred.add_callback(|value| Ok(value + 1));
        }
        drop((deferred, resolver));
    });
}

/// Each waits for the one made before it.
fn waiting() -> (Number, super::form::Resolver<u32, String>) {
    let (mut deferred, resolver) = Number::pending();
    for _ in 0..LONG {
        deferred = Number::succeed(0).add_callback(move |_| deferred);
    }
    (deferred, resolver)
}

#[test]
fn a_million_that_wait_for_each_other_go_on() {
    on_a_small_stack(|| {
        let (deferred, resolver) = waiting();
        resolver.succeed(7).unwrap();
        assert_eq!(success_result_of(deferred), 7);
    });
}

#[test]
fn a_million_that_wait_for_each_other_are_dropped() {
    on_a_small_stack(|| {
        let (deferred, resolver) = waiting();
        drop(deferred);
        drop(resolver);
    });
}

#[test]
fn a_million_that_wait_for_each_other_are_cancelled() {
    on_a_small_stack(|| {
        let (deferred, _resolver) = waiting();
        deferred.cancel();
        assert!(deferred.try_take().unwrap().is_err());
    });
}

#[test]
fn a_million_that_go_on_waiting_for_another_one_go_on() {
    on_a_small_stack(|| {
        // The one that is waited for fires, and its function returns the next to be waited for.
        let slot = std::sync::Arc::new(std::sync::Mutex::new(None));
        let waits = |slot: &std::sync::Arc<std::sync::Mutex<Option<Number>>>| {
            let (deferred, resolver) = Number::pending();
            let slot = std::sync::Arc::clone(slot);
            (deferred.add_callback(move |_| slot.lock().unwrap().take().unwrap()), resolver)
        };
        let (outer, mut fires) = waits(&slot);
        for _ in 0..LONG {
            let (next, resolver) = waits(&slot);
            *slot.lock().unwrap() = Some(next);
            fires.succeed(0).unwrap();
            fires = resolver;
        }
        *slot.lock().unwrap() = Some(Number::succeed(3));
        fires.succeed(0).unwrap();
        assert_eq!(success_result_of(outer), 3);
    });
}

#[test]
fn a_million_of_which_each_holds_the_next_in_a_function_are_dropped() {
    on_a_small_stack(|| {
        let (mut deferred, mut keeps) = Number::pending();
        for _ in 0..LONG {
            let (next, resolver) = Number::pending();
            let held = (deferred, keeps);
            deferred = next.add_callback(move |_| held.0);
            keeps = resolver;
        }
        drop((deferred, keeps));
    });
}

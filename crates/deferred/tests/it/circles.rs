//! Deferreds that would wait for themselves.

use std::sync::{Arc, Mutex};

use ropewalk_deferred::Failure;

use super::{Number, form::State};

type Slot = Arc<Mutex<Option<Number>>>;

/// Attaches a function that returns what is in the slot.
fn returning(deferred: Number, slot: &Slot) -> Number {
    let slot = Arc::clone(slot);
    deferred.add_callback(move |_| slot.lock().unwrap().take().unwrap())
}

#[test]
fn one_that_returns_itself_fails() {
    let (deferred, resolver) = Number::pending();
    let (slot, handle) = (Slot::default(), deferred.handle());
    *slot.lock().unwrap() = Some(returning(deferred, &slot));
    resolver.succeed(1).unwrap();
    assert_eq!(handle.result::<u32, String>(), Some(Err(Failure::Circular)));
}

#[test]
fn the_one_that_would_close_a_circle_fails_and_so_do_those_that_wait_for_it() {
    let made: Vec<_> = (0..4).map(|_| (Number::pending(), Slot::default())).collect();
    let slots: Vec<Slot> = made.iter().map(|(_, slot)| Arc::clone(slot)).collect();
    let mut fire = Vec::new();
    let mut handles = Vec::new();
    for (index, ((deferred, resolver), slot)) in made.into_iter().enumerate() {
        handles.push(deferred.handle());
        *slot.lock().unwrap() = Some(returning(deferred, &slots[(index + 1) % 4]));
        fire.push(resolver);
    }
    for resolver in &fire {
        resolver.succeed(0).unwrap();
    }
    assert!(handles.iter().all(|handle| handle.state() == State::Fired), "{handles:?}");
    // The last one failed, and the failure went all the way to the first.
    assert_eq!(handles[0].result::<u32, String>(), Some(Err(Failure::Circular)));
    assert!(handles[1..].iter().all(|handle| handle.result::<u32, String>().is_none()));
    handles.iter().for_each(super::form::Handle::cancel); // comes to an end
}

#[test]
fn abandoning_breaks_a_circle_of_references() {
    let kept = Arc::new(());
    let held = Arc::clone(&kept);
    let (deferred, resolver) = Number::pending();
    let handle = deferred.handle();
    let own = resolver.clone();
    drop(deferred.add_callback(move |_| {
        let _held = (held, own); // its own resolver: nobody would ever let go of it
        Ok(0)
    }));
    drop(resolver);
    assert_eq!(Arc::strong_count(&kept), 2);
    handle.abandon();
    assert_eq!(Arc::strong_count(&kept), 1);
}

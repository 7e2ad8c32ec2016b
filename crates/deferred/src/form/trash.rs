//! Letting go of functions that were not called, however deep one is inside the other.

use std::cell::RefCell;

use super::step::Steps;

thread_local! {
    /// What is still to be dropped, while something is being dropped on this thread.
    static HEAP: RefCell<Option<Vec<Steps>>> = const { RefCell::new(None) };
}

/// Drops functions. One may hold a Deferred, with functions that hold a Deferred in turn, and so
/// on: whatever comes up while one is dropped is dropped after it, not inside.
pub(super) fn throw(steps: Steps) {
    let mut left = Some(steps);
    let begun = HEAP.try_with(|heap| {
        let mut heap = heap.borrow_mut();
        let begins = heap.is_none();
        heap.get_or_insert_default().extend(left.take());
        begins
    });
    match begun {
        Ok(true) => empty(),
        Ok(false) => {}
        Err(_) => drop_here(left), // the thread is at its end
    }
}

fn empty() {
    let _over = Over;
    loop {
        let next = HEAP.with(|heap| heap.borrow_mut().as_mut().and_then(Vec::pop));
        if next.is_none() {
            return;
        }
        drop_here(next);
    }
}

fn drop_here(steps: Option<Steps>) {
    if let Some(mut steps) = steps {
        while steps.pop().is_some() {}
    }
}

/// Nothing is being dropped any more; what a panic kept from being dropped is, now.
struct Over;

impl Drop for Over {
    fn drop(&mut self) {
        let rest = HEAP.with(|heap| heap.borrow_mut().take());
        rest.into_iter().flatten().for_each(|steps| drop_here(Some(steps)));
    }
}

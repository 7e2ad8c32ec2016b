//! Failures that nobody handled, and the debug mode.

use std::{
    fmt::Display,
    panic::Location,
    sync::atomic::{AtomicBool, Ordering},
};

static DEBUGGING: AtomicBool = AtomicBool::new(false);

/// From now on each Deferred notes also where it is fired: for the reports of failures that nobody
/// handled, and for a debug event of `tracing` when it is fired a second time.
///
/// ```
/// ropewalk_deferred::set_debugging(true);
/// ```
pub fn set_debugging(on: bool) {
    DEBUGGING.store(on, Ordering::Relaxed);
}

/// `at`, where it is to be noted.
#[inline]
pub(crate) fn noted(at: &'static Location<'static>) -> Option<&'static Location<'static>> {
    DEBUGGING.load(Ordering::Relaxed).then_some(at)
}

pub(crate) fn unhandled(
    address: usize,
    failure: &dyn Display,
    made_at: &Location<'_>,
    fired_at: Option<&Location<'_>>,
) {
    let fired_at = fired_at.map(ToString::to_string);
    tracing::error!(
        deferred = address,
        %failure,
        %made_at,
        fired_at,
        "a failure was not handled"
    );
}

/// It was fired again.
pub(crate) fn too_late(
    address: usize,
    made_at: &Location<'_>,
    fired_at: Option<&Location<'_>>,
    at: &Location<'_>,
) {
    let fired_at = fired_at.map(ToString::to_string);
    tracing::debug!(deferred = address, %made_at, fired_at, %at, "fired a second time");
}

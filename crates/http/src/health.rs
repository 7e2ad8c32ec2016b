//! Whether a program is well.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{Answer, Handler, Request, Response};

/// A [`Handler`] that says whether a program is well: 200 with `ok`, or 503 with `not ready`. Clones
/// are the same.
///
/// ```
/// use ropewalk_http::Health;
///
/// let health = Health::new();
/// health.set_ready(false); // while it starts, or when it is going to stop
/// assert!(!health.is_ready());
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    ready: Arc<AtomicBool>,
}

impl Health {
    /// One that is well.
    #[must_use]
    pub fn new() -> Self {
        Self { ready: Arc::new(AtomicBool::new(true)) }
    }

    /// Says from now on that it is well, or not.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// What it says.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for Health {
    fn handle(&self, _: Request) -> Answer {
        let (status, text) = if self.is_ready() { (200, "ok\n") } else { (503, "not ready\n") };
        Response::text(status, text).header("Cache-Control", "no-store").into()
    }
}

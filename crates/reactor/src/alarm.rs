//! The deadline of something that runs as a future.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use ropewalk_clock::Clock;

/// Wakes a future at a deadline that moves; set lazily, only when the deadline is earlier than the
/// one that is set.
pub(crate) struct Alarm<C> {
    pub(crate) clock: C,
    armed: Option<(Instant, Sleep)>,
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<C: Clock> Alarm<C> {
    pub(crate) fn new(clock: C) -> Self {
        Self { clock, armed: None }
    }

    /// Whether an alarm has gone off: then look at the time, and arm again.
    pub(crate) fn arm(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(at) = deadline
            && self.armed.as_ref().is_none_or(|(armed, _)| at < *armed)
        {
            self.armed = Some((at, Box::pin(self.clock.sleep_until(at))));
        }
        let Some((_, sleep)) = &mut self.armed else { return Poll::Pending };
        let rang = sleep.as_mut().poll(cx);
        if rang.is_ready() {
            self.armed = None;
        }
        rang
    }
}

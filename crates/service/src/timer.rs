//! Something that is done again and again.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use ropewalk_clock::Clock;
use ropewalk_protocol::Reactor;

use crate::{Service, ServiceError, Stopping, background::Background};

/// Calls a function every so often while it runs, the first time at once.
///
/// The calls stay on the grid that the start began: one that takes longer than the interval skips
/// what it missed, and two never run at the same time. Stopping waits for the call under way.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_protocol::Reactor;
/// use ropewalk_service::Timer;
///
/// fn heartbeat<R: Reactor>(reactor: &R) -> Timer<R, impl FnMut() -> std::future::Ready<()>> {
///     Timer::new(reactor, Duration::from_secs(30), || {
///         println!("still here");
///         std::future::ready(())
///     })
/// }
/// # let _ = heartbeat::<ropewalk_reactor::PollReactor>;
/// ```
pub struct Timer<R, F> {
    reactor: R,
    interval: Duration,
    /// Locked to make a call's future.
    call: Arc<Mutex<F>>,
    running: Option<Background>,
}

impl<R, F, W> Timer<R, F>
where
    R: Reactor,
    F: FnMut() -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    /// A timer that does not run yet.
    ///
    /// # Panics
    /// When `interval` is zero.
    pub fn new(reactor: &R, interval: Duration, call: F) -> Self {
        assert!(!interval.is_zero(), "a timer needs an interval");
        let (reactor, call) = (reactor.clone(), Arc::new(Mutex::new(call)));
        Self { reactor, interval, call, running: None }
    }
}

impl<R, F, W> Service for Timer<R, F>
where
    R: Reactor,
    F: FnMut() -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    fn start(&mut self) -> Result<(), ServiceError> {
        let (clock, interval, call) = (self.reactor.clock(), self.interval, Arc::clone(&self.call));
        let work = |mut told| async move {
            let mut due = clock.now();
            loop {
                let calling = (call.lock().unwrap_or_else(PoisonError::into_inner))();
                calling.await;
                due = next(due, interval, clock.now());
                let sleep = pin!(clock.sleep_until(due));
                if let Either::Left(_) = select(&mut told, sleep).await {
                    break;
                }
            }
        };
        self.running = Some(Background::start(&self.reactor, work));
        Ok(())
    }

    fn stop(&mut self) -> Stopping<'_> {
        let running = self.running.take();
        Box::pin(async {
            if let Some(running) = running {
                running.stop().await;
            }
        })
    }
}

/// The first time on the grid after `now`.
fn next(
    due: std::time::Instant,
    interval: Duration,
    now: std::time::Instant,
) -> std::time::Instant {
    let late = now.saturating_duration_since(due);
    let missed = late.as_nanos() / interval.as_nanos().max(1);
    let skipped = u32::try_from(missed).unwrap_or(u32::MAX - 1);
    due + interval * (skipped + 1)
}

impl<R, F> std::fmt::Debug for Timer<R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timer").field("interval", &self.interval).finish_non_exhaustive()
    }
}

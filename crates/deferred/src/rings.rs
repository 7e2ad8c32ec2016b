//! A clock's alarm, as a future.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Instant,
};

use ropewalk_clock::{Alarm, Clock};

/// Completes when the clock's alarm rings: for a time that has come already, when the clock moves
/// next, not when it is first asked.
pub(crate) struct Rings<C> {
    clock: C,
    at: Instant,
    set: Option<(Arc<Bell>, Alarm)>,
}

struct Bell {
    rung: AtomicBool,
    /// Locked to change it.
    waker: Mutex<Waker>,
}

impl<C: Clock> Rings<C> {
    pub(crate) fn new(clock: &C, at: Instant) -> Self {
        Self { clock: clock.clone(), at, set: None }
    }
}

/// Nothing in it is pinned.
impl<C> Unpin for Rings<C> {}

impl<C: Clock> Future for Rings<C> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((bell, _)) = &self.set {
            if bell.rung.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            bell.waker.lock().unwrap_or_else(PoisonError::into_inner).clone_from(cx.waker());
            return Poll::Pending;
        }
        let waker = Mutex::new(cx.waker().clone());
        let bell = Arc::new(Bell { rung: AtomicBool::new(false), waker });
        let alarm = self.clock.wake_at(self.at, Waker::from(Arc::clone(&bell)));
        self.set = Some((bell, alarm));
        Poll::Pending
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        waker.wake();
    }
}

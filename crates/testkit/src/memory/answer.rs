//! One value from where it is made to where it is awaited.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

struct Slot<T> {
    value: Option<T>,
    /// The teller is gone.
    over: bool,
    waker: Option<Waker>,
}

pub(super) struct Teller<T>(Arc<Mutex<Slot<T>>>);
pub(super) struct Asker<T>(Arc<Mutex<Slot<T>>>);

pub(super) fn answer<T>() -> (Teller<T>, Asker<T>) {
    let slot = Arc::new(Mutex::new(Slot { value: None, over: false, waker: None }));
    (Teller(Arc::clone(&slot)), Asker(slot))
}

impl<T> Teller<T> {
    pub(super) fn tell(self, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).value = Some(value);
    }

    /// Whether nobody waits any more.
    pub(super) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.over = true;
        let waker = slot.waker.take();
        drop(slot);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Gives `None` when the teller went without telling.
impl<T> Future for Asker<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.over {
            return Poll::Ready(slot.value.take());
        }
        slot.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

//! Watched descriptors, each as one task.

use std::{
    future::Future,
    io,
    os::fd::OwnedFd,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use async_io::Async;
use atomic_waker::AtomicWaker;

use ropewalk_protocol::{Interest, Reactor, Ready, Roll, Watch, WatchFd};

use super::{AsyncIoReactor, lock};

impl WatchFd for AsyncIoReactor {
    fn watch(
        &self,
        fd: impl Into<Arc<OwnedFd>>,
        interest: Interest,
        ready: impl FnMut(Ready) + Send + 'static,
    ) -> io::Result<Watch> {
        let watched = Arc::new((Mutex::new(Some(interest)), AtomicWaker::new()));
        let task =
            Watching { fd: Async::new_nonblocking(fd.into())?, ready, watched: watched.clone() };
        self.spawn(task);
        Ok(Watch::new(move |interest| {
            *lock(&watched.0) = interest;
            watched.1.wake();
        }))
    }

    fn roll(&self) -> &Roll {
        &self.shared.roll
    }
}

/// A watched descriptor as a task; ends when it is stopped.
struct Watching<R> {
    fd: Async<Arc<OwnedFd>>,
    ready: R,
    /// What to wait for; `None` ends it.
    watched: Arc<(Mutex<Option<Interest>>, AtomicWaker)>,
}

impl<R: FnMut(Ready)> Future for Watching<R>
where
    Self: Unpin,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.watched.1.register(cx.waker());
        let Some(interest) = *lock(&this.watched.0) else { return Poll::Ready(()) };
        let readable = interest.readable && this.fd.poll_readable(cx).is_ready();
        let writable = interest.writable && this.fd.poll_writable(cx).is_ready();
        if readable || writable {
            (this.ready)(Ready { readable, writable });
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl<R> Unpin for Watching<R> {}

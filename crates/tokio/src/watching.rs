//! Watched descriptors, each as one task.

use std::{
    future::Future,
    io,
    os::fd::{AsFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use atomic_waker::AtomicWaker;
use ropewalk_protocol::{Interest, Reactor, Ready, Roll, Watch, WatchFd};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::io::{Interest as Both, unix::AsyncFd};

use crate::TokioReactor;

impl WatchFd for TokioReactor {
    fn watch(
        &self,
        fd: impl Into<Arc<OwnedFd>>,
        interest: Interest,
        ready: impl FnMut(Ready) + Send + 'static,
    ) -> io::Result<Watch> {
        let entered = self.inner.handle.enter();
        let fd = registered(fd.into())?;
        drop(entered);
        let wanted = Arc::new(Wanted { interest: Mutex::new(Some(interest)), ..Wanted::default() });
        self.spawn(Watching { fd, ready, wanted: Arc::clone(&wanted) });
        Ok(Watch::new(move |interest| {
            *wanted.interest.lock().unwrap_or_else(PoisonError::into_inner) = interest;
            wanted.changed.wake();
        }))
    }

    fn roll(&self) -> &Roll {
        &self.inner.roll
    }
}

/// To be called inside the runtime.
#[expect(deprecated, reason = "asks for I/O safety, and an owned descriptor keeps its number")]
fn registered(fd: Arc<OwnedFd>) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    AsyncFd::with_interest(fd, Both::READABLE | Both::WRITABLE)
}

#[derive(Default)]
struct Wanted {
    /// What to wait for; `None` ends it. The lock is held for a look or a change.
    interest: Mutex<Option<Interest>>,
    changed: AtomicWaker,
}

/// Ends when it is stopped.
struct Watching<R> {
    fd: AsyncFd<Arc<OwnedFd>>,
    ready: R,
    wanted: Arc<Wanted>,
}

impl<R> Watching<R> {
    /// What is ready. The runtime hears of changes only, and of an error only together with another
    /// change, while whoever watches is told for as long as it is so: hence the question to the
    /// system, and the runtime only says when to ask again.
    fn look(&self, cx: &mut Context<'_>, interest: Interest) -> io::Result<Ready> {
        let ready = self.ask(interest)?;
        if ready != NOTHING || interest == Interest::NONE {
            return Ok(ready);
        }
        while let Poll::Ready(guard) = self.fd.poll_read_ready(cx) {
            guard?.clear_ready();
        }
        while let Poll::Ready(guard) = self.fd.poll_write_ready(cx) {
            guard?.clear_ready();
        }
        self.ask(interest) // it may have become ready before that was cleared
    }

    fn ask(&self, interest: Interest) -> io::Result<Ready> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, interest.readable);
        flags.set(PollFlags::OUT, interest.writable);
        let mut fds = [PollFd::from_borrowed_fd(self.fd.get_ref().as_fd(), flags)];
        match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let found = fds[0].revents();
        let broken = found.intersects(PollFlags::ERR | PollFlags::HUP);
        Ok(Ready {
            readable: interest.readable && (broken || found.contains(PollFlags::IN)),
            writable: interest.writable && (broken || found.contains(PollFlags::OUT)),
        })
    }
}

const NOTHING: Ready = Ready { readable: false, writable: false };

impl<R> Unpin for Watching<R> {}

impl<R: FnMut(Ready)> Future for Watching<R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.wanted.changed.register(cx.waker());
        let interest = *this.wanted.interest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(interest) = interest else { return Poll::Ready(()) };
        let ready = match this.look(cx, interest) {
            Ok(ready) => ready,
            Err(error) => {
                tracing::error!(%error, "cannot watch a descriptor");
                return Poll::Ready(());
            }
        };
        if ready.readable || ready.writable {
            if catch_unwind(AssertUnwindSafe(|| (this.ready)(ready))).is_err() {
                tracing::error!("what watches a descriptor panicked; it is watched no more");
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

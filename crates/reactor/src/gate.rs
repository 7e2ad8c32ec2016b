//! A descriptor that a future reads and writes, and waits for by a reactor's watch.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

use atomic_waker::AtomicWaker;
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};

use ropewalk_protocol::{Interest, Ready, Watch, WatchFd};

const READ: u8 = 1;
const WRITE: u8 = 2;

/// A descriptor that a future waits for: it asks what is [`ready`](Self::ready), does that, and
/// says what it [`want`](Self::want)s next.
///
/// The future runs before the reactor waits again, so the interest changes only when what is wanted
/// does: steady reading costs no call but the read.
pub(crate) struct Gate {
    fd: Arc<OwnedFd>,
    /// None for what the system does not watch, since it is always ready.
    watch: Option<Watch>,
    shared: Arc<Shared>,
    wanted: Interest,
    restore: Option<OFlags>,
    /// The writing end of a pipe: it is never readable, so being so means that nobody reads.
    one_way: bool,
}

#[derive(Default)]
struct Shared {
    ready: AtomicU8,
    waker: AtomicWaker,
}

impl Gate {
    /// Watches `fd`, which nothing is wanted of yet. One that blocks is made non-blocking until
    /// this is dropped.
    pub(crate) fn new(reactor: &impl WatchFd, fd: OwnedFd) -> io::Result<Self> {
        if !is_watchable(&fd)? {
            return Ok(Self::unwatched(fd));
        }
        let restore = unblock(&fd)?;
        let mut gate = Self::unwatched(fd);
        gate.restore = restore;
        gate.watch = Some(gate.begin(reactor)?);
        Ok(gate)
    }

    /// The same for one that is known to be watchable and non-blocking.
    pub(crate) fn watched(reactor: &impl WatchFd, fd: OwnedFd) -> io::Result<Self> {
        let mut gate = Self::unwatched(fd);
        gate.watch = Some(gate.begin(reactor)?);
        Ok(gate)
    }

    fn unwatched(fd: OwnedFd) -> Self {
        let (fd, shared) = (Arc::new(fd), Arc::default());
        let one_way = is_writing_end(&fd);
        Self { fd, watch: None, shared, wanted: Interest::NONE, restore: None, one_way }
    }

    fn begin(&self, reactor: &impl WatchFd) -> io::Result<Watch> {
        let tells = Arc::clone(&self.shared);
        reactor.watch(Arc::clone(&self.fd), Interest::NONE, move |ready| tells.tell(ready))
    }

    /// What has become ready since this was asked last; `waker` hears of the rest.
    pub(crate) fn ready(&self, waker: &Waker) -> Ready {
        self.shared.waker.register(waker);
        if self.watch.is_none() {
            return Ready { readable: true, writable: true };
        }
        let bits = self.shared.ready.swap(0, Ordering::Acquire);
        Ready { readable: bits & READ != 0, writable: bits & WRITE != 0 }
    }

    /// What to wait for from now on.
    pub(crate) fn want(&mut self, interest: Interest) {
        if self.wanted == interest {
            return;
        }
        self.wanted = interest;
        match &self.watch {
            Some(watch) => watch.set_interest(interest),
            None if interest != Interest::NONE => self.shared.waker.wake(),
            None => {}
        }
    }

    /// Whether to wait for the reader of this pipe to go, as for something to read.
    pub(crate) fn tells_when_nobody_reads(&self) -> bool {
        self.one_way && self.watch.is_some()
    }

    /// Whether it never needs to be waited for, such as a file.
    pub(crate) fn is_always_ready(&self) -> bool {
        self.watch.is_none()
    }
}

impl AsFd for Gate {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Shared {
    fn tell(&self, ready: Ready) {
        let mut bits = 0;
        if ready.readable {
            bits |= READ;
        }
        if ready.writable {
            bits |= WRITE;
        }
        if self.ready.fetch_or(bits, Ordering::AcqRel) & bits != bits {
            self.waker.wake();
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(flags) = self.restore {
            // It may be gone with its terminal.
            let _ = fcntl_setfl(&self.fd, flags);
        }
        if let Some(watch) = &self.watch {
            watch.stop();
        }
    }
}

/// Makes it non-blocking; gives the flags to restore if it was not.
fn unblock(fd: &OwnedFd) -> io::Result<Option<OFlags>> {
    let flags = fcntl_getfl(fd)?;
    if flags.contains(OFlags::NONBLOCK) {
        return Ok(None);
    }
    fcntl_setfl(fd, flags | OFlags::NONBLOCK)?;
    Ok(Some(flags))
}

/// Nobody reads what is written here any more.
pub(crate) fn nobody_reads() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads the other end of the pipe")
}

fn is_writing_end(fd: &OwnedFd) -> bool {
    let is_pipe =
        fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
    let writes = |flags: OFlags| flags & OFlags::ACCMODE == OFlags::WRONLY;
    is_pipe && fcntl_getfl(fd).is_ok_and(writes)
}

/// Whether the system's poller takes it: no files and folders, no `/dev/null`.
fn is_watchable(fd: &OwnedFd) -> io::Result<bool> {
    match FileType::from_raw_mode(fstat(fd)?.st_mode) {
        FileType::RegularFile | FileType::Directory | FileType::BlockDevice => Ok(false),
        FileType::CharacterDevice => is_taken_by_epoll(fd),
        _ => Ok(true),
    }
}

#[cfg(target_os = "linux")]
fn is_taken_by_epoll(fd: &OwnedFd) -> io::Result<bool> {
    use rustix::{event::epoll, io::Errno};
    let probe = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    match epoll::add(&probe, fd, epoll::EventData::new_u64(0), epoll::EventFlags::empty()) {
        Err(Errno::PERM) => Ok(false),
        added => Ok(added.map(|()| true)?),
    }
}

#[cfg(not(target_os = "linux"))]
fn is_taken_by_epoll(_: &OwnedFd) -> io::Result<bool> {
    Ok(true)
}

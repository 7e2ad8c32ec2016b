//! The system's poller.
//!
//! On Linux this is epoll, bare: the `polling` crate makes four more system calls for every wait
//! (its timer, its notifier), which is a fifth of the cost of an echoed message when few
//! connections are ready at once. Elsewhere it is `polling`; `--cfg ropewalk_polling` uses that on
//! Linux too.

#![cfg_attr(ropewalk_polling, allow(unsafe_code))]
#![cfg_attr(not(target_os = "linux"), allow(unsafe_code))]

#[cfg(all(target_os = "linux", not(ropewalk_polling)))]
pub(crate) use self::epoll::Poller;
#[cfg(not(all(target_os = "linux", not(ropewalk_polling))))]
pub(crate) use self::portable::Poller;

/// What to wait for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// What a wait found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) key: u64,
    pub(crate) read: bool,
    pub(crate) write: bool,
    /// Both directions are closed, or there is an error: reported also when nothing is wanted.
    pub(crate) hung_up: bool,
}

#[cfg(all(target_os = "linux", not(ropewalk_polling)))]
mod epoll {
    use std::{
        io,
        os::fd::{AsFd, OwnedFd},
        time::Duration,
    };

    use rustix::{
        buffer::spare_capacity,
        event::{EventfdFlags, Timespec, epoll, eventfd},
        io::Errno,
    };

    use super::{Found, Wanted};

    const NOTIFY: u64 = u64::MAX;

    /// Waits for many descriptors at once, level-triggered.
    pub(crate) struct Poller {
        epoll: OwnedFd,
        wake: OwnedFd,
    }

    /// Where a wait puts what it found.
    #[derive(Default)]
    pub(crate) struct Events {
        list: Vec<epoll::Event>,
    }

    impl Poller {
        pub(crate) fn new() -> io::Result<Self> {
            let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
            let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            // Edge-triggered and never read: each write is one event.
            let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&epoll, &wake, epoll::EventData::new_u64(NOTIFY), flags)?;
            Ok(Self { epoll, wake })
        }

        pub(crate) fn add(&self, fd: impl AsFd, key: u64, wanted: Wanted) -> io::Result<()> {
            let data = epoll::EventData::new_u64(key);
            Ok(epoll::add(&self.epoll, fd, data, flags(wanted))?)
        }

        pub(crate) fn change(&self, fd: impl AsFd, key: u64, wanted: Wanted) -> io::Result<()> {
            let data = epoll::EventData::new_u64(key);
            Ok(epoll::modify(&self.epoll, fd, data, flags(wanted))?)
        }

        pub(crate) fn remove(&self, fd: impl AsFd) -> io::Result<()> {
            Ok(epoll::delete(&self.epoll, fd)?)
        }

        pub(crate) fn wait(
            &self,
            events: &mut Events,
            timeout: Option<Duration>,
            found: &mut Vec<Found>,
        ) -> io::Result<()> {
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            events.list.clear();
            events.list.reserve(1024);
            match epoll::wait(&self.epoll, spare_capacity(&mut events.list), timeout.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events.list {
                let (key, flags) = (event.data.u64(), event.flags);
                if key == NOTIFY {
                    continue;
                }
                let hung_up = flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR);
                let read = flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::RDHUP);
                let write = flags.contains(epoll::EventFlags::OUT);
                found.push(Found { key, read: read || hung_up, write: write || hung_up, hung_up });
            }
            Ok(())
        }

        pub(crate) fn notify(&self) {
            // It can only fail when 2^64 - 2 wake-ups wait, and then one is certain.
            let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
        }
    }

    fn flags(wanted: Wanted) -> epoll::EventFlags {
        let mut flags = epoll::EventFlags::empty();
        flags.set(epoll::EventFlags::IN, wanted.read);
        flags.set(epoll::EventFlags::OUT, wanted.write);
        flags
    }
}

#[cfg(not(all(target_os = "linux", not(ropewalk_polling))))]
mod portable {
    use std::{
        io,
        os::fd::{AsFd, AsRawFd},
        time::Duration,
    };

    use polling::{Event, PollMode};

    use super::{Found, Wanted};

    /// Waits for many descriptors at once, level-triggered.
    pub(crate) struct Poller {
        inner: polling::Poller,
    }

    /// Where a wait puts what it found.
    #[derive(Default)]
    pub(crate) struct Events {
        list: polling::Events,
    }

    impl Poller {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self { inner: polling::Poller::new()? })
        }

        pub(crate) fn add(&self, fd: impl AsFd, key: u64, wanted: Wanted) -> io::Result<()> {
            let fd = fd.as_fd().as_raw_fd();
            // SAFETY: every entry removes its descriptor here before it closes it.
            unsafe { self.inner.add_with_mode(fd, event(key, wanted), PollMode::Level) }
        }

        pub(crate) fn change(&self, fd: impl AsFd, key: u64, wanted: Wanted) -> io::Result<()> {
            self.inner.modify_with_mode(fd.as_fd(), event(key, wanted), PollMode::Level)
        }

        pub(crate) fn remove(&self, fd: impl AsFd) -> io::Result<()> {
            self.inner.delete(fd.as_fd())
        }

        pub(crate) fn wait(
            &self,
            events: &mut Events,
            timeout: Option<Duration>,
            found: &mut Vec<Found>,
        ) -> io::Result<()> {
            events.list.clear();
            match self.inner.wait(&mut events.list, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in events.list.iter() {
                let hung_up = event.is_interrupt() || event.is_err() == Some(true);
                let (read, write) = (event.readable || hung_up, event.writable || hung_up);
                found.push(Found { key: event.key as u64, read, write, hung_up });
            }
            Ok(())
        }

        pub(crate) fn notify(&self) {
            // It fails only when the poller's own descriptor is gone, and with it the reactor.
            let _ = self.inner.notify();
        }
    }

    fn event(key: u64, wanted: Wanted) -> Event {
        // Keys are indices with a generation above them: 64 bits on every system we run on.
        Event::new(key as usize, wanted.read, wanted.write)
    }
}

#[cfg(all(target_os = "linux", not(ropewalk_polling)))]
pub(crate) use self::epoll::Events;
#[cfg(not(all(target_os = "linux", not(ropewalk_polling))))]
pub(crate) use self::portable::Events;

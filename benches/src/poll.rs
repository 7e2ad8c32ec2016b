//! epoll, level-triggered, with as little around it as can be.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// An epoll instance and the events of its last wait.
pub struct Poll {
    epoll: OwnedFd,
    events: Vec<Event>,
}

/// What to wait for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Bytes to read.
    Read,
    /// Room to write.
    Write,
    /// Either.
    Both,
}

impl Poll {
    /// Makes one.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, events: Vec::with_capacity(1024) })
    }

    /// Begins to watch a descriptor under this number.
    pub fn add(&self, descriptor: impl AsFd, key: usize, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, descriptor, EventData::new_u64(key as u64), interest.flags())?)
    }

    /// Changes what is waited for.
    pub fn set(&self, descriptor: impl AsFd, key: usize, interest: Interest) -> io::Result<()> {
        let key = EventData::new_u64(key as u64);
        Ok(epoll::modify(&self.epoll, descriptor, key, interest.flags())?)
    }

    /// Waits for events and puts the numbers of the ready descriptors into `ready`.
    pub fn wait(&mut self, ready: &mut Vec<usize>) -> io::Result<()> {
        self.wait_at_most(ready, None)
    }

    /// The same for a client: a server that says nothing for two minutes is an error.
    pub fn wait_for_server(&mut self, ready: &mut Vec<usize>) -> io::Result<()> {
        self.wait_at_most(ready, Some(&Timespec { tv_sec: 120, tv_nsec: 0 }))?;
        if ready.is_empty() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn wait_at_most(&mut self, ready: &mut Vec<usize>, time: Option<&Timespec>) -> io::Result<()> {
        ready.clear();
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), time) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        ready.extend(self.events.iter().map(|event| event.data.u64() as usize));
        Ok(())
    }
}

impl Interest {
    fn flags(self) -> EventFlags {
        match self {
            Self::Read => EventFlags::IN,
            Self::Write => EventFlags::OUT,
            Self::Both => EventFlags::IN | EventFlags::OUT,
        }
    }
}

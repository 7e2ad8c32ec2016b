//! Hearing that a child has ended: by a descriptor of it, or by SIGCHLD where there is none.

use std::{
    io::{self, Read},
    os::{fd::AsFd, unix::net::UnixStream},
    task::Waker,
};

use signal_hook::{SigId, consts::SIGCHLD, low_level};

use ropewalk_protocol::{Interest, WatchFd};

use crate::{gate::Gate, socket};

/// What tells that a child may have ended.
pub(super) enum Exit {
    /// A process descriptor: readable when it has.
    Descriptor(Gate),
    /// A byte for each SIGCHLD of the process, whichever child it was.
    Signal { gate: Gate, hears: UnixStream, _registered: Registered },
}

/// A way to hear of signals, made before the child can end.
pub(super) struct Waits {
    hears: UnixStream,
    registered: Registered,
}

pub(super) struct Registered(SigId);

impl Drop for Registered {
    fn drop(&mut self) {
        low_level::unregister(self.0);
    }
}

/// Whether the system has process descriptors.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    descriptors: bool,
}

impl Exit {
    /// Prepares to hear of a child that is about to start.
    pub(super) fn prepare() -> io::Result<(Option<Waits>, Kind)> {
        let kind = match process_descriptor(std::process::id()) {
            Ok(_) => Kind { descriptors: true },
            // There are some, but not now; a system without them says something else.
            Err(error) if socket::exhausted(&error) => return Err(error),
            Err(_) => Kind { descriptors: false },
        };
        if kind.descriptors {
            return Ok((None, kind));
        }
        let (hears, tells) = UnixStream::pair()?;
        hears.set_nonblocking(true)?;
        tells.set_nonblocking(true)?;
        let registered = Registered(low_level::pipe::register(SIGCHLD, tells)?);
        Ok((Some(Waits { hears, registered }), kind))
    }

    /// Whether to look if the child has ended.
    pub(super) fn may_have_come(&mut self, waker: &Waker) -> bool {
        match self {
            Self::Descriptor(gate) => gate.ready(waker).readable,
            Self::Signal { gate, hears, .. } => {
                let told = gate.ready(waker).readable;
                if told {
                    // However many signals came: all children are looked at anyway.
                    let _ = hears.read(&mut [0; 256]);
                }
                told
            }
        }
    }

    /// It has ended: nothing more is waited for.
    pub(super) fn has_come(&mut self) {
        let (Self::Descriptor(gate) | Self::Signal { gate, .. }) = self;
        gate.want(Interest::NONE);
    }
}

impl Kind {
    pub(super) fn watch(
        self,
        reactor: &impl WatchFd,
        waits: Option<Waits>,
        pid: u32,
    ) -> io::Result<Exit> {
        let mut exit = match waits {
            None => Exit::Descriptor(Gate::watched(reactor, process_descriptor(pid)?)?),
            Some(Waits { hears, registered }) => {
                let fd = hears.as_fd().try_clone_to_owned()?;
                let gate = Gate::watched(reactor, fd)?;
                Exit::Signal { gate, hears, _registered: registered }
            }
        };
        let (Exit::Descriptor(gate) | Exit::Signal { gate, .. }) = &mut exit;
        gate.want(Interest::READABLE);
        Ok(exit)
    }
}

#[cfg(all(target_os = "linux", not(ropewalk_polling)))]
fn process_descriptor(pid: u32) -> io::Result<std::os::fd::OwnedFd> {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(pidfd_open(pid, PidfdFlags::NONBLOCK)?)
}

/// Elsewhere, and where a build asks for what is used elsewhere, SIGCHLD has to do.
#[cfg(not(all(target_os = "linux", not(ropewalk_polling))))]
fn process_descriptor(_: u32) -> io::Result<std::os::fd::OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

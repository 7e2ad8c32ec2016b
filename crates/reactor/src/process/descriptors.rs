//! Which descriptors a child gets, and the ends of them that stay here.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, ErrorKind},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
};

use ropewalk_protocol::{Way, WindowSize};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::{Descriptor, Our, between};
use crate::inherit::READY;

/// The highest number that one of a child's descriptors may have.
const HIGHEST: u32 = 255;

/// What passes sockets from systemd, or a predecessor, to this process alone.
const PASSED: [&str; 5] = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID", READY];

/// Everything that has to be open when the child starts.
pub(super) struct Plan {
    ours: Vec<Our>,
    /// From 3 on, for the time between fork and exec.
    further: Vec<(u32, OwnedFd)>,
    terminal: Option<OwnedFd>,
}

impl Plan {
    pub(super) fn new(
        command: &mut Command,
        descriptors: BTreeMap<u32, Descriptor>,
        terminal: Option<WindowSize>,
    ) -> io::Result<Self> {
        let mut plan = Self { ours: Vec::new(), further: Vec::new(), terminal: None };
        for stdio in [Command::stdin, Command::stdout, Command::stderr] {
            stdio(command, Stdio::null());
        }
        if let Some(size) = terminal {
            plan.open_terminal(command, size)?;
        }
        for (fd, descriptor) in descriptors {
            if fd > HIGHEST {
                let what = format!("a child's descriptor {fd} is above the limit of {HIGHEST}");
                return Err(io::Error::new(ErrorKind::InvalidInput, what));
            }
            if fd < 3 && plan.terminal.is_some() {
                continue;
            }
            plan.place(command, fd, descriptor)?;
        }
        Ok(plan)
    }

    fn place(&mut self, command: &mut Command, fd: u32, descriptor: Descriptor) -> io::Result<()> {
        let theirs = match descriptor {
            Descriptor::Inherit if fd < 3 => {
                stdio(command, fd, Stdio::inherit());
                return Ok(());
            }
            Descriptor::Inherit => {
                let what = format!("descriptor {fd} is inherited by giving it");
                return Err(io::Error::new(ErrorKind::InvalidInput, what));
            }
            Descriptor::Null => OpenOptions::new().read(true).write(true).open("/dev/null")?.into(),
            Descriptor::Given(given) => given.try_clone()?,
            Descriptor::In => {
                let (theirs, ours) = io::pipe()?;
                self.keep(fd, Way::In, ours.into())?;
                theirs.into()
            }
            Descriptor::Out => {
                let (ours, theirs) = io::pipe()?;
                self.keep(fd, Way::Out, ours.into())?;
                theirs.into()
            }
            Descriptor::Both => {
                let (ours, theirs) = UnixStream::pair()?;
                self.keep(fd, Way::Both, ours.into())?;
                theirs.into()
            }
        };
        if fd < 3 {
            stdio(command, fd, theirs.into());
        } else {
            self.further.push((fd, theirs));
        }
        Ok(())
    }

    fn open_terminal(&mut self, command: &mut Command, size: WindowSize) -> io::Result<()> {
        let (ours, theirs) = between::open_terminal(size)?;
        self.keep(0, Way::In, ours.try_clone()?)?;
        self.keep(1, Way::Out, ours)?;
        for fd in 0..3 {
            stdio(command, fd, theirs.try_clone()?.into());
        }
        self.terminal = Some(theirs);
        Ok(())
    }

    /// Keeps an end here, non-blocking for as long as it exists: nobody else has it.
    fn keep(&mut self, fd: u32, way: Way, end: OwnedFd) -> io::Result<()> {
        let flags = fcntl_getfl(&end)?;
        fcntl_setfl(&end, flags | OFlags::NONBLOCK)?;
        self.ours.push(Our { fd, way, end });
        Ok(())
    }

    /// Starts the child. Its ends are closed here when this returns.
    pub(super) fn start(self, mut command: Command) -> io::Result<(Child, Vec<Our>)> {
        let Self { ours, further, terminal } = self;
        let reserved = between::arrange(&mut command, further, terminal.is_some())?;
        let child = command.spawn()?;
        drop(reserved);
        Ok((child, ours))
    }
}

/// Keeps the sockets that were passed to this process from its children, unless a command passes
/// them on purpose.
pub(super) fn forget_passed_sockets(command: &mut Command) {
    for name in PASSED {
        if !command.get_envs().any(|(set, _)| set == name) {
            command.env_remove(name);
        }
    }
}

fn stdio(command: &mut Command, fd: u32, what: Stdio) {
    match fd {
        0 => command.stdin(what),
        1 => command.stdout(what),
        _ => command.stderr(what),
    };
}

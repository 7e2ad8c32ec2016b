//! What a child does between fork and exec, where only system calls may be made: it takes a
//! terminal as its own, and gives descriptors their numbers.

#![allow(unsafe_code)]

use std::{
    fs::File,
    io,
    mem::ManuallyDrop,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    process::Command,
};

use rustix::{
    fs::{Mode, OFlags},
    io::{dup2, fcntl_dupfd_cloexec},
    process::{ioctl_tiocsctty, setsid},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    stdio::stdin,
    termios::{Winsize, tcsetwinsize},
};

use ropewalk_protocol::WindowSize;

/// A new pseudo-terminal: the side that shows and types, and the side of the child.
pub(super) fn open_terminal(size: WindowSize) -> io::Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(&*name, flags, Mode::empty())?;
    resize(&ours, size)?;
    Ok((ours, theirs))
}

pub(super) fn resize(terminal: impl std::os::fd::AsFd, size: WindowSize) -> io::Result<()> {
    let WindowSize { rows, columns } = size;
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}

/// Makes the child of `command` take its standard input as its terminal, and `further` as its
/// descriptors of those numbers. What this gives is to be kept until the child has started.
pub(super) fn arrange(
    command: &mut Command,
    further: Vec<(u32, OwnedFd)>,
    is_on_terminal: bool,
) -> io::Result<Vec<OwnedFd>> {
    let Some(highest) = further.iter().map(|(number, _)| *number).max() else {
        if is_on_terminal {
            // SAFETY: what runs in the child makes two system calls and allocates nothing.
            unsafe { command.pre_exec(take_terminal) };
        }
        return Ok(Vec::new());
    };
    let highest = RawFd::try_from(highest).map_err(io::Error::other)?;
    let reserved = reserve(highest)?;
    // Out of the way of the numbers that they get, so that none takes the place of another.
    let further = further
        .into_iter()
        .map(|(number, fd)| Ok((number as RawFd, fcntl_dupfd_cloexec(fd, highest + 1)?)))
        .collect::<io::Result<Vec<_>>>()?;
    let run = move || {
        if is_on_terminal {
            take_terminal()?;
        }
        for (number, fd) in &further {
            give_number(fd, *number)?;
        }
        Ok(())
    };
    // SAFETY: what runs in the child makes system calls only and allocates nothing.
    unsafe { command.pre_exec(run) };
    Ok(reserved)
}

/// Occupies every free number up to `highest`, so that the pipe by which the child reports a failed
/// exec is above them and is not overwritten.
fn reserve(highest: RawFd) -> io::Result<Vec<OwnedFd>> {
    let null = OwnedFd::from(File::open("/dev/null")?);
    let mut reserved = Vec::new();
    loop {
        let fd = fcntl_dupfd_cloexec(&null, 3)?;
        if fd.as_raw_fd() > highest {
            return Ok(reserved);
        }
        reserved.push(fd);
    }
}

fn take_terminal() -> io::Result<()> {
    setsid()?;
    Ok(ioctl_tiocsctty(stdin())?)
}

/// Duplicates `fd` to that number, without close-on-exec.
fn give_number(fd: &OwnedFd, number: RawFd) -> io::Result<()> {
    // SAFETY: in the child, which owns all its descriptors; whatever had the number is replaced, and
    // it is not closed here.
    let mut place = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(number) });
    Ok(dup2(fd, &mut place)?)
}

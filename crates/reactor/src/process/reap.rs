//! A child that is never left a zombie.

use std::{
    io::{self, ErrorKind},
    process::{Child, ExitStatus},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustix::process::{Pid, kill_process};

use ropewalk_protocol::Signal;

use super::AtEnd;

/// A child until it is reaped. The lock is held to signal or to reap it, so that its number cannot
/// have gone to another process meanwhile.
#[derive(Debug)]
pub(super) struct Living {
    child: Mutex<Option<Child>>,
    pid: u32,
}

impl Living {
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn signal(&self, signal: Signal) -> io::Result<()> {
        let child = self.lock();
        let Some(child) = &*child else {
            return Err(io::Error::new(ErrorKind::NotFound, "the process has ended"));
        };
        Ok(kill_process(Pid::from_child(child), system_signal(signal)?)?)
    }

    /// Its status, once it has ended; then it is no more.
    pub(super) fn try_wait(&self) -> io::Result<Option<ExitStatus>> {
        let mut child = self.lock();
        let Some(running) = &mut *child else { return Ok(None) };
        let status = running.try_wait()?;
        if status.is_some() {
            *child = None;
        }
        Ok(status)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Child>> {
        // System calls do not panic.
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has to see to a child's end.
#[derive(Debug)]
pub(super) struct Reaped {
    living: Arc<Living>,
    at_end: AtEnd,
}

impl Reaped {
    pub(super) fn new(child: Child, at_end: AtEnd) -> Self {
        let pid = child.id();
        Self { living: Arc::new(Living { child: Mutex::new(Some(child)), pid }), at_end }
    }

    pub(super) fn pid(&self) -> u32 {
        self.living.pid
    }

    pub(super) fn handle(&self) -> Arc<Living> {
        Arc::clone(&self.living)
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        let Some(mut child) = self.living.lock().take() else { return };
        if self.at_end == AtEnd::Kill {
            // It may have ended just now; then waiting is all there is to do.
            let _ = child.kill();
        }
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        let pid = child.id();
        let waiting = std::thread::Builder::new().name("ropewalk-reaper".into()).spawn(move || {
            if let Err(error) = child.wait() {
                tracing::error!(pid, %error, "cannot wait for a child");
            }
        });
        if let Err(error) = waiting {
            tracing::error!(pid, %error, "no thread waits for a child, which stays a zombie");
        }
    }
}

fn system_signal(signal: Signal) -> io::Result<rustix::process::Signal> {
    use rustix::process::Signal as System;
    Ok(match signal {
        Signal::Hangup => System::HUP,
        Signal::Interrupt => System::INT,
        Signal::Quit => System::QUIT,
        Signal::Kill => System::KILL,
        Signal::Terminate => System::TERM,
        Signal::User1 => System::USR1,
        Signal::User2 => System::USR2,
        Signal::Stop => System::STOP,
        Signal::Continue => System::CONT,
        _ => return Err(ErrorKind::Unsupported.into()),
    })
}

//! SIGINT and SIGTERM, as bytes on a socket that a reactor can watch.

use std::{
    io::{self, Read},
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    SigId,
    consts::{SIGINT, SIGTERM},
    flag,
    low_level::{pipe, unregister},
};

use ropewalk_protocol::{Interest, WatchFd};

/// The signals' registration; while it lives they are written to the socket, afterwards they do
/// again what they do by default.
pub(crate) struct Signals {
    pipes: Vec<SigId>,
    default: Arc<AtomicBool>,
}

impl Signals {
    /// Calls `told` on the reactor for each of them.
    pub(crate) fn watch(
        reactor: &impl WatchFd,
        mut told: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let (signals, mut hears) = Self::listen()?;
        let watched = OwnedFd::from(hears.try_clone()?);
        reactor.watch(watched, Interest::READABLE, move |_| {
            let mut byte = [0; 1];
            if hears.read(&mut byte).is_ok_and(|count| count > 0) {
                tracing::info!("stopping: a signal came");
                told();
            }
        })?;
        Ok(signals)
    }

    /// Begins to listen; the socket gets one byte for each signal.
    fn listen() -> io::Result<(Self, UnixStream)> {
        let (hears, tells) = UnixStream::pair()?;
        hears.set_nonblocking(true)?;
        tells.set_nonblocking(true)?;
        let mut signals = Self { pipes: Vec::new(), default: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&signals.default))?;
            signals.pipes.push(pipe::register(signal, tells.try_clone()?)?);
        }
        Ok((signals, hears))
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for pipe in self.pipes.drain(..) {
            unregister(pipe);
        }
        self.default.store(true, Ordering::Relaxed);
    }
}

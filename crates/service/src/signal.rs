//! Signals that mean something to an application.

use std::{
    io::{self, Read},
    os::{fd::OwnedFd, unix::net::UnixStream},
};

use ropewalk_protocol::{Interest, Signal, Watch, WatchFd};
use signal_hook::{
    SigId,
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2},
    low_level::{pipe, unregister},
};

/// Calls `told` on the reactor whenever the signal has come, until the [`SignalWatch`] is dropped.
/// Signals that come close together may be one call. A reactor that listens for SIGINT and SIGTERM
/// goes on doing so.
///
/// # Errors
/// What the system answered.
///
/// ```
/// use std::io;
/// use ropewalk_protocol::{Signal, WatchFd};
/// use ropewalk_service::{SignalWatch, watch_signal};
///
/// fn report(reactor: &impl WatchFd) -> io::Result<SignalWatch> {
///     watch_signal(reactor, Signal::User1, || println!("still here"))
/// }
/// ```
pub fn watch_signal(
    reactor: &impl WatchFd,
    signal: Signal,
    mut told: impl FnMut() + Send + 'static,
) -> io::Result<SignalWatch> {
    let (mut hears, tells) = UnixStream::pair()?;
    hears.set_nonblocking(true)?;
    tells.set_nonblocking(true)?;
    let watched = OwnedFd::from(hears.try_clone()?);
    let watch = reactor.watch(watched, Interest::READABLE, move |_| {
        let mut bytes = [0; 64];
        if hears.read(&mut bytes).is_ok_and(|count| count > 0) {
            told();
        }
    })?;
    let number = match signal {
        Signal::Hangup => SIGHUP,
        Signal::Interrupt => SIGINT,
        Signal::Quit => SIGQUIT,
        Signal::Terminate => SIGTERM,
        Signal::User1 => SIGUSR1,
        Signal::User2 => SIGUSR2,
        Signal::Continue => SIGCONT,
        other => {
            let why = format!("nobody can watch for {other:?}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
    };
    let registered = pipe::register(number, tells).inspect_err(|_| watch.stop())?;
    Ok(SignalWatch { registered, watch })
}

/// A watched signal; dropping this ends that, and from then on the signal is ignored.
#[derive(Debug)]
pub struct SignalWatch {
    registered: SigId,
    watch: Watch,
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        unregister(self.registered);
        self.watch.stop();
    }
}

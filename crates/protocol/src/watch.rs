//! Watching descriptors: what everything that is not a stream is built on.

use std::{io, os::fd::OwnedFd, sync::Arc};

use crate::{Reactor, Roll};

/// A reactor that watches descriptors: the original's reader and writer sets.
///
/// ```
/// use std::{io::{self, Read}, os::{fd::OwnedFd, unix::net::UnixStream}};
/// use ropewalk_protocol::{Interest, Watch, WatchFd};
///
/// fn shout(reactor: &impl WatchFd, mut stream: UnixStream) -> io::Result<Watch> {
///     stream.set_nonblocking(true)?;
///     let watched = OwnedFd::from(stream.try_clone()?);
///     reactor.watch(watched, Interest::READABLE, move |_| {
///         let mut word = [0; 64];
///         if let Ok(count) = stream.read(&mut word) {
///             println!("{}", String::from_utf8_lossy(&word[..count]).to_uppercase());
///         }
///     })
/// }
/// ```
pub trait WatchFd: Reactor {
    /// Calls `ready` on the reactor whenever `fd` is ready for what `interest` names, for as long
    /// as it is (level-triggered), until the [`Watch`] is stopped.
    ///
    /// The descriptor is non-blocking already, and stays open until then; it may be shared.
    ///
    /// # Errors
    /// What the system answered when the descriptor cannot be watched. Some reactors know that
    /// only later, and log it.
    fn watch(
        &self,
        fd: impl Into<Arc<OwnedFd>>,
        interest: Interest,
        ready: impl FnMut(Ready) + Send + 'static,
    ) -> io::Result<Watch>;

    /// Who else than streams is served: a stopping reactor tells them and waits for them.
    fn roll(&self) -> &Roll;
}

/// What to wait for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Interest {
    /// Something can be read, or the end of it.
    pub readable: bool,
    /// Something can be written.
    pub writable: bool,
}

impl Interest {
    /// Nothing, for the time being.
    pub const NONE: Self = Self { readable: false, writable: false };
    /// Reading.
    pub const READABLE: Self = Self { readable: true, writable: false };
    /// Writing.
    pub const WRITABLE: Self = Self { readable: false, writable: true };
}

/// What a descriptor is ready for. An error or a hang-up counts as ready for both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ready {
    /// Reading will not block.
    pub readable: bool,
    /// Writing will not block.
    pub writable: bool,
}

/// A watched descriptor. Dropping this leaves it watched.
#[derive(Clone)]
pub struct Watch {
    change: Arc<dyn Fn(Option<Interest>) + Send + Sync>,
}

impl Watch {
    /// One that `change` changes, and stops when it is given nothing: for reactors.
    pub fn new(change: impl Fn(Option<Interest>) + Send + Sync + 'static) -> Self {
        Self { change: Arc::new(change) }
    }

    /// Waits for something else from now on.
    pub fn set_interest(&self, interest: Interest) {
        (self.change)(Some(interest));
    }

    /// Stops watching, and closes the descriptor where nobody else holds it.
    pub fn stop(&self) {
        (self.change)(None);
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

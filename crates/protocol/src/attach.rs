//! Descriptors that exist already, for a protocol.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use crate::{Limits, Peer};

/// Descriptors that exist already, and how to run a protocol on them.
///
/// They may be anything that is read and written as a stream of bytes. Those that block are made
/// non-blocking, and blocking again at the end: with standard input and output that setting is
/// shared with whoever else has the same terminal or pipe. Regular files are always ready, and a
/// read from a slow disk holds its reactor thread up.
///
/// ```
/// use std::{io, os::unix::net::UnixStream};
/// use ropewalk_protocol::{Attach, Protocol, Reactor};
///
/// fn adopt<P>(reactor: &impl Reactor, stream: UnixStream, protocol: P) -> io::Result<()>
/// where
///     P: Protocol + Send + 'static,
///     P::Message: Send + 'static,
/// {
///     reactor.attach(Attach::one(stream.into()), protocol)
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Attach {
    /// What is read.
    pub input: OwnedFd,
    /// What is written; `input` when there is none.
    pub output: Option<OwnedFd>,
    /// Who the protocol is told is at the other end; for a socket its addresses, when this has
    /// none.
    pub peer: Peer,
    /// For the connection.
    pub limits: Arc<Limits>,
}

impl Attach {
    /// One descriptor both ways, such as a connected socket or a terminal.
    #[must_use]
    pub fn one(both: OwnedFd) -> Self {
        Self { input: both, output: None, peer: Peer::unnamed(), limits: Arc::default() }
    }

    /// The standard input and output of this process, each in a duplicate.
    ///
    /// ```no_run
    /// # use std::io;
    /// # use ropewalk_protocol::{Attach, Protocol, Reactor};
    /// # fn talk<P>(reactor: &impl Reactor, protocol: P) -> io::Result<()>
    /// # where
    /// #     P: Protocol + Send + 'static,
    /// #     P::Message: Send + 'static,
    /// # {
    /// reactor.attach(Attach::standard_io()?, protocol)
    /// # }
    /// ```
    ///
    /// They are non-blocking while they are attached. That is so for everybody who has them: what
    /// this process prints by other means meanwhile may fail with
    /// [`WouldBlock`](std::io::ErrorKind::WouldBlock), and a process that is killed leaves them so.
    ///
    /// # Errors
    /// When one of them is closed.
    pub fn standard_io() -> io::Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self::two(input, output))
    }

    /// One to read and one to write.
    #[must_use]
    pub fn two(input: OwnedFd, output: OwnedFd) -> Self {
        Self { output: Some(output), ..Self::one(input) }
    }
}

//! Descriptors that exist already, for a protocol.

use std::{os::fd::OwnedFd, sync::Arc};

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

    /// One to read and one to write.
    #[must_use]
    pub fn two(input: OwnedFd, output: OwnedFd) -> Self {
        Self { output: Some(output), ..Self::one(input) }
    }
}

//! Where a listener's protocols come from.

use crate::{Peer, Protocol, Reason};

/// Makes one protocol for each connection.
///
/// A listener on several threads gives each of them a clone.
pub trait Factory {
    /// What it makes.
    type Protocol: Protocol;

    /// A protocol for a connection from `peer`; `None` refuses it, and it is closed.
    fn build(&mut self, peer: &Peer) -> Option<Self::Protocol>;

    /// A connection ended before it got so far that a protocol was made for it: a layer below
    /// failed, such as a TLS handshake. There is nobody else who could be told.
    fn connection_failed(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

/// A [`Factory`] from a closure.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Factory, Peer, Protocol, factory};
///
/// struct Discard;
///
/// impl Protocol for Discard {
///     type Message = ();
///     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
///         input.clear();
///     }
/// }
///
/// let mut discards = factory(|_: &Peer| Some(Discard));
/// assert!(discards.build(&Peer::unnamed()).is_some());
/// ```
pub fn factory<P, F>(build: F) -> FromFn<F>
where
    P: Protocol,
    F: FnMut(&Peer) -> Option<P>,
{
    FromFn { build }
}

/// The factory that [`factory()`] makes.
#[derive(Clone, Debug)]
pub struct FromFn<F> {
    build: F,
}

impl<P, F> Factory for FromFn<F>
where
    P: Protocol,
    F: FnMut(&Peer) -> Option<P>,
{
    type Protocol = P;

    fn build(&mut self, peer: &Peer) -> Option<P> {
        (self.build)(peer)
    }
}

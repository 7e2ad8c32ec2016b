//! A protocol that is already made, where a factory is asked for.

use crate::{Factory, Peer, Protocol, Reason};

/// A [`Factory`] of one protocol that exists already; see [`Filtered::around`](crate::Filtered::around).
#[derive(Debug)]
pub struct Given<P> {
    protocol: Option<P>,
}

impl<P> Given<P> {
    pub(super) fn new(protocol: P) -> Self {
        Self { protocol: Some(protocol) }
    }
}

impl<P: Protocol> Factory for Given<P> {
    type Protocol = P;

    fn build(&mut self, _: &Peer) -> Option<P> {
        self.protocol.take()
    }

    fn connection_failed(&mut self, reason: &Reason) {
        if let Some(protocol) = &mut self.protocol {
            protocol.connection_lost(reason);
        }
    }
}

//! A factory that refuses what is too many.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use ropewalk_protocol::{Context, Factory, Peer, Protocol, Reason};

use crate::{Admission, ConnectionLimits};

/// A [`Factory`] that asks [`ConnectionLimits`] before it asks another factory.
///
/// A refused connection costs next to nothing: no protocol is made, no line of the log is its own.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_policies::{ConnectionLimits, Limited, Rules};
/// use ropewalk_protocol::{Factory, Peer, factory};
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// let limits = ConnectionLimits::new(Rules { total: 1, ..Rules::default() }, Instant::now);
/// let mut echoes = Limited::new(limits.clone(), factory(|_| Some(Echo)));
/// let first = echoes.build(&Peer::unnamed());
/// assert!(echoes.build(&Peer::unnamed()).is_none());
/// drop(first);
/// assert_eq!(limits.open(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Limited<F> {
    limits: ConnectionLimits,
    factory: F,
    farewell: Bytes,
}

impl<F: Factory> Limited<F> {
    /// `factory`, within `limits`.
    pub fn new(limits: ConnectionLimits, factory: F) -> Self {
        Self { limits, factory, farewell: Bytes::new() }
    }

    /// Says this to who is refused, as far as [`Rules::farewells`](crate::Rules::farewells) goes: in
    /// IRC, `ERROR :Too many connections\r\n`.
    #[must_use]
    pub fn farewell(self, farewell: impl Into<Bytes>) -> Self {
        Self { farewell: farewell.into(), ..self }
    }
}

impl<F: Factory> Factory for Limited<F> {
    type Protocol = Admitted<F::Protocol>;

    fn build(&mut self, peer: &Peer) -> Option<Self::Protocol> {
        let seat = match self.limits.admit(peer) {
            Ok(admission) => Seat::Taken(self.factory.build(peer)?, admission),
            Err(_) if !self.farewell.is_empty() && self.limits.may_bid_farewell() => {
                Seat::Refused(self.farewell.clone(), Leave(self.limits.clone()))
            }
            Err(_) => return None,
        };
        Some(Admitted(seat))
    }

    fn connection_failed(&mut self, reason: &Reason) {
        self.factory.connection_failed(reason);
    }
}

/// A connection that was let in, and counts until this is dropped; or one that is told that it was
/// not.
#[derive(Debug)]
pub struct Admitted<P>(Seat<P>);

#[derive(Debug)]
enum Seat<P> {
    // The protocol is dropped before it stops counting.
    Taken(P, #[expect(dead_code, reason = "counts as long as it is held")] Admission),
    Refused(Bytes, #[expect(dead_code, reason = "counts as long as it is held")] Leave),
}

#[derive(Debug)]
struct Leave(ConnectionLimits);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.bade();
    }
}

impl<P> Admitted<P> {
    /// The protocol, where it was let in.
    pub fn inner(&self) -> Option<&P> {
        match &self.0 {
            Seat::Taken(inner, _) => Some(inner),
            Seat::Refused(..) => None,
        }
    }

    fn inner_mut(&mut self) -> Option<&mut P> {
        match &mut self.0 {
            Seat::Taken(inner, _) => Some(inner),
            Seat::Refused(..) => None,
        }
    }
}

impl<P: Protocol> Protocol for Admitted<P> {
    type Message = P::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        match &mut self.0 {
            Seat::Taken(inner, _) => inner.connection_made(cx),
            Seat::Refused(farewell, _) => {
                cx.send(std::mem::take(farewell));
                cx.close();
            }
        }
    }

    #[inline]
    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        match &mut self.0 {
            Seat::Taken(inner, _) => inner.data_received(cx, input),
            Seat::Refused(..) => input.clear(),
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        if let Some(inner) = self.inner_mut() {
            inner.message_received(cx, message);
        }
    }

    fn turn_ended(&mut self, cx: &mut Context<'_, Self::Message>) {
        if let Some(inner) = self.inner_mut() {
            inner.turn_ended(cx);
        }
    }

    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        if let Some(inner) = self.inner_mut() {
            inner.drained(cx);
        }
    }

    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        if let Some(inner) = self.inner_mut() {
            inner.secured(cx);
        }
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        match self.inner_mut() {
            Some(inner) => inner.eof_received(cx),
            None => cx.close(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.inner()?.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        if let Some(inner) = self.inner_mut() {
            inner.timed_out(cx);
        }
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        match self.inner_mut() {
            Some(inner) => inner.shutting_down(cx),
            None => cx.close(),
        }
    }

    fn connection_lost(&mut self, reason: &Reason) {
        if let Some(inner) = self.inner_mut() {
            inner.connection_lost(reason);
        }
    }
}

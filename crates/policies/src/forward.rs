//! Port forwarding: what arrives here goes on to somewhere else, and back.

use std::{fmt::Display, future::Future, pin::Pin, sync::Arc};

use bytes::BytesMut;

use ropewalk_protocol::{Connect, ConnectError, Context, Factory, Peer, Protocol, Reactor, Reason};

use crate::{
    Onward,
    relay::{Half, Relay, Word},
};

/// A [`Factory`] of connections that are passed on: each is connected to a target, and what one
/// side sends the other gets.
///
/// Whoever reads slowly slows the other down: between the two are at most 192 KiB each way, and what
/// the [`Limits`](ropewalk_protocol::Limits) allow to be queued. An end of file is passed on as one;
/// a connection that breaks breaks the other. Where the target cannot be reached the connection is
/// closed, and the log says why. [`Limits::mailbox`](ropewalk_protocol::Limits::mailbox) has to be
/// 256 at least.
///
/// ```
/// use ropewalk_policies::Forward;
/// use ropewalk_protocol::{Address, Connect, Listen, ListenError, Reactor};
///
/// fn forward(reactor: &impl Reactor) -> Result<(), ListenError> {
///     let target = Connect::new(Address::Tcp(([192, 0, 2, 1], 80).into()));
///     let here = Listen::new(Address::Tcp(([127, 0, 0, 1], 8080).into()));
///     reactor.listen(here, Forward::to(reactor, target))?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Forward<D> {
    dial: D,
}

/// A connection under way to somewhere.
type Dialling = Pin<Box<dyn Future<Output = Result<Peer, ConnectError>> + Send>>;

impl<D, W, E> Forward<D>
where
    D: Fn(&Peer, Onward) -> W,
    W: Future<Output = Result<Peer, E>> + Send + 'static,
    E: Display,
{
    /// Passes connections on to where `dial` connects the [`Onward`] that it is given. It may look
    /// at who comes, resolve a name, or put filters below.
    pub fn new(dial: D) -> Self {
        Self { dial }
    }
}

impl Forward<()> {
    /// Passes connections on to one place.
    pub fn to<R: Reactor>(
        reactor: &R,
        target: Connect,
    ) -> Forward<impl Fn(&Peer, Onward) -> Dialling + Clone + Send + use<R>> {
        let reactor = reactor.clone();
        Forward::new(move |_: &Peer, onward: Onward| -> Dialling {
            Box::pin(reactor.connect(target.clone(), onward))
        })
    }
}

impl<D, W, E> Factory for Forward<D>
where
    D: Fn(&Peer, Onward) -> W + Clone,
    W: Future<Output = Result<Peer, E>> + Send + 'static,
    E: Display,
{
    type Protocol = Forwarded<D>;

    fn build(&mut self, _: &Peer) -> Option<Forwarded<D>> {
        Some(Forwarded { dial: Some(self.dial.clone()), half: Half::default() })
    }
}

/// The half of a forwarded connection that faces who connected.
#[derive(Debug)]
pub struct Forwarded<D> {
    dial: Option<D>,
    half: Half,
}

impl<D, W, E> Protocol for Forwarded<D>
where
    D: Fn(&Peer, Onward) -> W,
    W: Future<Output = Result<Peer, E>> + Send + 'static,
    E: Display,
{
    type Message = Relay;

    fn connection_made(&mut self, cx: &mut Context<'_, Relay>) {
        self.half.wait(cx);
        let Some(dial) = self.dial.take() else { return };
        let onward = Onward::new(cx.mailbox());
        let dialling = dial(cx.peer(), onward);
        cx.spawn(async move {
            let dialled = dialling.await.map(drop);
            Relay(Word::Dialled(dialled.map_err(|error| Arc::from(error.to_string()))))
        });
    }

    fn data_received(&mut self, cx: &mut Context<'_, Relay>, input: &mut BytesMut) {
        self.half.give(cx, input);
    }

    fn message_received(&mut self, cx: &mut Context<'_, Relay>, message: Relay) {
        self.half.hear(cx, message.0);
    }

    fn drained(&mut self, cx: &mut Context<'_, Relay>) {
        self.half.settle(cx);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Relay>) {
        self.half.end(cx);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.half.lose(reason);
    }
}

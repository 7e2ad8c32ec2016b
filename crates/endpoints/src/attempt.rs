//! One of several connections that race for one protocol.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bytes::BytesMut;
use futures_channel::oneshot;
use ropewalk_protocol::{Context, Factory, Peer, Protocol, Reason};

use crate::{
    Filters,
    layered::{Layered, Layers},
};

/// What the attempts race for: the protocol, and telling whoever waits for it.
pub(crate) struct Prize<P> {
    /// Locked once an attempt, when that has a connection.
    unclaimed: Mutex<Option<Unclaimed<P>>>,
}

struct Unclaimed<P> {
    protocol: P,
    filters: Arc<[Arc<dyn Filters>]>,
    claimed: oneshot::Sender<usize>,
    opened: oneshot::Sender<Opened>,
}

/// Whether the protocol was told of a connection.
pub(crate) enum Opened {
    Yes(Box<Peer>),
    No(Reason),
}

impl<P: Protocol> Prize<P> {
    pub(crate) fn new(
        protocol: P,
        filters: Arc<[Arc<dyn Filters>]>,
    ) -> (Arc<Self>, oneshot::Receiver<usize>, oneshot::Receiver<Opened>) {
        let (claimed, hears_claimed) = oneshot::channel();
        let (opened, hears_opened) = oneshot::channel();
        let unclaimed = Mutex::new(Some(Unclaimed { protocol, filters, claimed, opened }));
        (Arc::new(Self { unclaimed }), hears_claimed, hears_opened)
    }

    fn take(&self) -> Option<Unclaimed<P>> {
        self.unclaimed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The protocol of an attempt: the first that is told of a connection takes the prize, the others
/// end theirs.
pub(crate) struct Attempt<P: Protocol> {
    number: usize,
    prize: Arc<Prize<P>>,
    won: Option<Won<P>>,
}

struct Won<P: Protocol> {
    protocol: Layered<Once<P>>,
    /// Until the protocol was told of its connection.
    opening: Option<Opening>,
}

struct Opening {
    opened: oneshot::Sender<Opened>,
    /// Who the peer is, once the last layer is done.
    peer: Arc<Mutex<Option<Peer>>>,
}

/// Makes one protocol, and notes for whom.
struct Once<P> {
    protocol: Option<P>,
    peer: Arc<Mutex<Option<Peer>>>,
}

impl<P: Protocol> Factory for Once<P> {
    type Protocol = P;

    fn build(&mut self, peer: &Peer) -> Option<P> {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer.clone());
        self.protocol.take()
    }
}

impl<P: Protocol> Attempt<P> {
    pub(crate) fn new(number: usize, prize: Arc<Prize<P>>) -> Self {
        Self { number, prize, won: None }
    }

    /// Calls the protocol; then, once, tells that it has its connection.
    fn call(&mut self, call: impl FnOnce(&mut Layered<Once<P>>)) {
        let Some(won) = &mut self.won else { return };
        call(&mut won.protocol);
        let Some(opening) = won.opening.take() else { return };
        let peer = opening.peer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match peer {
            // Whoever asked may have gone.
            Some(peer) => drop(opening.opened.send(Opened::Yes(Box::new(peer)))),
            None => won.opening = Some(opening),
        }
    }
}

impl<P: Protocol> Protocol for Attempt<P> {
    type Message = P::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, P::Message>) {
        let Some(unclaimed) = self.prize.take() else { return cx.abort() };
        let Unclaimed { protocol, filters, claimed, opened } = unclaimed;
        if claimed.send(self.number).is_err() {
            return cx.abort(); // given up meanwhile
        }
        let peer = Arc::default();
        let once = Once { protocol: Some(protocol), peer: Arc::clone(&peer) };
        let opening = Some(Opening { opened, peer });
        let built = Layers::new(filters, once).build(cx.peer());
        self.won = built.map(|protocol| Won { protocol, opening });
        self.call(|protocol| protocol.connection_made(cx));
    }

    fn data_received(&mut self, cx: &mut Context<'_, P::Message>, input: &mut BytesMut) {
        if self.won.is_none() {
            input.clear();
        }
        self.call(|protocol| protocol.data_received(cx, input));
    }

    fn message_received(&mut self, cx: &mut Context<'_, P::Message>, message: P::Message) {
        self.call(|protocol| protocol.message_received(cx, message));
    }

    fn turn_ended(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(|protocol| protocol.turn_ended(cx));
    }

    fn drained(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(|protocol| protocol.drained(cx));
    }

    fn secured(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(|protocol| protocol.secured(cx));
    }

    fn eof_received(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(|protocol| protocol.eof_received(cx));
    }

    fn deadline(&self) -> Option<Instant> {
        self.won.as_ref()?.protocol.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(|protocol| protocol.timed_out(cx));
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, P::Message>) {
        self.call(|protocol| protocol.shutting_down(cx));
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.call(|protocol| protocol.connection_lost(reason));
        if let Some(opening) = self.won.as_mut().and_then(|won| won.opening.take()) {
            let _ = opening.opened.send(Opened::No(reason.clone()));
        }
    }
}

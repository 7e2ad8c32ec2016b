//! A client's protocol, and what its service learns of its connection.

use std::time::Instant;

use bytes::BytesMut;
use futures_channel::oneshot;
use ropewalk_protocol::{Context, Mailbox, Protocol, Reason};

/// Tells of the connection's beginning and end, and is the protocol otherwise.
pub(crate) struct Tracked<P: Protocol> {
    protocol: P,
    made: Option<oneshot::Sender<Mailbox<P::Message>>>,
    lost: Option<oneshot::Sender<Reason>>,
}

impl<P: Protocol> Tracked<P> {
    pub(crate) fn new(
        protocol: P,
    ) -> (Self, oneshot::Receiver<Mailbox<P::Message>>, oneshot::Receiver<Reason>) {
        let (made, hears_made) = oneshot::channel();
        let (lost, hears_lost) = oneshot::channel();
        (Self { protocol, made: Some(made), lost: Some(lost) }, hears_made, hears_lost)
    }
}

impl<P: Protocol> Protocol for Tracked<P> {
    type Message = P::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, P::Message>) {
        if let Some(made) = self.made.take()
            && made.send(cx.mailbox()).is_err()
        {
            return cx.abort(); // the service has stopped meanwhile
        }
        self.protocol.connection_made(cx);
    }

    fn data_received(&mut self, cx: &mut Context<'_, P::Message>, input: &mut BytesMut) {
        self.protocol.data_received(cx, input);
    }

    fn message_received(&mut self, cx: &mut Context<'_, P::Message>, message: P::Message) {
        self.protocol.message_received(cx, message);
    }

    fn turn_ended(&mut self, cx: &mut Context<'_, P::Message>) {
        self.protocol.turn_ended(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, P::Message>) {
        self.protocol.drained(cx);
    }

    fn secured(&mut self, cx: &mut Context<'_, P::Message>) {
        self.protocol.secured(cx);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, P::Message>) {
        self.protocol.eof_received(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        self.protocol.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, P::Message>) {
        self.protocol.timed_out(cx);
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, P::Message>) {
        self.protocol.shutting_down(cx);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.protocol.connection_lost(reason);
        if let Some(lost) = self.lost.take() {
            let _ = lost.send(reason.clone()); // the service has stopped
        }
    }
}

//! The half of a forwarded connection that faces the target.

use bytes::BytesMut;

use ropewalk_protocol::{Context, Mailbox, Protocol, Reason};

use crate::relay::{Half, Relay, Tie, Word};

/// The protocol of the connection onward: give it to [`Reactor::connect`], to an endpoint, or put it
/// above a filter.
///
/// [`Reactor::connect`]: ropewalk_protocol::Reactor::connect
#[derive(Debug)]
pub struct Onward {
    back: Option<Mailbox<Relay>>,
    half: Half,
}

impl Onward {
    pub(crate) fn new(back: Mailbox<Relay>) -> Self {
        Self { back: Some(back), half: Half::default() }
    }
}

impl Protocol for Onward {
    type Message = Relay;

    fn connection_made(&mut self, cx: &mut Context<'_, Relay>) {
        // Not before: a connection that was never made is told by its future.
        let Some(back) = self.back.take().map(Tie::new) else { return };
        if back.post(Word::Joined(Tie::new(cx.mailbox()))).is_ok() {
            self.half.join(cx, back);
        } else {
            cx.abort(); // nobody waits for it any more
        }
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

//! One end of one connection, as a state machine.

use std::time::Instant;

use bytes::BytesMut;

use crate::{Context, Reason};

/// One end of one connection, as a state machine. Methods are named for what happened.
///
/// Callbacks return nothing: a protocol that cannot go on says so to its peer and then
/// [`close`](crate::Transport::close)s.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Protocol};
///
/// struct Echo;
///
/// impl Protocol for Echo {
///     type Message = ();
///
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         cx.send(input.split().freeze());
///     }
/// }
/// ```
pub trait Protocol {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// The connection stands; called once, before everything else.
    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// Bytes arrived. Whatever is left in `input` comes back, in front of what arrives next.
    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut);

    /// A message arrived from a [`Mailbox`](crate::Mailbox), a [`Group`](crate::Group) or a future
    /// given to [`Context::spawn`].
    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        let _ = (cx, message);
    }

    /// The messages of a turn have all been told. For layers, which do now what is worth doing once
    /// for all of them; a protocol needs it only to join its answers.
    #[inline]
    fn turn_ended(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// There is room to write again, after [`Flow::Paused`](crate::Flow::Paused).
    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// A handshake begun by [`start_tls`](crate::Transport::start_tls) is done.
    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// The peer ended its half. By default that closes the connection.
    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        cx.close();
    }

    /// When [`timed_out`](Self::timed_out) is to be called, if nothing changes this before. A
    /// deadline fires once, until it changes.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The [`deadline`](Self::deadline) has come.
    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// The program is ending. By default that closes the connection; a protocol that owes its peer
    /// a word says it first. What does not close is cut off at the reactor's limit.
    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        cx.close();
    }

    /// The connection is gone; nothing is called after this.
    fn connection_lost(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

//! A codec and a receiver, plumbed together into a protocol.

use std::time::Instant;

use bytes::{Buf, BytesMut};

use crate::{Codec, Context, Flow, Malformed, Protocol, Reason, Receiver};

/// The [`Protocol`] that cuts its input with a [`Codec`] and gives the frames to a [`Receiver`].
///
/// It stops between frames whenever [`flow`](crate::Transport::flow) is not open; what is left
/// waits in the connection.
///
/// ```
/// use ropewalk_protocol::{Codec, Context, Framed, Malformed, Receiver};
///
/// struct Pairs;
///
/// impl Codec for Pairs {
///     type Frame<'a> = &'a [u8];
///     fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
///         Ok((input.len() >= 2).then(|| (2, &input[..2])))
///     }
/// }
///
/// struct Swap;
///
/// impl Receiver<Pairs> for Swap {
///     type Message = ();
///     fn frame_received(&mut self, cx: &mut Context<'_, ()>, _: &mut Pairs, pair: &[u8]) {
///         cx.write(&[pair[1], pair[0]]);
///     }
/// }
///
/// let protocol = Framed::new(Pairs, Swap);
/// # let _ = protocol;
/// ```
#[derive(Debug)]
pub struct Framed<C, R> {
    codec: C,
    receiver: R,
    refused: bool,
}

impl<C: Codec, R: Receiver<C>> Framed<C, R> {
    /// A protocol that cuts with `codec` and tells `receiver`.
    pub fn new(codec: C, receiver: R) -> Self {
        Self { codec, receiver, refused: false }
    }

    /// The receiver.
    pub fn receiver(&self) -> &R {
        &self.receiver
    }

    fn frames(
        &mut self,
        cx: &mut Context<'_, R::Message>,
        mut input: &mut [u8],
    ) -> (usize, Option<Malformed>) {
        let mut total = 0;
        while !input.is_empty() && cx.flow() == Flow::Open {
            let used = match self.codec.split(input) {
                Ok(Some((used, frame))) => {
                    self.receiver.frame_received(cx, &mut self.codec, frame);
                    used
                }
                Ok(None) => break,
                Err(why) => return (total, Some(why)),
            };
            total += used;
            input = &mut input[used..];
        }
        (total, None)
    }
}

impl<C: Codec, R: Receiver<C>> Protocol for Framed<C, R> {
    type Message = R::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.connection_made(cx);
    }

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        if self.refused {
            input.clear();
            return;
        }
        let (used, why) = self.frames(cx, input);
        if used == input.len() {
            input.clear();
        } else {
            input.advance(used);
        }
        if let Some(why) = why {
            self.refused = true;
            input.clear();
            self.receiver.malformed(cx, why);
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        self.receiver.message_received(cx, message);
    }

    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.drained(cx);
    }

    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.secured(cx);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.eof_received(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        self.receiver.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.timed_out(cx);
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.shutting_down(cx);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.receiver.connection_lost(reason);
    }
}

//! Bytes to frames.

use std::time::Instant;

use crate::{Context, Malformed, Reason};

/// Cuts bytes into frames.
///
/// A frame may borrow the input, also mutably: a WebSocket mask is undone in place.
pub trait Codec {
    /// What the bytes are cut into.
    type Frame<'a>;

    /// The first frame of `input` and the number of bytes that it and its framing take; `None`
    /// while it is not complete. The number is at least 1.
    ///
    /// When a frame is not complete the next call sees the same bytes and more, so a codec may
    /// remember how far it has looked.
    fn split<'a>(
        &mut self,
        input: &'a mut [u8],
    ) -> Result<Option<(usize, Self::Frame<'a>)>, Malformed>;
}

/// A protocol over frames. It may change its codec between frames.
///
/// All methods but [`frame_received`](Self::frame_received) and [`malformed`](Self::malformed) are
/// those of [`Protocol`](crate::Protocol).
pub trait Receiver<C: Codec> {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// One frame arrived.
    fn frame_received(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        codec: &mut C,
        frame: C::Frame<'_>,
    );

    /// The codec refused the input, and with it all that follows. By default that closes.
    fn malformed(&mut self, cx: &mut Context<'_, Self::Message>, why: Malformed) {
        let _ = why;
        cx.close();
    }

    /// See [`Protocol::connection_made`](crate::Protocol::connection_made).
    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// See [`Protocol::message_received`](crate::Protocol::message_received).
    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        let _ = (cx, message);
    }

    /// See [`Protocol::drained`](crate::Protocol::drained).
    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// See [`Protocol::secured`](crate::Protocol::secured).
    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// See [`Protocol::eof_received`](crate::Protocol::eof_received).
    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        cx.close();
    }

    /// See [`Protocol::deadline`](crate::Protocol::deadline).
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// See [`Protocol::timed_out`](crate::Protocol::timed_out).
    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }

    /// See [`Protocol::shutting_down`](crate::Protocol::shutting_down).
    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        cx.close();
    }

    /// See [`Protocol::connection_lost`](crate::Protocol::connection_lost).
    fn connection_lost(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

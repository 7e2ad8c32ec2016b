//! Lines, a chunk at a time.

use bytes::{Buf, BytesMut};

use ropewalk_protocol::{Context, Flow, Protocol, Reason};

use crate::Delimiter;

/// The [`Protocol`] that cuts each chunk into lines as a whole, and forgives lines that are too
/// long one at a time.
///
/// It differs from [`Lines`](crate::Lines) where a line exceeds the limit and the connection goes
/// on: that line alone is reported, the complete lines that came in one piece with it are dropped,
/// and what comes later is read as usual.
///
/// ```
/// use ropewalk_line::{Delimiter, LineOnly, LineOnlyReceiver, Rules, write_line};
/// use ropewalk_protocol::Context;
///
/// struct Echo;
///
/// impl LineOnlyReceiver for Echo {
///     type Message = ();
///     fn line_received(&mut self, cx: &mut Context<'_, ()>, rules: &mut Rules, line: &[u8]) {
///         write_line(cx, line, rules.delimiter());
///     }
/// }
///
/// let protocol = LineOnly::new(Echo, Rules::new(Delimiter::CrLf, 512));
/// # let _ = protocol;
/// ```
#[derive(Debug)]
pub struct LineOnly<R> {
    receiver: R,
    rules: Rules,
    /// No delimiter ends in that many bytes at the beginning of the input.
    scanned: usize,
}

/// What a line is. A receiver may change it.
#[derive(Clone, Debug)]
pub struct Rules {
    delimiter: Delimiter,
    max_length: usize,
    /// Another delimiter was set.
    changed: bool,
}

impl Rules {
    /// Lines that end with `delimiter` and have at most `max_length` bytes before it.
    #[must_use]
    pub fn new(delimiter: Delimiter, max_length: usize) -> Self {
        Self { delimiter, max_length, changed: false }
    }

    /// What ends a line.
    #[must_use]
    pub fn delimiter(&self) -> &Delimiter {
        &self.delimiter
    }

    /// Ends lines with another delimiter from the next chunk on.
    pub fn set_delimiter(&mut self, delimiter: Delimiter) {
        self.delimiter = delimiter;
        self.changed = true;
    }

    /// Limits lines to another length from the next line on.
    pub fn set_max_length(&mut self, max_length: usize) {
        self.max_length = max_length;
    }
}

/// A protocol over lines, plumbed by [`LineOnly`].
///
/// The methods without a counterpart here are those of [`Protocol`].
pub trait LineOnlyReceiver {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// A line arrived; `line` is without its delimiter.
    fn line_received(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        rules: &mut Rules,
        line: &[u8],
    );

    /// `line` is longer than the limit, complete or not. One that is not stays, and is reported
    /// again when more of it has come. By default that closes.
    fn length_exceeded(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        rules: &mut Rules,
        line: &[u8],
    ) {
        let _ = (rules, line);
        cx.close();
    }

    /// See [`Protocol::connection_made`].
    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>, rules: &mut Rules) {
        let _ = (cx, rules);
    }

    /// See [`Protocol::message_received`].
    fn message_received(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        rules: &mut Rules,
        message: Self::Message,
    ) {
        let _ = (cx, rules, message);
    }

    /// See [`Protocol::connection_lost`].
    fn connection_lost(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

impl<R: LineOnlyReceiver> LineOnly<R> {
    /// A protocol that cuts by `rules` and tells `receiver`.
    pub fn new(receiver: R, rules: Rules) -> Self {
        Self { receiver, rules, scanned: 0 }
    }

    /// The receiver.
    pub fn receiver(&self) -> &R {
        &self.receiver
    }

    /// Deals with the complete lines of `input`: how many bytes that took, and whether what is left
    /// is still to be looked at.
    fn lines(&mut self, cx: &mut Context<'_, R::Message>, input: &[u8]) -> (usize, bool) {
        // The receiver may change the delimiter, but not for this chunk.
        let delimiter = self.rules.delimiter.clone();
        let mut used = 0;
        let mut scanned = std::mem::take(&mut self.scanned);
        if std::mem::take(&mut self.rules.changed) {
            scanned = 0;
        }
        loop {
            let rest = &input[used..];
            let Some((length, end)) = delimiter.find(rest, std::mem::take(&mut scanned)) else {
                return (used, true);
            };
            if cx.flow() != Flow::Open {
                return (used, false);
            }
            used += length + end;
            let line = &rest[..length];
            if length > self.rules.max_length {
                used += complete(&delimiter, &input[used..]);
                self.receiver.length_exceeded(cx, &mut self.rules, line);
                return (used, false);
            }
            self.receiver.line_received(cx, &mut self.rules, line);
        }
    }
}

/// How many bytes the complete lines in `input` take.
fn complete(delimiter: &Delimiter, input: &[u8]) -> usize {
    let mut used = 0;
    while let Some((length, end)) = delimiter.find(&input[used..], 0) {
        used += length + end;
    }
    used
}

impl<R: LineOnlyReceiver> Protocol for LineOnly<R> {
    type Message = R::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.connection_made(cx, &mut self.rules);
    }

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        let (used, look) = self.lines(cx, input);
        if used == input.len() {
            input.clear();
            return;
        }
        input.advance(used);
        if look {
            self.scanned = input.len();
            if input.len() > self.rules.max_length {
                self.receiver.length_exceeded(cx, &mut self.rules, input);
            }
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        self.receiver.message_received(cx, &mut self.rules, message);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.receiver.connection_lost(reason);
    }
}

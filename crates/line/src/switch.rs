//! Lines and raw bytes in one stream.

use std::time::Instant;

use bytes::BytesMut;

use ropewalk_protocol::{Context, Flow, Protocol, Reason};

use crate::{
    Delimiter,
    modes::{Modes, State},
};

/// The [`Protocol`] that goes back and forth between lines and raw bytes whenever its
/// [`LineReceiver`] says so, also inside one chunk.
///
/// ```
/// use ropewalk_line::{Delimiter, LineReceiver, Modes, Switch};
/// use ropewalk_protocol::{Connection, Context, Peer};
///
/// /// Lines that say how many raw bytes follow them.
/// struct Uploads {
///     expected: usize,
/// }
///
/// impl LineReceiver for Uploads {
///     type Message = ();
///
///     fn line_received(&mut self, _: &mut Context<'_, ()>, modes: &mut Modes<'_>, line: &[u8]) {
///         self.expected = std::str::from_utf8(line).ok().and_then(|it| it.parse().ok()).unwrap_or(0);
///         modes.raw();
///     }
///
///     fn raw_received(&mut self, cx: &mut Context<'_, ()>, modes: &mut Modes<'_>, data: &[u8]) {
///         let taken = data.len().min(self.expected);
///         cx.write(&data[..taken]);
///         self.expected -= taken;
///         if self.expected == 0 {
///             modes.lines_from(data.len() - taken);
///         }
///     }
/// }
///
/// let protocol = Switch::new(Uploads { expected: 0 }, Delimiter::Lf, 100);
/// let mut connection = Connection::new(protocol, Peer::unnamed(), Default::default());
/// let now = std::time::Instant::now();
/// connection.start(now);
/// connection.feed(now, &mut "3\nabc2\nde1\nf".into());
/// assert_eq!(connection.outgoing(), b"abcdef");
/// ```
#[derive(Debug)]
pub struct Switch<R> {
    receiver: R,
    state: State,
    /// Bytes that wait: for the rest of their line, or for the end of a pause.
    kept: Vec<u8>,
    /// Something waits that is not merely an unfinished line.
    held: bool,
    /// Reading was stopped because so much is kept.
    full: bool,
}

/// A protocol over lines and raw bytes, plumbed by [`Switch`].
///
/// The methods without a counterpart here are those of [`Protocol`].
pub trait LineReceiver {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// A line arrived; `line` is without its delimiter.
    fn line_received(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        modes: &mut Modes<'_>,
        line: &[u8],
    );

    /// Bytes arrived in raw mode: all there are.
    fn raw_received(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        modes: &mut Modes<'_>,
        data: &[u8],
    ) {
        let _ = (cx, modes, data);
    }

    /// A line is longer than the limit. `data` is the line, as far as it has come, and everything
    /// behind it; it is gone after this. By default that closes.
    fn length_exceeded(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        modes: &mut Modes<'_>,
        data: &[u8],
    ) {
        let _ = (modes, data);
        cx.close();
    }

    /// See [`Protocol::connection_made`].
    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>, modes: &mut Modes<'_>) {
        let _ = (cx, modes);
    }

    /// See [`Protocol::message_received`].
    fn message_received(
        &mut self,
        cx: &mut Context<'_, Self::Message>,
        modes: &mut Modes<'_>,
        message: Self::Message,
    ) {
        let _ = (cx, modes, message);
    }

    /// See [`Protocol::drained`].
    fn drained(&mut self, cx: &mut Context<'_, Self::Message>, modes: &mut Modes<'_>) {
        let _ = (cx, modes);
    }

    /// See [`Protocol::secured`].
    fn secured(&mut self, cx: &mut Context<'_, Self::Message>, modes: &mut Modes<'_>) {
        let _ = (cx, modes);
    }

    /// See [`Protocol::eof_received`].
    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        cx.close();
    }

    /// See [`Protocol::deadline`].
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// See [`Protocol::timed_out`].
    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>, modes: &mut Modes<'_>) {
        let _ = (cx, modes);
    }

    /// See [`Protocol::connection_lost`].
    fn connection_lost(&mut self, reason: &Reason) {
        let _ = reason;
    }
}

impl<R: LineReceiver> Switch<R> {
    /// Begins in line mode. A line has at most `max_length` bytes before its delimiter.
    pub fn new(receiver: R, delimiter: Delimiter, max_length: usize) -> Self {
        let state = State::new(delimiter, max_length);
        Self { receiver, state, kept: Vec::new(), held: false, full: false }
    }

    /// The receiver.
    pub fn receiver(&self) -> &R {
        &self.receiver
    }

    /// Something happened that is not input; it may have changed what to do with what is kept.
    fn tell<'a>(
        &mut self,
        cx: &mut Context<'a, R::Message>,
        call: impl FnOnce(&mut R, &mut Context<'a, R::Message>, &mut Modes<'_>),
    ) {
        let mut modes = Modes::behind(&mut self.state, &self.kept);
        call(&mut self.receiver, cx, &mut modes);
        if modes.left() == 0 {
            self.kept.clear();
        }
        let again = std::mem::take(&mut self.state.again) || !self.state.extra.is_empty();
        if (again || self.held) && cx.flow() != Flow::Closing {
            self.work_on_kept(cx);
            self.state.again = false;
        }
        self.regulate(cx);
    }

    fn work_on_kept(&mut self, cx: &mut Context<'_, R::Message>) {
        let mut data = std::mem::take(&mut self.kept);
        data.append(&mut self.state.extra);
        loop {
            let (left, closed) = self.pass(cx, &data);
            data.drain(..data.len() - left);
            let more = !self.state.extra.is_empty();
            data.append(&mut self.state.extra);
            if !more || self.held || closed {
                break;
            }
        }
        if !data.is_empty() || data.capacity() <= SMALL {
            self.kept = data;
        }
    }

    /// Works through `data` and gives the number of bytes at its end that are left, and whether the
    /// handler of a line has closed. Stops when a handler has added bytes, which belong behind
    /// those.
    fn pass(&mut self, cx: &mut Context<'_, R::Message>, data: &[u8]) -> (usize, bool) {
        let mut rest = data;
        self.held = false;
        while !rest.is_empty() && self.state.extra.is_empty() {
            if self.state.paused || cx.flow() == Flow::Paused {
                self.held = true;
                break;
            }
            let (left, ended) =
                if self.state.raw { (self.raw(cx, rest), false) } else { self.line(cx, rest) };
            rest = &rest[rest.len() - left..];
            if ended {
                return (rest.len(), cx.flow() == Flow::Closing);
            }
        }
        (rest.len(), false)
    }

    /// The first line of `data`: what is left then, and whether the work on it is over.
    #[inline]
    fn line(&mut self, cx: &mut Context<'_, R::Message>, data: &[u8]) -> (usize, bool) {
        let scanned = std::mem::take(&mut self.state.scanned);
        let State { delimiter, max_length, .. } = &self.state;
        let Some((length, end)) = delimiter.find(data, scanned) else {
            if data.len() < max_length.saturating_add(delimiter.as_bytes().len()) {
                self.state.scanned = data.len();
                return (data.len(), true);
            }
            return (self.exceeded(cx, data), true);
        };
        if length > *max_length {
            return (self.exceeded(cx, data), true);
        }
        let (line, rest) = data.split_at(length + end);
        let mut modes = Modes::behind(&mut self.state, rest);
        self.receiver.line_received(cx, &mut modes, &line[..length]);
        (modes.left(), cx.flow() == Flow::Closing)
    }

    fn raw(&mut self, cx: &mut Context<'_, R::Message>, data: &[u8]) -> usize {
        self.state.scanned = 0;
        let mut modes = Modes::within(&mut self.state, data, data.len());
        self.receiver.raw_received(cx, &mut modes, data);
        modes.left()
    }

    #[cold]
    fn exceeded(&mut self, cx: &mut Context<'_, R::Message>, data: &[u8]) -> usize {
        let mut modes = Modes::within(&mut self.state, data, 0);
        self.receiver.length_exceeded(cx, &mut modes, data);
        modes.left()
    }

    /// Stops reading while too much is kept.
    fn regulate(&mut self, cx: &mut Context<'_, R::Message>) {
        let full = self.state.paused && self.kept.len() > KEPT;
        if full && !self.full {
            cx.pause_reading();
        } else if self.full && !full {
            cx.resume_reading();
        }
        self.full = full;
    }
}

impl<R: LineReceiver> Protocol for Switch<R> {
    type Message = R::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.tell(cx, R::connection_made);
    }

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        if !self.kept.is_empty() {
            self.kept.extend_from_slice(input);
            self.work_on_kept(cx);
        } else {
            let (left, closed) = self.pass(cx, input);
            self.kept.extend_from_slice(&input[input.len() - left..]);
            if !self.state.extra.is_empty() && !closed {
                self.work_on_kept(cx);
            }
        }
        input.clear();
        self.state.again = false;
        self.regulate(cx);
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        self.tell(cx, |receiver, cx, modes| receiver.message_received(cx, modes, message));
    }

    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.tell(cx, R::drained);
    }

    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.tell(cx, R::secured);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.receiver.eof_received(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        self.receiver.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.tell(cx, R::timed_out);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.receiver.connection_lost(reason);
    }
}

/// Bytes that are kept in a pause before reading is stopped.
const KEPT: usize = 64 * 1024;

/// An empty buffer up to this size stays for the next unfinished line.
const SMALL: usize = 512;

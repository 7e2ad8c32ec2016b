//! The protocols of strings: a codec, and the handler that the program describes.

use bytes::{Buf, BytesMut};
use ropewalk_line::{Netstrings, Prefix, Prefixed, StringTooLong, write_netstring, write_prefixed};
use ropewalk_protocol::{Codec, Context, Flow, Malformed, Protocol, Reason, Transport};
use serde_json::json;

use crate::{program::Op, receivers::Observer};

/// A way to cut and write strings.
pub(crate) trait Style: for<'a> Codec<Frame<'a> = &'a [u8]> {
    /// Whether the length of a string that is too long is reported before closing.
    const REPORTS_LENGTH: bool;

    fn limit(&mut self, max_length: usize);

    fn put(&self, out: &mut dyn Transport, string: &[u8]) -> Result<(), StringTooLong>;
}

impl Style for Netstrings {
    const REPORTS_LENGTH: bool = false;

    fn limit(&mut self, max_length: usize) {
        self.set_max_length(max_length);
    }

    fn put(&self, out: &mut dyn Transport, string: &[u8]) -> Result<(), StringTooLong> {
        write_netstring(out, string);
        Ok(())
    }
}

/// A codec beside the prefix that it reads.
pub(crate) struct Int(pub(crate) Prefixed, pub(crate) Prefix);

impl Codec for Int {
    type Frame<'a> = &'a [u8];

    fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
        self.0.split(input)
    }
}

impl Style for Int {
    const REPORTS_LENGTH: bool = true;

    fn limit(&mut self, max_length: usize) {
        self.0.set_max_length(max_length);
    }

    fn put(&self, out: &mut dyn Transport, string: &[u8]) -> Result<(), StringTooLong> {
        write_prefixed(out, string, self.1)
    }
}

/// A protocol over strings that looks at its input also when it has closed, as the original does.
pub(crate) struct Strings<S> {
    pub(crate) observer: Observer,
    pub(crate) style: S,
    /// Closing does not end a pause.
    pub(crate) paused: bool,
}

impl<S: Style> Strings<S> {
    fn perform(&mut self, cx: &mut Context<'_, Op>, op: &Op) {
        let events = &self.observer.events;
        self.paused = match op {
            Op::Pause | Op::Stop => true,
            Op::Resume => false,
            _ => self.paused,
        };
        match op {
            Op::Pause => {
                cx.pause_reading();
                events.add(json!(["tx_pause"]));
            }
            Op::Stop => {
                cx.pause_reading();
                events.add(json!(["tx_stop"]));
            }
            Op::Resume => {
                events.add(json!(["tx_resume"]));
                // A pause first: what is kept is looked at again in any case.
                cx.pause_reading();
                cx.resume_reading();
            }
            Op::Lose => self.observer.lose(cx),
            Op::Send(string) => self.observer.send(cx, |out| self.style.put(out, string)),
            Op::MaxLength(length) => self.style.limit(*length),
            other => panic!("not with this protocol: {other:?}"),
        }
    }
}

impl<S: Style> Protocol for Strings<S> {
    type Message = Op;

    fn data_received(&mut self, cx: &mut Context<'_, Op>, input: &mut BytesMut) {
        while !self.paused && cx.flow() != Flow::Paused {
            match self.style.split(input) {
                Ok(None) => break,
                Ok(Some(_)) if cx.flow() == Flow::Closing => break,
                Ok(Some((used, string))) => {
                    for op in self.observer.called("string", string) {
                        self.perform(cx, &op);
                    }
                    input.advance(used);
                }
                Err(Malformed::TooLong { length, .. }) if S::REPORTS_LENGTH => {
                    input.clear();
                    self.observer.exceeded(cx, length.into());
                }
                Err(_) => {
                    input.clear();
                    self.observer.lose(cx);
                }
            }
        }
    }

    fn message_received(&mut self, cx: &mut Context<'_, Op>, op: Op) {
        self.perform(cx, &op);
    }

    fn connection_lost(&mut self, _: &Reason) {
        self.observer.events.add(json!(["lost"]));
    }
}

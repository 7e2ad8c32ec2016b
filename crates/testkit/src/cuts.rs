//! A protocol must not care how the network cuts its input.

use std::fmt::{self, Debug};

use ropewalk_protocol::Protocol;

use crate::Harness;

/// What came of a connection: compared by [`every_cut`].
#[derive(Clone, Eq, PartialEq)]
pub struct Outcome {
    /// Everything written.
    pub written: Vec<u8>,
    /// Why the connection was lost, in words, once the peer had ended its half.
    pub lost: Option<String>,
}

/// With what was written as text, other bytes escaped.
impl Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("written", &self.written.escape_ascii().to_string())
            .field("lost", &self.lost)
            .finish()
    }
}

/// Runs a protocol with `input` whole, cut in two at every byte, and a byte at a time, and gives
/// the outcome, which must always be the same.
///
/// # Panics
/// When an outcome differs; the message shows the pieces.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Protocol};
/// use ropewalk_testkit::every_cut;
///
/// struct Echo;
/// impl Protocol for Echo {
///     type Message = ();
///     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
///         cx.send(input.split().freeze());
///     }
/// }
///
/// let outcome = every_cut(b"one\r\ntwo\r\n", || Echo);
/// assert_eq!(outcome.written, b"one\r\ntwo\r\n");
/// ```
pub fn every_cut<P: Protocol>(input: &[u8], mut protocol: impl FnMut() -> P) -> Outcome {
    every_cut_by(input, |pieces| {
        let mut harness = Harness::new(protocol());
        for piece in pieces {
            harness.feed(piece);
        }
        harness.end();
        let lost = harness.lost().map(ToString::to_string);
        Outcome { written: harness.written(), lost }
    })
}

/// The same for whatever `run` does with the pieces of the input and finds worth comparing.
///
/// # Panics
/// When a result differs; the message shows the pieces.
pub fn every_cut_by<T: Debug + PartialEq>(input: &[u8], mut run: impl FnMut(&[&[u8]]) -> T) -> T {
    let whole = run(&[input]);
    for at in 1..input.len() {
        let (first, second) = input.split_at(at);
        let pieces = [first, second];
        let cut = run(&pieces);
        let shown = pieces.map(|piece| piece.escape_ascii().to_string());
        assert_eq!(cut, whole, "cut at {at} into {shown:?}, then whole");
    }
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(run(&bytes), whole, "a byte at a time, then whole");
    whole
}

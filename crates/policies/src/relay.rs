//! The two halves of a forwarded connection: what they tell each other, and how much is under way.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use ropewalk_protocol::{Context, Flow, Mailbox, PostError, Reason};

/// A message between the two halves of a forwarded connection; only they make and read it.
#[derive(Debug)]
pub struct Relay(pub(crate) Word);

#[derive(Debug)]
pub(crate) enum Word {
    /// The other half stands.
    Joined(Tie),
    /// Its peer sent this.
    Bytes(Bytes),
    /// It has room again, after so many bytes in so many pieces of ours.
    Taken(usize, usize),
    /// Its peer ended its half.
    Ended,
    /// It is gone.
    Lost(Reason),
    /// The connection onward was made, or why not.
    Dialled(Result<(), Arc<str>>),
}

/// The way to the other half. When it is dropped without a word, as with a message that nobody
/// read, the other half hears that this one is gone.
#[derive(Debug)]
pub(crate) struct Tie(Option<Mailbox<Relay>>);

impl Tie {
    pub(crate) fn new(mailbox: Mailbox<Relay>) -> Self {
        Self(Some(mailbox))
    }

    pub(crate) fn post(&self, word: Word) -> Result<(), PostError> {
        let mailbox = self.0.as_ref().ok_or(PostError::Closed)?;
        mailbox.post(Relay(word))
    }

    fn cut(&mut self, reason: &Reason) {
        if let Some(mailbox) = self.0.take() {
            // It may be gone itself.
            let _ = mailbox.post(Relay(Word::Lost(reason.clone())));
        }
    }
}

impl Drop for Tie {
    fn drop(&mut self) {
        self.cut(&Reason::Aborted);
    }
}

/// One half: what it gave to the other, and what it took from it.
#[derive(Debug, Default)]
pub(crate) struct Half {
    other: Option<Tie>,
    /// With the other half, and not told to have been taken.
    given: usize,
    given_pieces: usize,
    /// From the other half, and not told to have been taken, since our peer does not keep up.
    owed: usize,
    owed_pieces: usize,
    ended: bool,
    others_ended: bool,
    paused: bool,
}

type Cx<'a> = Context<'a, Relay>;

impl Half {
    /// Reads nothing until the other half is there.
    pub(crate) fn wait(&mut self, cx: &mut Cx<'_>) {
        self.paused = true;
        cx.pause_reading();
    }

    /// The other half is reached so; reading begins.
    pub(crate) fn join(&mut self, cx: &mut Cx<'_>, other: Tie) {
        self.other = Some(other);
        self.arrange(cx);
    }

    /// Gives input to the other half.
    pub(crate) fn give(&mut self, cx: &mut Cx<'_>, input: &mut BytesMut) {
        // A piece cut from the input keeps its whole block from being used again.
        let bytes = if input.len() < COPY {
            let copy = Bytes::copy_from_slice(input);
            input.clear();
            copy
        } else {
            input.split().freeze()
        };
        self.given += bytes.len();
        self.given_pieces += 1;
        self.tell(cx, Word::Bytes(bytes));
        self.arrange(cx);
    }

    /// Our peer ended its half.
    pub(crate) fn end(&mut self, cx: &mut Cx<'_>) {
        self.ended = true;
        self.tell(cx, Word::Ended);
        self.close_if_done(cx);
    }

    /// The other half says something.
    pub(crate) fn hear(&mut self, cx: &mut Cx<'_>, word: Word) {
        match word {
            Word::Joined(other) => self.join(cx, other),
            Word::Bytes(bytes) => {
                self.owed += bytes.len();
                self.owed_pieces += 1;
                cx.send(bytes);
                self.settle(cx);
            }
            Word::Taken(bytes, pieces) => {
                self.given -= bytes;
                self.given_pieces -= pieces;
                self.arrange(cx);
            }
            Word::Ended => {
                self.others_ended = true;
                cx.write_eof();
                self.close_if_done(cx);
            }
            Word::Lost(reason) if reason.is_clean() => cx.close(),
            // What ended early must not look as if it were whole.
            Word::Lost(_) => cx.abort(),
            Word::Dialled(Ok(())) => {}
            Word::Dialled(Err(why)) => {
                tracing::warn!(peer = %cx.peer().address, %why, "cannot forward a connection");
                cx.close();
            }
        }
    }

    /// Tells the other half that there is room, once there is.
    pub(crate) fn settle(&mut self, cx: &mut Cx<'_>) {
        if self.owed > 0 && cx.outflow() == Flow::Open {
            let taken = Word::Taken(self.owed, self.owed_pieces);
            (self.owed, self.owed_pieces) = (0, 0);
            self.tell(cx, taken);
        }
    }

    /// The connection is gone.
    pub(crate) fn lose(&mut self, reason: &Reason) {
        if let Some(other) = &mut self.other {
            other.cut(reason);
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, word: Word) {
        let posted = self.other.as_ref().map(|other| other.post(word));
        // Where the other half is gone, its last word is under way to us.
        if let Some(Err(PostError::Full { limit })) = posted {
            tracing::error!(limit, "a mailbox is too small to forward a connection");
            cx.abort();
        }
    }

    /// Reads on, or not.
    fn arrange(&mut self, cx: &mut Cx<'_>) {
        let pause = self.given >= WINDOW || self.given_pieces >= PIECES;
        if pause != self.paused {
            self.paused = pause;
            if pause {
                cx.pause_reading();
            } else {
                cx.resume_reading();
            }
        }
    }

    fn close_if_done(&mut self, cx: &mut Cx<'_>) {
        if self.ended && self.others_ended {
            cx.close();
        }
    }
}

/// Bytes with the other half at which a half reads nothing more; and pieces.
const WINDOW: usize = 128 * 1024;
const PIECES: usize = 64;
/// Smaller pieces are copied.
const COPY: usize = 16 * 1024;

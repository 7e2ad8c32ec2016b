//! What a reactor thread keeps by token: connections, listeners, watched descriptors.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;

use ropewalk_protocol::{Interest, Lane, Reason, Said, Token, Wheel};

use super::{inbox::Inbox, poller::Found};

/// Room for one read.
pub(crate) const READ: usize = 64 * 1024;
/// Connections that may wait to be flushed later in the turn; a write buffer is kept for each.
pub(crate) const DIRTY: usize = 1024;
/// The largest write buffer worth keeping.
const SPARE: usize = 4 * 1024;

/// Something that a thread's poller, wheel or inbox wakes by its token.
pub(crate) trait Entry {
    /// It is on the thread now.
    fn start(&mut self, turn: &mut Turn) -> Next {
        let _ = turn;
        Next::Stay
    }
    /// The poller found it ready.
    fn ready(&mut self, found: Found, turn: &mut Turn) -> Next;
    /// It was woken, or its time has come.
    fn wake(&mut self, turn: &mut Turn) -> Next;
    /// A message waits in its mailbox. What that leads to is sent by a later `flush`.
    fn post(&mut self, turn: &mut Turn) -> Next {
        let _ = turn;
        Next::Stay
    }
    /// Something was said to a group it is in.
    fn deliver(&mut self, said: &dyn Said, flush: Flush, turn: &mut Turn) -> Next {
        let _ = (said, flush, turn);
        Next::Stay
    }
    /// Sends what is queued.
    fn flush(&mut self, turn: &mut Turn) -> Next {
        let _ = turn;
        Next::Stay
    }
    /// Somebody wants other events of a watched descriptor.
    fn interest(&mut self, interest: Interest, turn: &mut Turn) -> Next {
        let _ = (interest, turn);
        Next::Stay
    }
    /// The reactor stops: finish in good order.
    fn close(&mut self, turn: &mut Turn) -> Next;
    /// Lets go of everything, now.
    fn lose(&mut self, reason: &Reason, turn: &mut Turn);
    /// What it is.
    fn kind(&self) -> Kind;
    /// What a log line about it says.
    fn describe(&self) -> String;
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Stream,
    Listener,
    Watch,
}

/// What becomes of an entry.
pub(crate) enum Next {
    Stay,
    Gone,
    Become(Box<dyn Entry>),
}

/// Whether a delivery is sent at once or with others, later in the turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Flush {
    Now,
    Later,
}

/// What a thread lends to the entry it calls.
pub(crate) struct Turn {
    pub(crate) now: Instant,
    /// The entry that is being called.
    pub(crate) token: Token,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) lane: Arc<dyn Lane>,
    pub(crate) wheel: Wheel<Token>,
    /// The one read buffer of the thread.
    pub(crate) input: BytesMut,
    /// The one write buffer of the thread.
    pub(crate) spare: Vec<u8>,
    spares: Vec<Vec<u8>>,
}

impl Turn {
    pub(crate) fn new(inbox: &Arc<Inbox>, now: Instant) -> Self {
        Self {
            now,
            token: Token(0),
            inbox: Arc::clone(inbox),
            lane: Arc::clone(inbox) as Arc<dyn Lane>,
            wheel: Wheel::new(now),
            input: BytesMut::with_capacity(READ),
            spare: Vec::with_capacity(READ),
            spares: Vec::new(),
        }
    }

    /// A write buffer for an entry that is flushed later.
    pub(crate) fn lend(&mut self) -> Vec<u8> {
        self.spares.pop().unwrap_or_default()
    }

    pub(crate) fn give_back(&mut self, buffer: Vec<u8>) {
        let worth = (1..=SPARE).contains(&buffer.capacity());
        if worth && self.spares.len() < DIRTY {
            self.spares.push(buffer);
        }
    }
}

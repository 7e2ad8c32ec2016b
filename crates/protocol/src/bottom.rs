//! The transport at the bottom of every stack.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Flow, Limits, Outbox, Peer, Reason, Transport};

/// The transport at the bottom of every stack.
pub(crate) struct Bottom {
    pub(crate) outbox: Outbox,
    pub(crate) peer: Peer,
    pub(crate) limits: Arc<Limits>,
    pub(crate) phase: Phase,
    pub(crate) reading_paused: bool,
    /// Reading was resumed since input was last offered.
    pub(crate) resumed: bool,
    /// Queued output passed the high watermark and has not come down to the low one.
    pub(crate) above: bool,
    pub(crate) ending: Ending,
    pub(crate) over: Option<Box<Reason>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    Open,
    /// Sending what is queued and discarding what comes.
    Closing,
}

/// Our half of the stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ending {
    No,
    Asked,
    Done,
}

impl Bottom {
    pub(crate) fn new(peer: Peer, limits: Arc<Limits>) -> Self {
        Self {
            outbox: Outbox::default(),
            peer,
            limits,
            phase: Phase::Open,
            reading_paused: false,
            resumed: false,
            above: false,
            ending: Ending::No,
            over: None,
        }
    }

    pub(crate) fn lose(&mut self, reason: Reason) {
        if self.over.is_none() {
            self.over = Some(Box::new(reason));
        }
    }

    pub(crate) fn check_outbox(&mut self) {
        let queued = self.outbox.len();
        let limit = self.limits.outbox;
        if queued > limit {
            self.lose(Reason::OutboxFull { queued, limit });
        } else if queued >= self.limits.high_watermark {
            self.above = true;
        }
    }

    fn accepts(&self) -> bool {
        self.phase == Phase::Open && self.ending == Ending::No && self.over.is_none()
    }
}

impl Transport for Bottom {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if self.accepts() {
            self.outbox.write(bytes);
        }
    }

    #[inline]
    fn send(&mut self, bytes: Bytes) {
        if self.accepts() {
            self.outbox.send(bytes);
        }
    }

    fn pause_reading(&mut self) {
        self.reading_paused = true;
    }

    fn resume_reading(&mut self) {
        self.resumed |= self.reading_paused;
        self.reading_paused = false;
    }

    fn write_eof(&mut self) {
        if self.ending == Ending::No {
            self.ending = Ending::Asked;
        }
    }

    fn close(&mut self) {
        self.write_eof();
        self.phase = Phase::Closing;
    }

    fn abort(&mut self) {
        self.lose(Reason::Aborted);
    }

    #[inline]
    fn flow(&self) -> Flow {
        match self.outflow() {
            Flow::Open if self.reading_paused => Flow::Paused,
            flow => flow,
        }
    }

    #[inline]
    fn outflow(&self) -> Flow {
        if self.phase == Phase::Closing || self.over.is_some() {
            Flow::Closing
        } else if self.above || self.outbox.len() >= self.limits.high_watermark {
            Flow::Paused
        } else {
            Flow::Open
        }
    }

    #[inline]
    fn queued(&self) -> usize {
        self.outbox.len()
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

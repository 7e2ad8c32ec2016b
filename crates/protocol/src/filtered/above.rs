//! The transport that the protocol above a filter sees.

use bytes::Bytes;

use crate::{Flow, Outbox, Peer, Transport};

/// What the protocol above has asked for.
#[derive(Default)]
pub(super) struct Layer {
    /// Written, and not encoded.
    out: Outbox,
    /// Written before `start_tls`; leaves in plain.
    before_tls: Outbox,
    pub(super) tls: Tls,
    pub(super) ending: Ending,
    pub(super) closing: bool,
    failed: bool,
    paused: bool,
    below_paused: bool,
    /// The filter takes no input for now.
    pub(super) filter_paused: bool,
    /// Output passed the high watermark, and nobody was told that it fell.
    pub(super) above: bool,
    /// Plain input waits behind a pause.
    pub(super) stalled: bool,
    pub(super) can_start_tls: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Tls {
    #[default]
    No,
    Asked,
    Underway,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Ending {
    #[default]
    No,
    Asked,
    Done,
}

impl Layer {
    pub(super) fn flow(&self, below: &dyn Transport, high: usize) -> Flow {
        // What the filter does not read for now is no matter to the protocol above it.
        let below_flow = if self.filter_paused { below.outflow() } else { below.flow() };
        match self.outflow(below, below_flow, high) {
            Flow::Open if self.paused => Flow::Paused,
            flow => flow,
        }
    }

    fn outflow(&self, below: &dyn Transport, below_flow: Flow, high: usize) -> Flow {
        let paused = self.above || self.tls != Tls::No;
        match below_flow {
            _ if self.closing || self.failed => Flow::Closing,
            Flow::Open if paused || self.held() + below.queued() >= high => Flow::Paused,
            flow => flow,
        }
    }

    pub(super) fn held(&self) -> usize {
        self.out.len() + self.before_tls.len()
    }

    /// What is to be encoded next.
    pub(super) fn current(&mut self) -> &mut Outbox {
        if self.tls == Tls::Asked { &mut self.before_tls } else { &mut self.out }
    }

    /// Pauses and resumes what is below, as far as it follows from here.
    pub(super) fn sync(&mut self, below: &mut dyn Transport) {
        let holds = self.above && self.held() > 0;
        let pause = match self.tls {
            _ if self.failed => false,
            Tls::No => (self.paused || holds || self.filter_paused) && !self.closing,
            Tls::Asked => true,
            Tls::Underway => self.filter_paused,
        };
        if pause != self.below_paused {
            self.below_paused = pause;
            if pause {
                below.pause_reading();
            } else {
                below.resume_reading();
            }
        }
    }

    pub(super) fn fail(&mut self) {
        self.failed = true;
        self.out.clear();
        self.before_tls.clear();
    }

    pub(super) fn is_failed(&self) -> bool {
        self.failed
    }

    /// Whether nobody wants input any more.
    pub(super) fn discards(&self) -> bool {
        self.failed || self.closing && self.tls == Tls::No
    }

    fn accepts(&self) -> bool {
        !self.closing && !self.failed && self.ending == Ending::No
    }
}

pub(super) struct Above<'a> {
    pub(super) below: &'a mut (dyn Transport + 'a),
    pub(super) layer: &'a mut Layer,
    pub(super) peer: Option<&'a Peer>,
    pub(super) high: usize,
}

impl Transport for Above<'_> {
    fn write(&mut self, bytes: &[u8]) {
        if self.layer.accepts() {
            self.layer.out.write(bytes);
        }
    }

    fn send(&mut self, bytes: Bytes) {
        if self.layer.accepts() {
            self.layer.out.send(bytes);
        }
    }

    fn pause_reading(&mut self) {
        self.layer.paused = true;
    }

    fn resume_reading(&mut self) {
        self.layer.stalled |= self.layer.paused;
        self.layer.paused = false;
        self.layer.sync(self.below);
    }

    fn write_eof(&mut self) {
        if self.layer.ending == Ending::No {
            self.layer.ending = Ending::Asked;
        }
    }

    fn close(&mut self) {
        self.write_eof();
        self.layer.closing = true;
    }

    fn abort(&mut self) {
        self.layer.fail();
        self.below.abort();
    }

    fn flow(&self) -> Flow {
        self.layer.flow(self.below, self.high)
    }

    fn outflow(&self) -> Flow {
        self.layer.outflow(self.below, self.below.outflow(), self.high)
    }

    fn queued(&self) -> usize {
        self.layer.held() + self.below.queued()
    }

    fn peer(&self) -> &Peer {
        self.peer.unwrap_or_else(|| self.below.peer())
    }

    fn can_start_tls(&self) -> bool {
        self.layer.can_start_tls || self.below.can_start_tls()
    }

    fn start_tls(&mut self) {
        if self.layer.tls == Tls::No && self.can_start_tls() {
            self.layer.tls = Tls::Asked;
            self.layer.before_tls = std::mem::take(&mut self.layer.out);
        }
    }
}

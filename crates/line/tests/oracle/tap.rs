//! A transport that shows what is written to it.

use bytes::Bytes;
use ropewalk_protocol::{Flow, Peer, Transport};

/// Passes everything on, and writes down what is written.
pub(crate) struct Tap<'a> {
    pub(crate) below: &'a mut dyn Transport,
    pub(crate) written: Vec<u8>,
}

impl Transport for Tap<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        self.below.write(bytes);
    }

    fn send(&mut self, bytes: Bytes) {
        self.written.extend_from_slice(&bytes);
        self.below.send(bytes);
    }

    fn pause_reading(&mut self) {
        self.below.pause_reading();
    }

    fn resume_reading(&mut self) {
        self.below.resume_reading();
    }

    fn write_eof(&mut self) {
        self.below.write_eof();
    }

    fn close(&mut self) {
        self.below.close();
    }

    fn abort(&mut self) {
        self.below.abort();
    }

    fn flow(&self) -> Flow {
        self.below.flow()
    }

    fn queued(&self) -> usize {
        self.below.queued()
    }

    fn peer(&self) -> &Peer {
        self.below.peer()
    }
}

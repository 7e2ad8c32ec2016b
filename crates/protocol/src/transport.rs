//! What a protocol can ask of its connection.

use bytes::Bytes;

use crate::Peer;

/// What a protocol can ask of its connection.
///
/// Everything is recorded in order and done after the callback: no method blocks, fails or does
/// I/O. Every layer offers the same interface to the layer above it.
pub trait Transport {
    /// Queues a copy of `bytes`.
    fn write(&mut self, bytes: &[u8]);
    /// Queues `bytes` by reference: one buffer can be queued on any number of connections.
    ///
    /// Small buffers are copied all the same, since that costs less than sharing them.
    fn send(&mut self, bytes: Bytes);
    /// Stops [`data_received`](crate::Protocol::data_received) until
    /// [`resume_reading`](Self::resume_reading). What has arrived is kept.
    fn pause_reading(&mut self);
    /// Undoes [`pause_reading`](Self::pause_reading); what was kept comes first.
    fn resume_reading(&mut self);
    /// Ends this half of the connection once what is queued has left.
    fn write_eof(&mut self);
    /// Closes the connection once what is queued has left. Nothing more is received.
    fn close(&mut self);
    /// Closes the connection now and drops what is queued.
    fn abort(&mut self);
    /// Whether to go on reading and writing.
    fn flow(&self) -> Flow;
    /// The same for output alone: open also where only reading is paused.
    fn outflow(&self) -> Flow {
        self.flow()
    }
    /// Bytes not yet sent, here and in the layers below.
    fn queued(&self) -> usize;
    /// Who is at the other end.
    fn peer(&self) -> &Peer;
    /// Whether [`start_tls`](Self::start_tls) would do anything.
    fn can_start_tls(&self) -> bool {
        false
    }
    /// Begins a TLS handshake after what is already queued. Nothing more is received until
    /// [`secured`](crate::Protocol::secured).
    fn start_tls(&mut self) {}
}

/// Whether a connection takes more, as [`Transport::flow`] tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flow {
    /// Go on.
    Open,
    /// Reading is paused, or so much output is queued that it should be: handle no more input
    /// and wait for [`drained`](crate::Protocol::drained).
    Paused,
    /// The connection is closing or gone: what is written now is dropped.
    Closing,
}

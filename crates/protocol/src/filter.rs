//! Bytes to bytes, both ways: TLS, compression, a throttle, a header.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::{Malformed, Outbox, Peer, Reason, Transport};

/// Turns what comes from the wire into plain bytes, and plain bytes into what goes to the wire.
///
/// [`Filtered`](crate::Filtered) plumbs it below a protocol, and does everything that all filters
/// would do alike: pausing, ends of file, closing, deadlines.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Filter, Malformed, Outbox, Wire};
///
/// /// Every bit turned over.
/// struct Inverse;
///
/// impl Filter for Inverse {
///     fn decode(
///         &mut self,
///         _: &mut Wire<'_>,
///         input: &mut BytesMut,
///         plain: &mut BytesMut,
///     ) -> Result<(), Malformed> {
///         plain.extend(input.split().iter().map(|byte| !byte));
///         Ok(())
///     }
///
///     fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
///         while !plain.is_empty() {
///             let inverse: Vec<u8> = plain.front().iter().map(|byte| !byte).collect();
///             wire.write(&inverse);
///             plain.consume(inverse.len());
///         }
///     }
/// }
/// ```
pub trait Filter {
    /// The connection stands. Filters that begin with a handshake or a header override this and
    /// say [`Wire::open`] later; the protocol above is made only then.
    fn connection_made(&mut self, wire: &mut Wire<'_>) {
        wire.open();
    }

    /// Takes bytes from `input` and adds what they mean to `plain`. What it leaves in `input` comes
    /// back, in front of what arrives next.
    ///
    /// A filter whose output can be much larger than its input adds a limited amount to `plain`
    /// (64 KiB, say) and leaves the rest of the input: it is called again when that was taken.
    ///
    /// # Errors
    /// [`Malformed`] ends the connection, like [`Wire::fail`].
    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed>;

    /// Writes what `plain` holds to `wire`; called once at the end of a turn in which something was
    /// written, and again after [`timed_out`](Self::timed_out) and when there is room below.
    ///
    /// What it leaves in `plain` it holds back. While that is more than the high watermark, what is
    /// above is paused.
    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox);

    /// Writes the goodbye: our half ends after this. Everything plain has been encoded.
    fn finish(&mut self, wire: &mut Wire<'_>) {
        let _ = wire;
    }

    /// The peer ended its half of the wire. Filters with an end of their own inside the stream say
    /// [`Wire::fail`] when that did not come.
    fn eof_received(&mut self, wire: &mut Wire<'_>) {
        wire.end();
    }

    /// When [`timed_out`](Self::timed_out) is to be called. It fires once, until it changes.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The [`deadline`](Self::deadline) has come.
    fn timed_out(&mut self, wire: &mut Wire<'_>) {
        let _ = wire;
    }

    /// Whether [`start_tls`](Self::start_tls) would begin a handshake.
    fn can_start_tls(&self) -> bool {
        false
    }

    /// Begins a handshake; what was plain until now has been encoded. [`Wire::secured`] ends it:
    /// until then nothing plain is given to the protocol or asked to be encoded.
    fn start_tls(&mut self, wire: &mut Wire<'_>) {
        let _ = wire;
    }
}

/// A filter chosen while the program runs.
impl<F: Filter + ?Sized> Filter for Box<F> {
    fn connection_made(&mut self, wire: &mut Wire<'_>) {
        (**self).connection_made(wire);
    }

    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        (**self).decode(wire, input, plain)
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        (**self).encode(wire, plain);
    }

    fn finish(&mut self, wire: &mut Wire<'_>) {
        (**self).finish(wire);
    }

    fn eof_received(&mut self, wire: &mut Wire<'_>) {
        (**self).eof_received(wire);
    }

    fn deadline(&self) -> Option<Instant> {
        (**self).deadline()
    }

    fn timed_out(&mut self, wire: &mut Wire<'_>) {
        (**self).timed_out(wire);
    }

    fn can_start_tls(&self) -> bool {
        (**self).can_start_tls()
    }

    fn start_tls(&mut self, wire: &mut Wire<'_>) {
        (**self).start_tls(wire);
    }
}

/// What a [`Filter`] holds while it is called: the transport below it, and what it can tell.
pub struct Wire<'a> {
    below: &'a mut (dyn Transport + 'a),
    told: &'a mut Told,
    now: Instant,
}

/// What a filter has told and nobody has acted on yet; and the peer as it amended it.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) open: bool,
    pub(crate) secured: bool,
    pub(crate) end: bool,
    pub(crate) failure: Option<Box<Reason>>,
    pub(crate) peer: Option<Box<Peer>>,
    /// The filter takes no input for now.
    pub(crate) paused: bool,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(
        below: &'a mut (dyn Transport + 'a),
        told: &'a mut Told,
        now: Instant,
    ) -> Self {
        Self { below, told, now }
    }

    /// Queues a copy of `bytes` below.
    pub fn write(&mut self, bytes: &[u8]) {
        self.below.write(bytes);
    }

    /// Queues `bytes` below by reference.
    pub fn send(&mut self, bytes: Bytes) {
        self.below.send(bytes);
    }

    /// Moves all of `plain` below as it is.
    pub fn pass(&mut self, plain: &mut Outbox) {
        plain.move_to(self.below);
    }

    /// Takes no input until [`resume_reading`](Self::resume_reading): what the filter left in
    /// `input`, what arrives, and an end of file wait below.
    pub fn pause_reading(&mut self) {
        self.told.paused = true;
    }

    /// Undoes [`pause_reading`](Self::pause_reading); what was left comes first.
    pub fn resume_reading(&mut self) {
        self.told.paused = false;
    }

    /// The handshake or header is done: the protocol above is made now, and sees the
    /// [amended](Self::amend) peer.
    pub fn open(&mut self) {
        self.told.open = true;
    }

    /// The handshake that [`Filter::start_tls`] began is done.
    pub fn secured(&mut self) {
        self.told.secured = true;
    }

    /// The peer ended its half of the plain stream.
    pub fn end(&mut self) {
        self.told.end = true;
    }

    /// Ends the connection; what was written here still leaves, and the protocol above hears
    /// `reason` in [`connection_lost`](crate::Protocol::connection_lost).
    pub fn fail(&mut self, reason: Reason) {
        self.told.failure.get_or_insert_with(|| Box::new(reason));
    }

    /// The peer, to be changed for all layers above.
    pub fn amend(&mut self) -> &mut Peer {
        self.told.peer.get_or_insert_with(|| Box::new(self.below.peer().clone()))
    }

    /// Who is at the other end, as far as this layer knows.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.told.peer.as_deref().unwrap_or_else(|| self.below.peer())
    }

    /// Bytes queued below and not yet sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.below.queued()
    }

    /// The time; one for the whole turn.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }
}

impl std::fmt::Debug for Wire<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("peer", self.peer()).finish_non_exhaustive()
    }
}

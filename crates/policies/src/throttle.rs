//! So many bytes a second, either way.

use std::time::Instant;

use bytes::BytesMut;

use ropewalk_protocol::{Filter, Malformed, Outbox, Wire};

use crate::{Bucket, draw::Draw};

/// A [`Filter`] that lets through what its buckets give.
///
/// What it cannot read stays where it is: the connection reads nothing more, and so the peer is
/// slowed down. What it cannot write it holds, and while that is more than the high watermark the
/// protocol above is paused. Nothing is dropped, and ends of file keep their place.
///
/// Connections that share a bucket get their share in turn. How fine the turns are follows from the
/// rate: a 64th of a second's worth, or 256 bytes.
///
/// ```
/// use ropewalk_policies::{Bucket, Rate, Throttle};
/// use ropewalk_protocol::{Filtered, factory};
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::{Context, Protocol};
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// // A megabyte a second for all together, 100 kB a second for each; what they send is free.
/// let all = Bucket::new(Rate::per_second(1_000_000));
/// let throttled = factory(move |_| {
///     let one = all.child(Rate::per_second(100_000));
///     Some(Filtered::new(Throttle::default().writing(one), factory(|_| Some(Echo))))
/// });
/// # let _ = throttled;
/// ```
#[derive(Debug, Default)]
pub struct Throttle {
    reads: Option<Draw>,
    writes: Option<Draw>,
}

impl Throttle {
    /// Reads what `bucket` gives. For one connection: a bucket for all is its parent.
    #[must_use]
    pub fn reading(self, bucket: Bucket) -> Self {
        Self { reads: Some(Draw::new(bucket)), ..self }
    }

    /// Writes what `bucket` gives. The same bucket may be given for both ways.
    #[must_use]
    pub fn writing(self, bucket: Bucket) -> Self {
        Self { writes: Some(Draw::new(bucket)), ..self }
    }
}

impl Filter for Throttle {
    fn decode(
        &mut self,
        wire: &mut Wire<'_>,
        input: &mut BytesMut,
        plain: &mut BytesMut,
    ) -> Result<(), Malformed> {
        let Some(reads) = &mut self.reads else {
            plain.unsplit(input.split());
            return Ok(());
        };
        let granted = granted(reads, wire, input.len());
        plain.unsplit(input.split_to(granted));
        if !input.is_empty() {
            wire.pause_reading();
        }
        Ok(())
    }

    fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
        let Some(writes) = &mut self.writes else {
            return wire.pass(plain);
        };
        let mut granted = granted(writes, wire, plain.len());
        if granted == plain.len() {
            return wire.pass(plain);
        }
        while granted > 0 {
            let front = plain.front();
            let count = front.len().min(granted);
            wire.write(&front[..count]);
            plain.consume(count);
            granted -= count;
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let wakes = [&self.reads, &self.writes].map(|draw| draw.as_ref().and_then(Draw::wake));
        wakes.into_iter().flatten().min()
    }

    fn timed_out(&mut self, wire: &mut Wire<'_>) {
        let now = wire.now();
        if self.reads.as_mut().is_some_and(|reads| reads.wakes(now)) {
            wire.resume_reading();
        }
        if let Some(writes) = &mut self.writes {
            writes.wakes(now); // what waits to be written is encoded after this in any case
        }
    }
}

fn granted(draw: &mut Draw, wire: &Wire<'_>, want: usize) -> usize {
    // The grant is no more than what was wanted, which was a usize.
    usize::try_from(draw.grant(wire.now(), want as u64)).unwrap_or(want)
}

//! A connection without I/O, and the ways to feed it.

use std::{fmt::Debug, sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_protocol::{
    Codec, Connection, Context, Framed, Limits, Malformed, Peer, Protocol, Receiver,
};

pub(crate) struct Harness<P: Protocol> {
    pub(crate) connection: Connection<P>,
    pub(crate) now: Instant,
}

impl<P: Protocol> Harness<P> {
    pub(crate) fn new(protocol: P) -> Self {
        let limits = Arc::new(Limits::default());
        let now = Instant::now();
        let mut connection = Connection::new(protocol, Peer::unnamed(), limits);
        connection.start(now);
        Self { connection, now }
    }

    pub(crate) fn feed(&mut self, data: &[u8]) {
        self.connection.feed(self.now, &mut BytesMut::from(data));
    }

    pub(crate) fn tell(&mut self, message: P::Message)
    where
        P::Message: Debug,
    {
        self.connection.mailbox().post(message).unwrap();
        self.connection.post(self.now);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.connection.wants_shutdown()
    }

    pub(crate) fn protocol(&self) -> &P {
        self.connection.protocol()
    }

    pub(crate) fn written(&mut self) -> Vec<u8> {
        let written = self.connection.outgoing().to_vec();
        self.connection.sent(self.now, written.len());
        written
    }
}

/// Writes frames down.
#[derive(Default)]
pub(crate) struct Frames {
    pub(crate) all: Vec<Vec<u8>>,
    pub(crate) refused: Option<Malformed>,
}

impl<C: for<'a> Codec<Frame<'a> = &'a [u8]>> Receiver<C> for Frames {
    type Message = ();

    fn frame_received(&mut self, _: &mut Context<'_, ()>, _: &mut C, frame: &[u8]) {
        self.all.push(frame.to_vec());
    }

    fn malformed(&mut self, cx: &mut Context<'_, ()>, why: Malformed) {
        self.refused = Some(why);
        cx.close();
    }
}

/// What a codec makes of chunks: the frames, and what it refused.
pub(crate) fn cut<C>(codec: C, chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Option<Malformed>)
where
    C: for<'a> Codec<Frame<'a> = &'a [u8]>,
{
    let mut harness = Harness::new(Framed::new(codec, Frames::default()));
    chunks.iter().for_each(|chunk| harness.feed(chunk));
    let frames = harness.protocol().receiver();
    (frames.all.clone(), frames.refused.clone())
}

/// Feeds `input` whole, in two pieces cut at every byte, and byte by byte; the frames are always
/// the same, and so is whether it was refused.
pub(crate) fn at_every_cut<C>(codec: &C, input: &[u8]) -> (Vec<Vec<u8>>, Option<Malformed>)
where
    C: for<'a> Codec<Frame<'a> = &'a [u8]> + Clone,
{
    let whole = cut(codec.clone(), &[input]);
    let mut ways: Vec<Vec<&[u8]>> =
        (0..input.len()).map(|at| vec![&input[..at], &input[at..]]).collect();
    ways.push(input.chunks(1).collect());
    for way in ways {
        let (frames, refused) = cut(codec.clone(), &way);
        assert_eq!(frames, whole.0, "cut as {way:?}");
        assert_eq!(refused.is_some(), whole.1.is_some(), "cut as {way:?}");
    }
    whole
}

pub(crate) fn owned<T: AsRef<[u8]>>(frames: &[T]) -> Vec<Vec<u8>> {
    frames.iter().map(|it| it.as_ref().to_vec()).collect()
}

//! Protocols on a stream of `futures::io`.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::future::{block_on, poll_once, zip};
use ropewalk_clock::ManualClock;
use ropewalk_protocol::{Framed, Limits, Peer, Reason, drive};

use crate::scripted::{Lines, Recorder};

/// One direction of a stream that holds a few bytes.
#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    closed: bool,
    wakers: Vec<Waker>,
}

type Shared = Arc<Mutex<Way>>;

struct End {
    reads: Shared,
    writes: Shared,
}

fn pipe() -> (End, End) {
    let (one, two) = (Shared::default(), Shared::default());
    (End { reads: Arc::clone(&one), writes: Arc::clone(&two) }, End { reads: two, writes: one })
}

impl Way {
    fn changed<T>(&mut self, result: T) -> Poll<io::Result<T>> {
        self.wakers.drain(..).for_each(Waker::wake);
        Poll::Ready(Ok(result))
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<io::Result<T>> {
        self.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut way = self.reads.lock().unwrap();
        let count = buffer.len().min(way.bytes.len());
        if count == 0 && !way.closed {
            return way.wait(cx);
        }
        buffer.iter_mut().zip(way.bytes.drain(..count)).for_each(|(to, from)| *to = from);
        way.changed(count)
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut way = self.writes.lock().unwrap();
        let count = bytes.len().min(100 - way.bytes.len());
        if count == 0 {
            return way.wait(cx);
        }
        way.bytes.extend(&bytes[..count]);
        way.changed(count)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut way = self.writes.lock().unwrap();
        way.closed = true;
        way.changed(())
    }
}

fn run<P: ropewalk_protocol::Protocol>(
    end: End,
    protocol: P,
    clock: &ManualClock,
) -> impl Future<Output = Reason> {
    drive(end, protocol, Peer::unnamed(), Arc::new(Limits::default()), clock.clone())
}

#[test]
fn two_protocols_talk_over_a_stream_that_holds_little() {
    let (one, two) = pipe();
    let clock = ManualClock::new();
    let asks = ropewalk_protocol::Dialogue::new(|mut talk| async move {
        talk.write(&[b'x'; 1000]);
        talk.write(b"\n");
        talk.write_eof();
        let mut total = 0;
        while let Some(line) = talk.next().await {
            let line: Vec<u8> = line;
            total += line.len();
        }
        assert_eq!(total, 1000);
    });
    let asks = run(one, Framed::new(Short, asks), &clock);
    let (asked, echoed) = block_on(zip(asks, run(two, Recorder::default(), &clock)));
    assert!(asked.is_clean() && echoed.is_clean(), "{asked} and {echoed}");
}

/// Whatever there is, as a frame.
struct Short;

impl ropewalk_protocol::Codec for Short {
    type Frame<'a> = &'a [u8];

    fn split<'a>(
        &mut self,
        input: &'a mut [u8],
    ) -> Result<Option<(usize, &'a [u8])>, ropewalk_protocol::Malformed> {
        let text = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        Ok(Some((input.len(), &input[..text])))
    }
}

#[test]
fn deadlines_come_from_the_clock() {
    let (one, two) = pipe();
    let clock = ManualClock::new();
    let dialogue = ropewalk_protocol::Dialogue::<Vec<u8>>::new(|mut talk| async move {
        talk.sleep(Duration::from_secs(5)).await;
        talk.write(b"late");
    });
    let mut driven = Box::pin(run(one, Framed::new(Lines, dialogue), &clock));
    assert!(block_on(poll_once(driven.as_mut())).is_none());
    assert!(two.reads.lock().unwrap().bytes.is_empty());
    clock.advance(Duration::from_secs(5));
    assert!(block_on(poll_once(driven.as_mut())).is_none());
    assert_eq!(two.reads.lock().unwrap().bytes, *b"late");
    two.writes.lock().unwrap().closed = true;
    assert!(block_on(driven).is_clean());
}

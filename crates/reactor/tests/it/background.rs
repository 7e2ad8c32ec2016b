//! A reactor beside the test, and what it serves.

use std::{
    io::{Read, Write},
    thread::JoinHandle,
};

use bytes::BytesMut;
use ropewalk_protocol::{Context, Protocol, Reactor};

/// Writes back what it reads.
#[derive(Clone)]
pub(crate) struct Echo;

impl Protocol for Echo {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.send(input.split().freeze());
    }
}

/// A reactor that runs on a thread of its own until this is dropped.
pub(crate) struct Running<R: Reactor> {
    reactor: R,
    thread: Option<JoinHandle<()>>,
}

impl<R: Reactor> Running<R> {
    pub(crate) fn new(reactor: R) -> Self {
        let running = reactor.clone();
        let thread = Some(std::thread::spawn(move || running.run()));
        Self { reactor, thread }
    }
}

impl<R: Reactor> Drop for Running<R> {
    fn drop(&mut self) {
        self.reactor.call_when_running({
            let reactor = self.reactor.clone();
            move || reactor.stop()
        });
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

pub(crate) fn assert_echoes(client: &mut (impl Read + Write), text: &[u8]) {
    client.write_all(text).unwrap();
    let mut back = vec![0; text.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, text);
}

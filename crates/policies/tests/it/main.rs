//! The crate's behaviour, through its public face.

mod allocations;
mod buckets;
mod forwarding;
mod idle;
mod limits;
mod log;
mod networks;
mod sockets;
mod throttle;

use bytes::BytesMut;
use ropewalk_protocol::{Context, Protocol, Reason};

/// Sends back what arrives.
#[derive(Clone, Debug)]
struct Echo;

impl Protocol for Echo {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.send(input.split().freeze());
    }
}

/// Writes down what happens; `deadline`s are given by the test.
#[derive(Debug, Default)]
struct Diary {
    events: Vec<String>,
    deadline: Option<std::time::Instant>,
}

impl Protocol for Diary {
    type Message = ();

    fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
        self.events.push(String::from_utf8_lossy(&input.split()).into_owned());
    }

    fn eof_received(&mut self, cx: &mut Context<'_, ()>) {
        self.events.push("eof".into());
        cx.close();
    }

    fn deadline(&self) -> Option<std::time::Instant> {
        self.deadline
    }

    fn timed_out(&mut self, _: &mut Context<'_, ()>) {
        self.events.push("timed out".into());
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.events.push(format!("lost: {reason}"));
    }
}

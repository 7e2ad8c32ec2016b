//! One pipe to a child.

use bytes::BytesMut;

use crate::Outbox;

/// Which way bytes go, seen from the child.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Way {
    /// The child reads what this side writes.
    In,
    /// The child writes what this side reads.
    Out,
    /// Both, as on a socket.
    Both,
}

impl Way {
    /// Whether this side reads.
    #[must_use]
    pub fn reads(self) -> bool {
        self != Self::In
    }

    /// Whether this side writes.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Self::Out
    }
}

pub(super) struct Pipe {
    pub(super) fd: u32,
    pub(super) way: Way,
    pub(super) outbox: Outbox,
    /// Input that the protocol left, or that came while it was paused.
    pub(super) input: BytesMut,
    pub(super) paused: bool,
    pub(super) resumed: bool,
    /// Queued output passed the high watermark and has not come down to the low one.
    pub(super) above: bool,
    pub(super) closing: bool,
    /// The child ended its half; told once what was kept has been taken.
    pub(super) ended: bool,
}

impl Pipe {
    pub(super) fn new(fd: u32, way: Way) -> Self {
        Self {
            fd,
            way,
            outbox: Outbox::default(),
            input: BytesMut::new(),
            paused: false,
            resumed: false,
            above: false,
            closing: false,
            ended: false,
        }
    }
}

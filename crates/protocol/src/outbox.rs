//! Output that waits to be sent: small writes copied together, large ones shared.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

use crate::Transport;

/// Below this many bytes a [`Bytes`] is copied: sharing a 100-byte line costs more than copying it.
const SHARE: usize = 1024;
/// Sent bytes are cut off the front of a buffer that cannot be emptied when there are this many.
const COMPACT: usize = 16 * 1024;

/// A queue of bytes to be sent.
///
/// An empty outbox holds no memory: a driver lends it a buffer for the turn and takes it back when
/// all has been sent.
///
/// ```
/// use ropewalk_protocol::Outbox;
///
/// let mut outbox = Outbox::default();
/// outbox.write(b"one ");
/// outbox.write(b"two");
/// assert_eq!(outbox.front(), b"one two");
/// outbox.consume(4);
/// assert_eq!(outbox.front(), b"two");
/// ```
#[derive(Debug, Default)]
pub struct Outbox {
    /// Copied bytes, in order; those before `start` are sent.
    buffer: Vec<u8>,
    start: usize,
    /// Shared pieces and the place in `buffer` before which each belongs.
    shared: VecDeque<(usize, Bytes)>,
    /// Bytes in `shared`.
    shared_len: usize,
}

impl Outbox {
    /// Queues a copy.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Queues by reference, or a copy where that is cheaper.
    pub fn send(&mut self, bytes: Bytes) {
        if bytes.len() < SHARE {
            self.write(&bytes);
        } else {
            self.shared_len += bytes.len();
            self.shared.push_back((self.buffer.len(), bytes));
        }
    }

    /// Bytes queued.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.buffer.len() - self.start + self.shared_len
    }

    /// Whether nothing is queued.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first bytes queued: all of them, or as many as lie together.
    #[must_use]
    #[inline]
    pub fn front(&self) -> &[u8] {
        match self.shared.front() {
            Some((at, bytes)) if *at == self.start => bytes,
            Some((at, _)) => &self.buffer[self.start..*at],
            None => &self.buffer[self.start..],
        }
    }

    /// Whether [`front`](Self::front) is all there is.
    #[must_use]
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        self.shared.is_empty() || self.front().len() == self.len()
    }

    /// Fills `slices` from the front for a vectored write and returns how many it filled.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let mut from = self.start;
        let mut push = |bytes: &'a [u8]| {
            let room = filled < slices.len();
            if room && !bytes.is_empty() {
                slices[filled] = IoSlice::new(bytes);
                filled += 1;
            }
            room
        };
        for (at, bytes) in &self.shared {
            if !push(&self.buffer[from..*at]) || !push(bytes) {
                return filled;
            }
            from = *at;
        }
        push(&self.buffer[from..]);
        filled
    }

    /// Drops the first `count` bytes: they are sent.
    pub fn consume(&mut self, mut count: usize) {
        debug_assert!(count <= self.len(), "more was sent than queued");
        while let Some((at, bytes)) = self.shared.front_mut() {
            let copied = *at - self.start;
            if count < copied {
                break;
            }
            self.start = *at;
            count -= copied;
            if count < bytes.len() {
                bytes.advance(count);
                self.shared_len -= count;
                return;
            }
            count -= bytes.len();
            self.shared_len -= bytes.len();
            self.shared.pop_front();
        }
        self.start += count;
        if self.start == self.buffer.len() && self.shared.is_empty() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start >= COMPACT && self.start >= self.buffer.len() / 2 {
            self.compact();
        }
    }

    /// Moves everything into `below`.
    pub fn move_to(&mut self, below: &mut dyn Transport) {
        while !self.shared.is_empty() {
            let count = match self.shared.front_mut() {
                Some((at, bytes)) if *at == self.start => {
                    below.send(bytes.clone());
                    bytes.len()
                }
                _ => {
                    let front = self.front();
                    below.write(front);
                    front.len()
                }
            };
            self.consume(count);
        }
        if !self.is_empty() {
            let rest = self.len();
            below.write(&self.buffer[self.start..]);
            self.consume(rest);
        }
    }

    /// Drops everything, and the memory it was in.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes `spare` as its buffer when it has none.
    #[inline]
    pub fn lend(&mut self, spare: &mut Vec<u8>) {
        if self.buffer.capacity() == 0 {
            std::mem::swap(&mut self.buffer, spare);
        }
    }

    /// Gives its buffer back into `spare`, if nothing is queued.
    #[inline]
    pub fn reclaim(&mut self, spare: &mut Vec<u8>) {
        if self.buffer.is_empty() && self.shared.is_empty() && self.buffer.capacity() > 0 {
            let buffer = std::mem::take(&mut self.buffer);
            if spare.capacity() < buffer.capacity() {
                *spare = buffer;
            }
        }
    }

    fn compact(&mut self) {
        self.buffer.drain(..self.start);
        for (at, _) in &mut self.shared {
            *at -= self.start;
        }
        self.start = 0;
    }
}

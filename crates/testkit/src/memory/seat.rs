//! One end of a connection in memory: a protocol, and what is under way to it.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Waker,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use ropewalk_protocol::{Connection, Peer, Protocol, Reason};

use super::{Pace, broken};

/// Bytes that may be under way or unread in one direction.
pub(super) const WINDOW: usize = 64 * 1024;
const TICK: Duration = Duration::from_millis(1);

pub(super) struct End {
    /// Taken while it has its turn.
    pub(super) driven: Option<Box<dyn Driven>>,
    pub(super) other: u64,
    pub(super) peer: Peer,
    pub(super) inbox: VecDeque<(Instant, Piece)>,
    pace: Pace,
    allowance: usize,
    refill: Option<Instant>,
}

#[derive(Debug)]
pub(super) enum Piece {
    Bytes(BytesMut),
    Eof,
    Reset,
}

/// What one turn of an end sees of the network.
pub(super) struct Socket {
    pub(super) inbox: VecDeque<(Instant, Piece)>,
    pub(super) allowance: usize,
    pub(super) room: usize,
    pub(super) sent: Vec<Piece>,
}

/// A [`Seat`] of any protocol.
pub(super) trait Driven: Send {
    fn turn(&mut self, now: Instant, waker: &Waker, socket: &mut Socket) -> Option<Reason>;
    fn wants_input(&self) -> bool;
    fn deadline(&self) -> Option<Instant>;
    fn begin_shutdown(&mut self, now: Instant);
    fn finish(&mut self, reason: &Reason);
}

impl End {
    pub(super) fn new(driven: Box<dyn Driven>, other: u64, peer: Peer) -> Self {
        Self {
            driven: Some(driven),
            other,
            peer,
            inbox: VecDeque::new(),
            pace: Pace::Full,
            allowance: usize::MAX,
            refill: None,
        }
    }

    pub(super) fn set_pace(&mut self, pace: Pace, now: Instant) {
        self.pace = pace;
        (self.allowance, self.refill) = match pace {
            Pace::Full => (usize::MAX, None),
            Pace::Bytes(count) => (count, Some(now + TICK)),
            Pace::Stopped => (0, None),
        };
    }

    pub(super) fn reset(&mut self, now: Instant) {
        self.inbox.clear();
        self.inbox.push_back((now, Piece::Reset));
    }

    pub(super) fn buffered(&self) -> usize {
        self.inbox.iter().map(|(_, piece)| piece.len()).sum()
    }

    /// When this end has something to do, if nothing else happens.
    pub(super) fn next_event(&self, now: Instant) -> Option<Instant> {
        let driven = self.driven.as_ref()?;
        let input = self.inbox.front().and_then(|(at, piece)| match piece {
            Piece::Reset => Some(*at),
            _ if !driven.wants_input() => None,
            Piece::Bytes(_) if self.allowance == 0 => self.refill.map(|refill| refill.max(*at)),
            _ => Some(*at),
        });
        [driven.deadline(), input].into_iter().flatten().min().map(|at| at.max(now))
    }

    pub(super) fn socket(&mut self, now: Instant, room: usize) -> Socket {
        if let (Pace::Bytes(count), Some(refill)) = (self.pace, self.refill)
            && refill <= now
        {
            (self.allowance, self.refill) = (count, Some(now + TICK));
        }
        let inbox = std::mem::take(&mut self.inbox);
        Socket { inbox, allowance: self.allowance, room, sent: Vec::new() }
    }

    pub(super) fn put_back(&mut self, mut socket: Socket) {
        socket.inbox.append(&mut self.inbox);
        self.inbox = socket.inbox;
        self.allowance = socket.allowance;
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Eof | Self::Reset => 0,
        }
    }
}

impl Socket {
    /// What arrived and may be read now.
    fn read(&mut self, now: Instant, wants_input: bool) -> Option<Piece> {
        let (at, piece) = self.inbox.front_mut()?;
        if *at > now || !wants_input && !matches!(piece, Piece::Reset) {
            return None;
        }
        if let Piece::Bytes(bytes) = piece {
            if self.allowance == 0 {
                return None;
            }
            let count = bytes.len().min(self.allowance);
            if self.allowance != usize::MAX {
                self.allowance -= count;
            }
            if count < bytes.len() {
                return Some(Piece::Bytes(bytes.split_to(count)));
            }
        }
        self.inbox.pop_front().map(|(_, piece)| piece)
    }
}

pub(super) struct Seat<P: Protocol> {
    connection: Connection<P>,
    started: bool,
    panicked: bool,
}

impl<P: Protocol> Seat<P> {
    pub(super) fn new(connection: Connection<P>) -> Self {
        Self { connection, started: false, panicked: false }
    }

    fn work(&mut self, now: Instant, waker: &Waker, socket: &mut Socket) -> Option<Reason> {
        let connection = &mut self.connection;
        if !self.started {
            self.started = true;
            connection.start(now);
        }
        loop {
            let read = socket.read(now, connection.wants_input());
            let mut acted = read.is_some();
            match read {
                Some(Piece::Bytes(mut bytes)) => connection.feed(now, &mut bytes),
                Some(Piece::Eof) => connection.end(now),
                Some(Piece::Reset) => return Some(broken()),
                None => {}
            }
            acted |= connection.poll(now, Some(waker));
            while socket.room > 0 && !connection.outgoing().is_empty() {
                let front = connection.outgoing();
                let count = front.len().min(socket.room);
                socket.sent.push(Piece::Bytes(BytesMut::from(&front[..count])));
                socket.room -= count;
                connection.sent(now, count);
                acted = true;
            }
            if connection.wants_shutdown() {
                socket.sent.push(Piece::Eof);
                connection.shut_down(now);
                acted = true;
            }
            if let Some(reason) = connection.over() {
                return Some(reason.clone());
            }
            if !acted {
                return None;
            }
        }
    }

    fn guarded<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let result = catch_unwind(AssertUnwindSafe(|| f(self)));
        if result.is_err() {
            self.panicked = true;
            tracing::error!(peer = %self.connection.peer().address, "a callback panicked");
        }
        result.ok()
    }
}

impl<P> Driven for Seat<P>
where
    P: Protocol + Send,
    P::Message: Send,
{
    fn turn(&mut self, now: Instant, waker: &Waker, socket: &mut Socket) -> Option<Reason> {
        if self.panicked {
            return Some(Reason::Panicked);
        }
        self.guarded(|seat| seat.work(now, waker, socket)).unwrap_or(Some(Reason::Panicked))
    }

    fn wants_input(&self) -> bool {
        self.connection.wants_input()
    }

    fn deadline(&self) -> Option<Instant> {
        self.connection.deadline()
    }

    fn begin_shutdown(&mut self, now: Instant) {
        self.guarded(|seat| seat.connection.begin_shutdown(now));
    }

    fn finish(&mut self, reason: &Reason) {
        self.guarded(|seat| seat.connection.finish(reason));
    }
}

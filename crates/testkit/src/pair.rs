//! Two protocols, connected.

use std::{collections::VecDeque, time::Duration};

use ropewalk_protocol::Protocol;

use crate::Harness;

/// Two protocols that talk to each other, with a latency between them.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Context, Protocol};
/// use ropewalk_testkit::{Harness, Pair};
///
/// struct Says(&'static str, Vec<u8>);
/// impl Protocol for Says {
///     type Message = ();
///     fn connection_made(&mut self, cx: &mut Context<'_, ()>) {
///         cx.write(self.0.as_bytes());
///     }
///     fn data_received(&mut self, _: &mut Context<'_, ()>, input: &mut BytesMut) {
///         self.1.extend(input.split());
///     }
/// }
///
/// let mut pair = Pair::new(Says("ping", vec![]), Says("pong", vec![]));
/// pair.run();
/// assert_eq!(pair.a.protocol().1, b"pong");
/// assert_eq!(pair.b.protocol().1, b"ping");
/// ```
#[derive(Debug)]
pub struct Pair<A: Protocol, B: Protocol> {
    /// One end.
    pub a: Harness<A>,
    /// The other.
    pub b: Harness<B>,
    latency: Duration,
    elapsed: Duration,
    to_a: Way,
    to_b: Way,
}

/// What is under way to one end, with the time at which it arrives.
#[derive(Debug, Default)]
struct Way {
    pieces: VecDeque<(Duration, Vec<u8>)>,
    end: Option<Duration>,
    ended: bool,
}

impl<A: Protocol, B: Protocol> Pair<A, B> {
    /// Both on a fresh connection without latency.
    pub fn new(a: A, b: B) -> Self {
        Self::of(Harness::new(a), Harness::new(b), Duration::ZERO)
    }

    /// Two harnesses, connected with a latency.
    pub fn of(a: Harness<A>, b: Harness<B>, latency: Duration) -> Self {
        let (to_a, to_b) = (Way::default(), Way::default());
        Self { a, b, latency, elapsed: Duration::ZERO, to_a, to_b }
    }

    /// Carries bytes until none are due. With a latency, [`advance`](Self::advance) does the rest.
    ///
    /// # Panics
    /// When the two never stop talking.
    pub fn run(&mut self) {
        for _ in 0..1_000_000 {
            self.a.poll();
            self.b.poll();
            let arrives = self.elapsed + self.latency;
            self.to_b.collect(&mut self.a, arrives);
            self.to_a.collect(&mut self.b, arrives);
            let moved = self.to_a.deliver(&mut self.a, self.elapsed)
                | self.to_b.deliver(&mut self.b, self.elapsed);
            if !moved {
                return;
            }
        }
        panic!("the two ends never stop talking");
    }

    /// Moves both clocks, a millisecond at a time, and carries what arrives on the way.
    pub fn advance(&mut self, by: Duration) {
        let until = self.elapsed + by;
        self.run();
        while self.elapsed < until {
            let step = (until - self.elapsed).min(Duration::from_millis(1));
            self.elapsed += step;
            self.a.advance(step);
            self.b.advance(step);
            self.run();
        }
    }
}

impl Way {
    fn collect<P: Protocol>(&mut self, from: &mut Harness<P>, arrives: Duration) {
        let written = from.written();
        if !written.is_empty() {
            self.pieces.push_back((arrives, written));
        }
        if (from.has_ended() || from.lost().is_some()) && self.end.is_none() {
            self.end = Some(arrives);
        }
    }

    fn deliver<P: Protocol>(&mut self, to: &mut Harness<P>, now: Duration) -> bool {
        let reads = to.lost().is_none() && to.connection().wants_input();
        if reads && self.pieces.front().is_some_and(|(at, _)| *at <= now) {
            let (_, piece) = self.pieces.pop_front().unwrap_or_default();
            to.feed(&piece);
            return true;
        }
        let due = self.end.is_some_and(|at| at <= now);
        if due && self.pieces.is_empty() && !self.ended {
            self.ended = true;
            to.end();
            return true;
        }
        false
    }
}

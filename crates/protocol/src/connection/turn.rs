//! What follows from a callback: input offered again, ends of file, closing, deadlines.

use std::{task::Waker, time::Instant};

use bytes::BytesMut;

use crate::{
    Connection, Context, Flow, Protocol, Reason, Transport,
    bottom::{Ending, Phase},
    work::BUDGET,
};

use super::Eof;

impl<P: Protocol> Connection<P> {
    pub(super) fn register(&self, waker: Option<&Waker>) -> bool {
        waker.is_some_and(|waker| self.work.register(waker))
    }

    #[inline]
    pub(super) fn takes_input(&self) -> bool {
        self.wire.flow() == Flow::Open && !self.work.is_full()
    }

    #[inline]
    pub(super) fn call(
        &mut self,
        now: Instant,
        f: impl FnOnce(&mut P, &mut Context<'_, P::Message>),
    ) {
        let mut cx = Context::new(&mut self.wire, &mut self.work, now);
        f(&mut self.protocol, &mut cx);
    }

    /// What follows from a callback.
    #[inline]
    pub(super) fn settle(&mut self, now: Instant) {
        let quiet = self.wire.phase == Phase::Open
            && !self.both_ended()
            && self.input.is_empty()
            && self.eof != Eof::Pending
            && self.wire.outbox.len() < self.wire.limits.high_watermark
            && !self.work.has_fresh_jobs();
        if !quiet {
            self.settle_slowly(now);
        }
    }

    pub(super) fn settle_slowly(&mut self, now: Instant) {
        self.wire.check_outbox();
        self.start_jobs(now);
        if self.wire.resumed && !self.input.is_empty() {
            self.offer(now);
        }
        if self.wire.over.is_some() {
            return;
        }
        match self.wire.phase {
            Phase::Open => self.settle_open(now),
            Phase::Closing => self.settle_closing(now),
        }
    }

    /// Whether neither half has anything more to carry.
    #[inline]
    fn both_ended(&self) -> bool {
        self.wire.ending == Ending::Done && self.eof == Eof::Told
    }

    pub(super) fn settle_open(&mut self, now: Instant) {
        if self.both_ended() {
            return self.wire.lose(Reason::Closed);
        }
        let held = self.input.len();
        let limit = self.wire.limits.input;
        if held > limit && self.takes_input() {
            self.wire.lose(Reason::InputFull { held, limit });
        } else if self.eof == Eof::Pending && self.takes_input() {
            self.eof = Eof::Told;
            self.call(now, P::eof_received);
            self.settle(now);
        }
    }

    pub(super) fn settle_closing(&mut self, now: Instant) {
        self.input.clear();
        if self.closing_until.is_none() {
            let limits = &self.wire.limits;
            let done = self.wire.ending == Ending::Done;
            self.closing_until = Some(now + if done { limits.linger } else { limits.flush });
        }
        if self.wire.outbox.is_empty() && self.wire.ending == Ending::Done && self.eof != Eof::No {
            self.wire.lose(Reason::Closed);
        }
    }

    /// Offers what was kept, as long as that makes progress.
    pub(super) fn offer(&mut self, now: Instant) {
        while !self.input.is_empty() && self.wire.over.is_none() && self.takes_input() {
            self.wire.resumed = false;
            let before = self.input.len();
            let mut input = std::mem::take(&mut self.input);
            self.call(now, |protocol, cx| protocol.data_received(cx, &mut input));
            self.input = input;
            self.wire.check_outbox();
            if !self.wire.resumed || self.input.len() == before {
                break;
            }
        }
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    /// The output of a future that has ended; input that waited for one to end goes on.
    pub(super) fn next_output(&mut self, waker: Option<&Waker>) -> Option<P::Message> {
        let was_full = self.work.is_full();
        let output = self.work.poll_jobs(waker);
        self.wire.resumed |= was_full && !self.work.is_full();
        output
    }

    /// Gives new futures their first poll, where no one else would.
    pub(super) fn start_jobs(&mut self, now: Instant) {
        let mut budget = BUDGET;
        while budget > 0 && self.work.has_fresh_jobs() && self.wire.over.is_none() {
            let Some(message) = self.next_output(None) else { break };
            self.call(now, |protocol, cx| {
                protocol.message_received(cx, message);
                protocol.turn_ended(cx);
            });
            self.wire.check_outbox();
            budget -= 1;
        }
    }

    pub(super) fn check_time(&mut self, now: Instant) {
        if let Some(until) = self.closing_until {
            if until <= now {
                let limits = &self.wire.limits;
                let reason = match self.wire.ending {
                    Ending::Done if self.wire.outbox.is_empty() => Reason::Linger(limits.linger),
                    _ => Reason::Linger(limits.flush),
                };
                self.wire.lose(reason);
            }
            return;
        }
        if self.fired.is_due(self.protocol.deadline(), now) {
            self.call(now, P::timed_out);
        }
    }
}

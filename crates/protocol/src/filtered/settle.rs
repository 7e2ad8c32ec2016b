//! What follows from what a filter told, and from what the protocol above it asked for.

use bytes::BytesMut;

use crate::{Factory, Filter, Flow, Malformed, Protocol, Reason};

use super::{
    Cx, Eof, Filtered,
    above::{Ending, Tls},
};

impl<F: Filter, B: Factory> Filtered<F, B> {
    /// Does whatever follows from what the filter told and the protocol above asked for.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_, B>) {
        while !self.failed(cx) {
            let acted = self.open(cx)
                | self.tell_secured(cx)
                | self.offer(cx)
                | self.tell_end(cx)
                | self.flush(cx)
                | self.tell_drained(cx);
            if !acted {
                break;
            }
        }
        self.layer.filter_paused = self.told.paused;
        self.layer.sync(cx.parts().0);
    }

    fn failed(&mut self, cx: &mut Cx<'_, B>) -> bool {
        if let Some(reason) = self.told.failure.take() {
            let (below, work, _) = cx.parts();
            work.fail(reason);
            below.close();
            self.plain = BytesMut::new();
            self.layer.fail();
        }
        self.layer.is_failed()
    }

    fn open(&mut self, cx: &mut Cx<'_, B>) -> bool {
        if !self.told.open || self.inner.is_some() {
            return false;
        }
        let Some(mut build) = self.build.take() else { return false };
        let peer = self.told.peer.as_deref().unwrap_or_else(|| cx.peer());
        self.inner = build.build(peer);
        if self.inner.is_some() {
            self.fresh = true;
            self.call(cx, |inner, cx, _| inner.connection_made(cx));
        } else {
            self.tell(cx, |this, wire| this.filter.finish(wire));
            cx.close();
            self.layer.fail();
        }
        true
    }

    fn tell_secured(&mut self, cx: &mut Cx<'_, B>) -> bool {
        let secured = std::mem::take(&mut self.told.secured);
        if !secured || self.layer.tls != Tls::Underway {
            return false;
        }
        self.layer.tls = Tls::No;
        self.call(cx, |inner, cx, _| inner.secured(cx));
        true
    }

    /// Offers plain input that is new, or that waited behind a pause.
    fn offer(&mut self, cx: &mut Cx<'_, B>) -> bool {
        let due = self.fresh || self.layer.stalled;
        if !due || self.plain.is_empty() || self.inner.is_none() || self.flow(cx) != Flow::Open {
            return false;
        }
        (self.fresh, self.layer.stalled) = (false, false);
        self.call(cx, B::Protocol::data_received);
        if self.plain.is_empty() {
            self.plain = BytesMut::new();
            return true;
        }
        let open = self.flow(cx) == Flow::Open;
        self.layer.stalled |= !open;
        let (held, limit) = (self.plain.len(), cx.parts().1.limits().input);
        if open && held > limit {
            self.told.failure = Some(Box::new(Reason::InputFull { held, limit }));
        }
        true
    }

    fn tell_end(&mut self, cx: &mut Cx<'_, B>) -> bool {
        if std::mem::take(&mut self.told.end) && self.eof == Eof::No {
            self.eof = Eof::Pending;
        }
        if self.eof != Eof::Pending {
            return false;
        }
        if self.inner.is_none() {
            self.eof = Eof::Told;
            cx.close();
        } else if self.flow(cx) == Flow::Open {
            self.eof = Eof::Told;
            self.call(cx, |inner, cx, _| inner.eof_received(cx));
        } else {
            return false;
        }
        true
    }

    /// Encodes what was written; then does what waited for that.
    fn flush(&mut self, cx: &mut Cx<'_, B>) -> bool {
        let before = self.layer.held();
        if before > 0 && self.layer.tls != Tls::Underway {
            let mut plain = std::mem::take(self.layer.current());
            self.tell(cx, |this, wire| this.filter.encode(wire, &mut plain));
            *self.layer.current() = plain;
        }
        let left = self.layer.current().len();
        if left == 0 && self.layer.tls == Tls::Asked {
            self.start_tls(cx);
            return true;
        }
        if left == 0 && self.layer.tls == Tls::No && self.layer.ending == Ending::Asked {
            self.layer.ending = Ending::Done;
            self.tell(cx, |this, wire| this.filter.finish(wire));
            cx.write_eof();
        }
        self.flush_close(cx);
        self.layer.held() < before
    }

    fn flush_close(&mut self, cx: &mut Cx<'_, B>) {
        if !self.layer.closing {
            return;
        }
        self.plain = BytesMut::new();
        if self.layer.ending == Ending::Done {
            self.closing_until = None;
            cx.close();
        } else if self.closing_until.is_none() {
            let (_, work, now) = cx.parts();
            self.closing_until = Some(now + work.limits().flush);
        }
    }

    /// Everything that was queued before has left in plain.
    fn start_tls(&mut self, cx: &mut Cx<'_, B>) {
        self.layer.tls = Tls::Underway;
        if !self.plain.is_empty() || self.raw > 0 {
            let why = Malformed::Syntax("plain input after the start of TLS".into());
            self.told.failure = Some(Box::new(why.into()));
        } else if self.filter.can_start_tls() {
            self.tell(cx, |this, wire| this.filter.start_tls(wire));
        } else {
            cx.start_tls();
        }
    }

    fn tell_drained(&mut self, cx: &mut Cx<'_, B>) -> bool {
        let (below, work, _) = cx.parts();
        let (held, limits) = (self.layer.held(), work.limits());
        // What is held here and below is paused at the high watermark together.
        let crowded = held > limits.low_watermark || held + below.queued() >= limits.high_watermark;
        if !self.layer.above || held > 0 && crowded {
            return false;
        }
        self.layer.above = false;
        self.layer.sync(below);
        let flow = if self.told.paused { below.outflow() } else { below.flow() };
        if flow != Flow::Open {
            self.layer.above = true; // it will say when there is room
            return false;
        }
        self.layer.stalled = true;
        self.call(cx, |inner, cx, _| inner.drained(cx));
        true
    }
}

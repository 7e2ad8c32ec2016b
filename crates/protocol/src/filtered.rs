//! A filter below a protocol, plumbed into a protocol.

use std::time::Instant;

use bytes::BytesMut;

use crate::{
    Context, Factory, Filter, Flow, Peer, Protocol, Reason, Transport, Wire, filter::Told,
    fired::Fired,
};

mod above;
mod given;
mod settle;

use above::{Above, Layer, Tls};
pub use given::Given;

/// The [`Protocol`] made of a [`Filter`] and what runs above it.
///
/// The protocol above is made by a [`Factory`] when the filter says [`Wire::open`], so that it, and
/// whoever decides about limits and bans, sees the peer as the filter amended it. It sees a
/// [`Transport`] like any other. Filters stack: the factory may make another `Filtered`.
///
/// What it writes during a turn is encoded once, at the turn's end. While the filter holds back
/// more than the high watermark the protocol above is paused.
///
/// ```
/// use bytes::BytesMut;
/// use ropewalk_protocol::{Filter, Filtered, Malformed, Outbox, Protocol, Wire, factory};
/// # use ropewalk_protocol::Context;
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// struct Plain;
///
/// impl Filter for Plain {
///     fn decode(
///         &mut self,
///         _: &mut Wire<'_>,
///         input: &mut BytesMut,
///         plain: &mut BytesMut,
///     ) -> Result<(), Malformed> {
///         plain.unsplit(input.split());
///         Ok(())
///     }
///
///     fn encode(&mut self, wire: &mut Wire<'_>, plain: &mut Outbox) {
///         wire.pass(plain);
///     }
/// }
///
/// let protocol = Filtered::new(Plain, factory(|_peer| Some(Echo)));
/// # let _ = protocol;
/// ```
pub struct Filtered<F, B: Factory> {
    filter: F,
    build: Option<B>,
    inner: Option<B::Protocol>,
    told: Told,
    /// Decoded, and not taken by the protocol above.
    plain: BytesMut,
    /// There is more in `plain` than was offered.
    fresh: bool,
    /// Bytes of the wire's input that the filter has not taken.
    raw: usize,
    eof: Eof,
    layer: Layer,
    filter_fired: Fired,
    inner_fired: Fired,
    closing_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Eof {
    No,
    Pending,
    Told,
}

impl<F: Filter, B: Factory> Filtered<F, B> {
    /// `filter` below what `build` makes; making nothing refuses the connection.
    pub fn new(filter: F, build: B) -> Self {
        Self {
            filter,
            build: Some(build),
            inner: None,
            told: Told::default(),
            plain: BytesMut::new(),
            fresh: false,
            raw: 0,
            eof: Eof::No,
            layer: Layer::default(),
            filter_fired: Fired::default(),
            inner_fired: Fired::default(),
            closing_until: None,
        }
    }

    /// The filter.
    pub fn filter(&self) -> &F {
        &self.filter
    }

    /// The protocol above, once it is made.
    pub fn inner(&self) -> Option<&B::Protocol> {
        self.inner.as_ref()
    }
}

impl<F: Filter, P: Protocol> Filtered<F, Given<P>> {
    /// `filter` below a protocol that is already made, for connections of which there is one.
    ///
    /// Where the filter fails before it opens, the protocol hears
    /// [`connection_lost`](Protocol::connection_lost) without having heard of the connection.
    pub fn around(filter: F, protocol: P) -> Self {
        Self::new(filter, Given::new(protocol))
    }
}

type MessageOf<B> = <<B as Factory>::Protocol as Protocol>::Message;
type Cx<'a, B> = Context<'a, MessageOf<B>>;

impl<F: Filter, B: Factory> Filtered<F, B> {
    /// Calls the filter.
    fn tell<T>(&mut self, cx: &mut Cx<'_, B>, f: impl FnOnce(&mut Self, &mut Wire<'_>) -> T) -> T {
        let (below, _, now) = cx.parts();
        let mut told = std::mem::take(&mut self.told);
        let result = f(self, &mut Wire::new(below, &mut told, now));
        self.told = told;
        result
    }

    /// Calls the protocol above.
    fn call(
        &mut self,
        cx: &mut Cx<'_, B>,
        f: impl FnOnce(&mut B::Protocol, &mut Context<'_, MessageOf<B>>, &mut BytesMut),
    ) {
        let Some(inner) = &mut self.inner else { return };
        self.layer.can_start_tls = self.filter.can_start_tls();
        let (below, work, now) = cx.parts();
        let (high, limit) = (work.limits().high_watermark, work.limits().outbox);
        let peer = self.told.peer.as_deref();
        let mut above = Above { below, layer: &mut self.layer, peer, high };
        let mut plain = std::mem::take(&mut self.plain);
        f(inner, &mut Context::over(work, now, &mut above), &mut plain);
        let queued = above.queued();
        self.plain = plain;
        self.layer.above |= queued >= high;
        if queued > limit {
            work.fail(Box::new(Reason::OutboxFull { queued, limit }));
            below.abort();
        }
    }

    fn flow(&self, cx: &mut Cx<'_, B>) -> Flow {
        let full = cx.flow() == Flow::Paused && Transport::flow(&**cx) == Flow::Open;
        let (below, work, _) = cx.parts();
        match self.layer.flow(below, work.limits().high_watermark) {
            Flow::Open if full => Flow::Paused,
            flow => flow,
        }
    }

    /// Whether the filter is to see input.
    fn reads(&self, cx: &mut Cx<'_, B>) -> bool {
        match self.layer.tls {
            _ if self.told.paused => false,
            Tls::Underway => true,
            Tls::Asked => false,
            Tls::No => self.inner.is_none() || self.flow(cx) == Flow::Open,
        }
    }
}

impl<F: Filter, B: Factory> Protocol for Filtered<F, B> {
    type Message = MessageOf<B>;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.tell(cx, |this, wire| this.filter.connection_made(wire));
        self.settle(cx);
    }

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        loop {
            if self.layer.discards() {
                input.clear();
            }
            if input.is_empty() || !self.reads(cx) {
                break;
            }
            let (raw, held) = (input.len(), self.plain.len());
            let mut plain = std::mem::take(&mut self.plain);
            let result = self.tell(cx, |this, wire| this.filter.decode(wire, input, &mut plain));
            self.plain = plain;
            self.fresh |= self.plain.len() > held;
            self.raw = input.len();
            if let Err(why) = result {
                self.told.failure.get_or_insert_with(|| Box::new(why.into()));
            }
            let handshake = self.layer.tls;
            self.settle(cx);
            if input.len() == raw && self.plain.len() >= held && self.layer.tls == handshake {
                break;
            }
        }
        self.raw = 0;
        self.settle(cx);
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        self.call(cx, |inner, cx, _| inner.message_received(cx, message));
    }

    fn turn_ended(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.call(cx, |inner, cx, _| inner.turn_ended(cx));
        self.settle(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.layer.above = true;
        self.settle(cx);
    }

    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.told.secured = true;
        self.settle(cx);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.tell(cx, |this, wire| this.filter.eof_received(wire));
        self.settle(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        let filter = self.filter_fired.pending(self.filter.deadline());
        let inner = self.inner.as_ref().and_then(Protocol::deadline);
        let inner = self.inner_fired.pending(inner);
        [filter, inner, self.closing_until].into_iter().flatten().min()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        let now = cx.now();
        if self.filter_fired.is_due(self.filter.deadline(), now) {
            self.tell(cx, |this, wire| this.filter.timed_out(wire));
        }
        let inner = self.inner.as_ref().and_then(Protocol::deadline);
        if self.inner_fired.is_due(inner, now) {
            self.call(cx, |inner, cx, _| inner.timed_out(cx));
        }
        if self.closing_until.is_some_and(|until| until <= now) {
            let (below, work, _) = cx.parts();
            work.fail(Box::new(Reason::Linger(work.limits().flush)));
            below.abort();
        }
        self.settle(cx);
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        if self.inner.is_none() {
            cx.close();
        }
        self.call(cx, |inner, cx, _| inner.shutting_down(cx));
        self.settle(cx);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        if let Some(inner) = &mut self.inner {
            inner.connection_lost(reason);
        } else if let Some(build) = &mut self.build {
            build.connection_failed(reason);
        }
    }
}

impl<F: std::fmt::Debug, B: Factory> std::fmt::Debug for Filtered<F, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let amended: Option<&Peer> = self.told.peer.as_deref();
        f.debug_struct("Filtered")
            .field("filter", &self.filter)
            .field("amended", &amended)
            .field("open", &self.inner.is_some())
            .finish_non_exhaustive()
    }
}

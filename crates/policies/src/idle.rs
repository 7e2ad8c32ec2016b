//! Connections cut off on which nothing arrives for a while, or which do not get anywhere.

use std::time::{Duration, Instant};

use bytes::BytesMut;

use ropewalk_protocol::{Context, Protocol, Reason};

/// Closes the connection when `inner` receives nothing for a limit, or is not far enough within it.
///
/// The peer gets no notice: protocols that owe one (IRC's `ERROR`) send it from their own
/// [`timed_out`](Protocol::timed_out), with a shorter deadline. `inner` hears in
/// [`connection_lost`](Protocol::connection_lost) what the matter was.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_policies::Idle;
/// # use bytes::BytesMut;
/// # use ropewalk_protocol::{Connection, Context, Peer, Protocol};
/// # struct Echo;
/// # impl Protocol for Echo {
/// #     type Message = ();
/// #     fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
/// #         cx.send(input.split().freeze());
/// #     }
/// # }
///
/// let echo = Idle::new(Duration::from_secs(60), Echo);
/// let mut connection = Connection::new(echo, Peer::unnamed(), Default::default());
/// let start = std::time::Instant::now();
/// connection.start(start);
/// assert_eq!(connection.deadline(), Some(start + Duration::from_secs(60)));
/// ```
#[derive(Debug)]
pub struct Idle<P> {
    inner: P,
    limit: Duration,
    rule: Rule<P>,
    /// Counts from here.
    since: Option<Instant>,
    /// The inner protocol's deadline that has fired and does not fire again.
    fired: Option<Instant>,
    expired: bool,
}

#[derive(Debug)]
enum Rule<P> {
    Receives,
    Becomes(fn(&P) -> bool),
}

impl<P: Protocol> Idle<P> {
    /// Closes when nothing arrives for `limit`.
    pub fn new(limit: Duration, inner: P) -> Self {
        Self { inner, limit, rule: Rule::Receives, since: None, fired: None, expired: false }
    }

    /// Closes when `inner` is not `done` within `limit` of the beginning; after that, does nothing.
    /// For handshakes and logins.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ropewalk_policies::Idle;
    /// use ropewalk_protocol::{Factory, Filter, Filtered};
    ///
    /// fn timed<F: Filter, B: Factory>(inner: Filtered<F, B>) -> Idle<Filtered<F, B>> {
    ///     Idle::until(Duration::from_secs(10), inner, |inner| inner.inner().is_some())
    /// }
    /// # let _ = timed::<ropewalk_policies::Throttle, ropewalk_protocol::Given<Idle<Nothing>>>;
    /// # struct Nothing;
    /// # impl ropewalk_protocol::Protocol for Nothing {
    /// #     type Message = ();
    /// #     fn data_received(&mut self, _: &mut ropewalk_protocol::Context<'_, ()>,
    /// #         _: &mut bytes::BytesMut) {}
    /// # }
    /// ```
    pub fn until(limit: Duration, inner: P, done: fn(&P) -> bool) -> Self {
        Self { rule: Rule::Becomes(done), ..Self::new(limit, inner) }
    }

    /// The protocol inside.
    pub fn inner(&self) -> &P {
        &self.inner
    }

    fn expires(&self) -> Option<Instant> {
        if self.expired || matches!(self.rule, Rule::Becomes(done) if done(&self.inner)) {
            return None;
        }
        Some(self.since? + self.limit)
    }

    fn inner_deadline(&self) -> Option<Instant> {
        self.inner.deadline().filter(|at| self.fired != Some(*at))
    }

    fn reason(&self) -> Reason {
        let limit = self.limit;
        match self.rule {
            Rule::Receives => Reason::killed(&format!("nothing was received for {limit:?}")),
            Rule::Becomes(_) => Reason::killed(&format!("it did not get on within {limit:?}")),
        }
    }
}

impl<P: Protocol> Protocol for Idle<P> {
    type Message = P::Message;

    fn connection_made(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.since = Some(cx.now());
        self.inner.connection_made(cx);
    }

    fn data_received(&mut self, cx: &mut Context<'_, Self::Message>, input: &mut BytesMut) {
        if matches!(self.rule, Rule::Receives) {
            self.since = Some(cx.now());
        }
        self.inner.data_received(cx, input);
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        self.inner.message_received(cx, message);
    }

    fn turn_ended(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.inner.turn_ended(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.inner.drained(cx);
    }

    fn secured(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.inner.secured(cx);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.inner.eof_received(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        [self.expires(), self.inner_deadline()].into_iter().flatten().min()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Self::Message>) {
        let now = cx.now();
        let deadline = self.inner.deadline();
        if self.inner_deadline().is_some_and(|at| at <= now) {
            self.fired = deadline;
            self.inner.timed_out(cx);
        }
        if self.expires().is_some_and(|at| at <= now) {
            self.expired = true;
            cx.close();
        }
    }

    fn shutting_down(&mut self, cx: &mut Context<'_, Self::Message>) {
        self.inner.shutting_down(cx);
    }

    fn connection_lost(&mut self, reason: &Reason) {
        let expired = self.expired.then(|| self.reason());
        self.inner.connection_lost(expired.as_ref().unwrap_or(reason));
    }
}

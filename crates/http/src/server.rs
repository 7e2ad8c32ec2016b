//! The protocol of a connection that speaks HTTP.

use std::time::Instant;

use bytes::{Buf, BytesMut};

use ropewalk_protocol::{Context, Flow, Protocol, Reason};

use crate::{
    Answer, BadRequest, Body, Carries, Intake, Pieces, Progress, Reply, Request, Response, Service,
    Settings,
    exchange::{Step, next_piece},
    framing::Framing,
    incoming::{Incoming, expects_continue},
    open::{Asked, Heads, Sending, write_end, write_piece},
    parse::{Scanner, parse},
};

/// A connection that speaks HTTP/1.1, until a [`Service`] makes something else of it.
///
/// Requests that are sent ahead (pipelining) are answered in order; one is worked on at a time. With
/// the first that cannot be read the connection is answered and closed. When the program ends, a
/// request that is being answered is answered to its end.
pub struct Server<S: Service> {
    service: S,
    settings: Settings,
    state: State<S::Upgraded>,
    asked: Asked,
    heads: Heads,
    until: Option<Instant>,
    ending: bool,
    /// Bytes that waited to leave when that was last looked at.
    queued: usize,
}

enum State<U> {
    Head {
        scanner: Scanner,
        begun: bool,
    },
    Body(Box<Incoming>),
    /// Waits for the service.
    Working,
    /// Sends a body in pieces; the stream is not here while it is asked.
    Sending {
        sending: Sending,
        pieces: Option<Pieces>,
    },
    Upgraded(U),
    Closing,
}

type Message<S> = <<S as Service>::Upgraded as Protocol>::Message;
type Cx<'a, S> = Context<'a, Message<S>>;

impl<S: Service> Server<S>
where
    Message<S>: Carries,
{
    /// A server of one connection.
    pub fn new(service: S, settings: Settings) -> Self {
        Self {
            service,
            settings,
            state: State::Head { scanner: Scanner::default(), begun: false },
            asked: Asked::UNKNOWN,
            heads: Heads::default(),
            until: None,
            ending: false,
            queued: 0,
        }
    }

    /// Deals with as much of the input as it can; false when it needs more, or may not go on.
    fn advance(&mut self, cx: &mut Cx<'_, S>, input: &mut BytesMut) -> bool {
        match &mut self.state {
            State::Head { .. } => self.read_head(cx, input).unwrap_or_else(|why| {
                self.refuse(cx, &why);
                true
            }),
            State::Body(_) => self.read_body(cx, input).unwrap_or_else(|why| {
                self.refuse(cx, &why);
                true
            }),
            State::Closing => {
                input.clear();
                false
            }
            State::Upgraded(upgraded) => {
                upgraded.data_received(cx, input);
                false
            }
            State::Working | State::Sending { .. } => false,
        }
    }

    fn read_head(&mut self, cx: &mut Cx<'_, S>, input: &mut BytesMut) -> Result<bool, BadRequest> {
        let State::Head { scanner, begun } = &mut self.state else { return Ok(false) };
        // RFC 9112, section 2.2: an empty line before a request is ignored.
        while !*begun && input.starts_with(b"\r\n") {
            input.advance(2);
        }
        if input.is_empty() || !*begun && **input == *b"\r" {
            return Ok(false);
        }
        if !*begun {
            *begun = true;
            self.until = Some(cx.now() + self.settings.head_time);
        }
        let Some(length) = scanner.find(input, &self.settings)? else { return Ok(false) };
        let request = parse(&input[..length], cx.peer().clone(), &self.settings)?;
        input.advance(length);
        self.asked = Asked::of(&request);
        self.begin(cx, request, input)?;
        Ok(true)
    }

    /// The head is there: what about the body?
    fn begin(
        &mut self,
        cx: &mut Cx<'_, S>,
        request: Request,
        input: &BytesMut,
    ) -> Result<(), BadRequest> {
        let framing = Framing::of(&request)?;
        let expects = expects_continue(&request)?;
        if framing == Framing::Length(0) {
            self.call(cx, request);
            return Ok(());
        }
        let intake = self.service.intake(&request);
        if let Intake::Refuse(response) = intake {
            self.asked.keeps_alive = false;
            self.respond(cx, response);
            return Ok(());
        }
        let incoming = Incoming::new(request, framing, intake, self.settings.head)?;
        if expects && input.is_empty() {
            cx.write(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.until = Some(cx.now() + self.settings.body_time);
        self.state = State::Body(Box::new(incoming));
        Ok(())
    }

    fn read_body(&mut self, cx: &mut Cx<'_, S>, input: &mut BytesMut) -> Result<bool, BadRequest> {
        let State::Body(incoming) = &mut self.state else { return Ok(false) };
        if !incoming.read(input)? {
            return Ok(false);
        }
        let state = std::mem::replace(&mut self.state, State::Working);
        if let State::Body(incoming) = state {
            self.call(cx, incoming.whole());
        }
        Ok(true)
    }

    /// A request is whole.
    fn call(&mut self, cx: &mut Cx<'_, S>, request: Request) {
        match self.service.call(request) {
            Reply::Answer(Answer::Now(response)) => self.respond(cx, response),
            Reply::Answer(Answer::Later(response)) => {
                self.state = State::Working;
                self.until = Some(cx.now() + self.settings.work_time);
                cx.pause_reading();
                cx.spawn(async move {
                    let response = Box::new(response.await);
                    Carries::carry(Progress(Step::Response(response)))
                });
            }
            Reply::Upgrade(response, mut upgraded) => {
                let now = self.settings.clock.now();
                self.heads.write(cx, &response, &mut self.asked, now);
                self.until = None;
                upgraded.connection_made(cx);
                self.state = State::Upgraded(upgraded);
            }
        }
    }

    /// Writes a response, or its beginning.
    fn respond(&mut self, cx: &mut Cx<'_, S>, response: Response) {
        self.asked.keeps_alive &= !self.ending;
        let now = self.settings.clock.now();
        let mut sending = self.heads.write(cx, &response, &mut self.asked, now);
        match response.body {
            Body::Whole(bytes) => {
                write_piece(cx, &mut sending, bytes);
                self.end_response(cx);
            }
            Body::Pieces { .. } if sending == Sending::Nothing => self.end_response(cx),
            Body::Pieces { pieces, .. } => {
                self.state = State::Sending { sending, pieces: Some(pieces) };
                self.until = Some(cx.now() + self.settings.send_time);
                cx.pause_reading();
                self.pull(cx);
            }
        }
    }

    /// Asks for the next piece, if there is room for it.
    fn pull(&mut self, cx: &mut Cx<'_, S>) {
        let State::Sending { pieces, .. } = &mut self.state else { return };
        if cx.outflow() != Flow::Open {
            return;
        }
        if let Some(pieces) = pieces.take() {
            cx.spawn(async move { Carries::carry(next_piece(pieces).await) });
        }
    }

    fn progress(&mut self, cx: &mut Cx<'_, S>, progress: Step) {
        match (progress, &mut self.state) {
            (Step::Response(response), State::Working) => self.respond(cx, *response),
            (Step::Piece(rest, piece), State::Sending { sending, pieces }) => {
                let fits = match piece {
                    Some(Ok(bytes)) => {
                        *pieces = Some(rest);
                        write_piece(cx, sending, bytes)
                    }
                    None if write_end(cx, *sending) => return self.end_response(cx),
                    None => false,
                    Some(Err(error)) => {
                        tracing::warn!(peer = %cx.peer().address, %error, "a body broke off");
                        return cx.abort();
                    }
                };
                if !fits {
                    tracing::error!("a body is not as long as was announced");
                    return cx.abort();
                }
                self.until = Some(cx.now() + self.settings.send_time);
                self.pull(cx);
            }
            _ => {} // it came too late
        }
    }

    /// A response is complete.
    fn end_response(&mut self, cx: &mut Cx<'_, S>) {
        if self.asked.keeps_alive {
            self.state = State::Head { scanner: Scanner::default(), begun: false };
            self.until = Some(cx.now() + self.settings.idle);
            self.queued = cx.queued();
            cx.resume_reading();
        } else {
            self.close(cx);
        }
    }

    fn refuse(&mut self, cx: &mut Cx<'_, S>, why: &BadRequest) {
        self.asked.keeps_alive = false;
        self.asked.is_head = false;
        self.respond(cx, Response::text(why.status(), format!("{why}\n")));
    }

    /// Nothing came for a while: that is no silence where an answer is still leaving.
    fn idle(&mut self, cx: &mut Cx<'_, S>) {
        let queued = cx.queued();
        if queued == 0 {
            self.close(cx);
        } else if queued < self.queued {
            self.queued = queued;
            self.until = Some(cx.now() + self.settings.idle);
        } else {
            cx.abort();
        }
    }

    fn close(&mut self, cx: &mut Cx<'_, S>) {
        self.state = State::Closing;
        self.until = None;
        cx.close();
    }
}

impl<S: Service> Protocol for Server<S>
where
    Message<S>: Carries,
{
    type Message = Message<S>;

    fn connection_made(&mut self, cx: &mut Cx<'_, S>) {
        self.until = Some(cx.now() + self.settings.idle);
    }

    fn data_received(&mut self, cx: &mut Cx<'_, S>, input: &mut BytesMut) {
        while !input.is_empty() && (cx.flow() == Flow::Open || matches!(self.state, State::Closing))
        {
            if !self.advance(cx, input) {
                break;
            }
        }
    }

    fn message_received(&mut self, cx: &mut Cx<'_, S>, message: Self::Message) {
        if let State::Upgraded(upgraded) = &mut self.state {
            return upgraded.message_received(cx, message);
        }
        // What is for the protocol that this is not yet has nobody to read it.
        if let Ok(Progress(step)) = message.unpack() {
            self.progress(cx, step);
        }
    }

    fn turn_ended(&mut self, cx: &mut Cx<'_, S>) {
        if let State::Upgraded(upgraded) = &mut self.state {
            upgraded.turn_ended(cx);
        }
    }

    fn drained(&mut self, cx: &mut Cx<'_, S>) {
        match &mut self.state {
            State::Upgraded(upgraded) => upgraded.drained(cx),
            _ => self.pull(cx),
        }
    }

    fn secured(&mut self, cx: &mut Cx<'_, S>) {
        if let State::Upgraded(upgraded) = &mut self.state {
            upgraded.secured(cx);
        }
    }

    /// Behind a request that is worked on, the end waits.
    fn eof_received(&mut self, cx: &mut Cx<'_, S>) {
        match &mut self.state {
            State::Upgraded(upgraded) => upgraded.eof_received(cx),
            _ => self.close(cx),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Upgraded(upgraded) => upgraded.deadline(),
            _ => self.until,
        }
    }

    fn timed_out(&mut self, cx: &mut Cx<'_, S>) {
        match &mut self.state {
            State::Upgraded(upgraded) => upgraded.timed_out(cx),
            State::Head { begun: false, .. } => self.idle(cx),
            State::Head { .. } | State::Body(_) => self.refuse(cx, &BadRequest::Timeout),
            State::Working => {
                self.asked.keeps_alive = false;
                self.respond(cx, Response::plain(503));
            }
            State::Sending { .. } | State::Closing => cx.abort(),
        }
    }

    fn shutting_down(&mut self, cx: &mut Cx<'_, S>) {
        self.ending = true;
        self.asked.keeps_alive = false;
        match &mut self.state {
            State::Upgraded(upgraded) => upgraded.shutting_down(cx),
            State::Working | State::Sending { .. } => {} // it is answered, and then closed
            _ => self.close(cx),
        }
    }

    fn connection_lost(&mut self, reason: &Reason) {
        if let State::Upgraded(upgraded) = &mut self.state {
            upgraded.connection_lost(reason);
        }
    }
}

impl<S: Service> std::fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.state {
            State::Head { .. } => "head",
            State::Body(_) => "body",
            State::Working => "working",
            State::Sending { .. } => "sending",
            State::Upgraded(_) => "upgraded",
            State::Closing => "closing",
        };
        f.debug_struct("Server").field("state", &state).finish_non_exhaustive()
    }
}

//! Who answers requests.

use std::{future::Future, pin::Pin};

use ropewalk_protocol::Protocol;

use crate::{Request, Response};

/// Answers requests; any number of connections share one. Functions from [`Request`] to
/// [`Response`] or [`Answer`] are handlers.
pub trait Handler: Send + Sync + 'static {
    /// What is to become of the body, once the head is there. By default up to 64 KiB are collected.
    fn intake(&self, head: &Request) -> Intake {
        let _ = head;
        Intake::default()
    }

    /// Answers a request.
    fn handle(&self, request: Request) -> Answer;
}

impl<F, A> Handler for F
where
    F: Fn(Request) -> A + Send + Sync + 'static,
    A: Into<Answer>,
{
    fn handle(&self, request: Request) -> Answer {
        self(request).into()
    }
}

/// What answers the requests of a [`Server`](crate::Server), and may make something else of the
/// connection.
pub trait Service {
    /// What a connection may become; [`Nothing`](crate::Nothing) where it does not.
    type Upgraded: Protocol;

    /// See [`Handler::intake`].
    fn intake(&self, head: &Request) -> Intake;

    /// Answers a request.
    fn call(&self, request: Request) -> Reply<Self::Upgraded>;
}

/// What is to become of a request's body.
pub enum Intake {
    /// It is collected, up to so many bytes; a longer one is answered with 413.
    Collect(u64),
    /// Each piece is shown as it comes, and none is kept.
    Watch {
        /// The most bytes; a longer body is answered with 413.
        limit: u64,
        /// Is shown the pieces, in a turn of the reactor: it must not block.
        pieces: Watcher,
    },
    /// It is not wanted: this is the answer, and the connection is closed.
    Refuse(Response),
}

/// Is shown pieces of a body.
pub type Watcher = Box<dyn FnMut(&[u8]) + Send>;

/// Collects 64 KiB.
impl Default for Intake {
    fn default() -> Self {
        Self::Collect(64 * 1024)
    }
}

/// A response, now or later.
pub enum Answer {
    /// Now.
    Now(Response),
    /// When the future is done. It is dropped when the connection is lost.
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl Answer {
    /// A response that takes its time.
    pub fn later(response: impl Future<Output = Response> + Send + 'static) -> Self {
        Self::Later(Box::pin(response))
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Now(response)
    }
}

/// What a [`Service`] answers.
pub enum Reply<U> {
    /// A response.
    Answer(Answer),
    /// The connection becomes another protocol after this response, whose status is 101. What the
    /// client has sent behind its request is that protocol's first input.
    Upgrade(Response, U),
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Collect(limit) => f.debug_tuple("Collect").field(limit).finish(),
            Self::Watch { limit, .. } => f.debug_tuple("Watch").field(limit).finish(),
            Self::Refuse(response) => f.debug_tuple("Refuse").field(response).finish(),
        }
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Now(response) => f.debug_tuple("Now").field(response).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

impl<U> std::fmt::Debug for Reply<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer(answer) => f.debug_tuple("Answer").field(answer).finish(),
            Self::Upgrade(response, _) => f.debug_tuple("Upgrade").field(response).finish(),
        }
    }
}

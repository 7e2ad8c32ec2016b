//! What comes back to a connection from the futures that work for it.

use std::{future::poll_fn, io};

use bytes::Bytes;

use crate::{Pieces, Response};

/// What came of a future: a response, or a piece of one. It is a [`Server`](crate::Server)'s
/// message to itself.
#[derive(Debug)]
pub struct Progress(pub(crate) Step);

pub(crate) enum Step {
    /// The answer to a request.
    Response(Box<Response>),
    /// The next piece of a body, and the rest.
    Piece(Pieces, Option<io::Result<Bytes>>),
}

/// A message that may be a [`Progress`]: what the protocol that a connection may become has for its
/// own, and a variant more.
///
/// ```
/// use ropewalk_http::{Carries, Progress};
///
/// enum Message {
///     Chat(String),
///     Http(Progress),
/// }
///
/// impl Carries for Message {
///     fn carry(progress: Progress) -> Self {
///         Self::Http(progress)
///     }
///
///     fn unpack(self) -> Result<Progress, Self> {
///         match self {
///             Self::Http(progress) => Ok(progress),
///             other => Err(other),
///         }
///     }
/// }
/// # let _ = Message::Chat(String::new());
/// ```
pub trait Carries: Sized + Send + 'static {
    /// Makes a message of it.
    fn carry(progress: Progress) -> Self;

    /// The progress that it is, or itself.
    ///
    /// # Errors
    /// The message, where it is another one.
    fn unpack(self) -> Result<Progress, Self>;
}

impl Carries for Progress {
    fn carry(progress: Progress) -> Self {
        progress
    }

    fn unpack(self) -> Result<Progress, Self> {
        Ok(self)
    }
}

/// Asks a stream for its next piece.
pub(crate) async fn next_piece(mut pieces: Pieces) -> Progress {
    let piece = poll_fn(|cx| pieces.as_mut().poll_next(cx)).await;
    Progress(Step::Piece(pieces, piece))
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Response(response) => f.debug_tuple("Response").field(response).finish(),
            Self::Piece(_, piece) => f.debug_tuple("Piece").field(piece).finish(),
        }
    }
}

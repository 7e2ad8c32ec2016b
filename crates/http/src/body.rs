//! What a response carries.

use std::{io, pin::Pin};

use bytes::Bytes;
use futures_core::Stream;

/// A stream of pieces of a body. An error in it breaks the connection off, so that a client sees
/// that something is missing.
pub type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What a response carries.
pub enum Body {
    /// All of it; it may be empty.
    Whole(Bytes),
    /// Pieces, each asked for when there is room for it.
    Pieces {
        /// How long they are together, where that is known; else they are sent as chunks.
        length: Option<u64>,
        /// The pieces.
        pieces: Pieces,
    },
}

impl Body {
    /// Pieces of unknown length.
    pub fn pieces(pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self::Pieces { length: None, pieces: Box::pin(pieces) }
    }

    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Pieces { length, .. } => *length,
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("length", &self.length()).finish_non_exhaustive()
    }
}

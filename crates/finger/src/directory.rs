//! Where answers come from.

use std::future::{Future, ready};

use thiserror::Error;

use crate::{Answer, Query};

/// Where a server's answers come from. Each connection has a clone.
///
/// Methods give futures: a look-up may take its time, and is dropped with its connection. What
/// blocks belongs into [`call_in_thread`](ropewalk_protocol::Reactor::call_in_thread).
pub trait Directory: Clone + Send + 'static {
    /// What is known of [`Query::user`]; RFC 1288, section 2.5.2. Whether several users match is the
    /// directory's business (2.5.3).
    fn user(
        self,
        query: Query,
    ) -> impl Future<Output = Result<Answer, LookupError>> + Send + 'static;

    /// Who is there; RFC 1288, section 2.5.1. [`LookupError::ListDenied`] refuses (3.2.2).
    fn users(
        self,
        query: Query,
    ) -> impl Future<Output = Result<Answer, LookupError>> + Send + 'static;

    /// Passes a query on to [`Query::next_hop`]; RFC 1288, section 2.4. By default that is refused,
    /// since it lets anyone ask in this host's name (3.2.1).
    fn forward(
        self,
        query: Query,
    ) -> impl Future<Output = Result<Answer, LookupError>> + Send + 'static {
        let _ = query;
        ready(Err(LookupError::ForwardingDenied))
    }
}

/// Why there is no answer; `Display` is what the client is told.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LookupError {
    /// Nobody of that name.
    #[error("No such user")]
    NoSuchUser,
    /// Who is there is not told.
    #[error("Finger online user list denied")]
    ListDenied,
    /// Queries are not passed on.
    #[error("Finger forwarding service denied")]
    ForwardingDenied,
    /// The directory cannot tell now; later it may.
    #[error("Directory temporarily unavailable")]
    Unavailable,
    /// The directory failed. What it says is for the log and not for the client.
    #[error("Lookup failed")]
    Failed(String),
    /// Where the query was passed on to it did not work, as these words say.
    #[error("Forwarding failed: {0}")]
    Onward(String),
}

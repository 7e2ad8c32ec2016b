//! One connection of a user.

use crate::{Timestamp, UserId};

/// By which door a session came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrontEnd {
    /// Internet Relay Chat, on whatever transport.
    Irc,
    /// The web.
    Web,
    /// XMPP.
    Xmpp,
}

/// One connection, before and after it is somebody's.
#[derive(Debug)]
pub struct Session {
    /// By which door it came in.
    pub front: FrontEnd,
    /// When.
    pub since: Timestamp,
    /// Whose it is; none until it registered or was attached.
    pub user: Option<UserId>,
}

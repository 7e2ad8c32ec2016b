//! IRC as values: bytes in, values out, and back.
//!
//! Nothing here reads a socket or a clock. [`Message`] borrows from the line it was parsed from
//! and allocates nothing; [`Nick`], [`ChannelName`] and their like are names that are known to be
//! right; [`ModeTable`] and [`Isupport`] are what a server says about itself; [`Casemapping`] and
//! [`Mask`] decide what is equal to what.
//!
//! Input is bytes, not text: IRC has no encoding, and a line in an unknown one is still a line.
//!
//! ```
//! use ropewalk_irc::Message;
//!
//! let message = Message::parse(b"@time=12:00 :ann!a@example.net PRIVMSG #rope :good morning")?;
//! assert!(message.is(b"privmsg"));
//! assert_eq!(message.prefix.map(|prefix| prefix.name()), Some(&b"ann"[..]));
//! assert_eq!(message.params[1], b"good morning");
//!
//! let mut out = Vec::new();
//! Message::new(b"PRIVMSG").param(b"#rope").trailing(b"and to you").write_line(&mut out)?;
//! assert_eq!(out, b"PRIVMSG #rope :and to you\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod case;
mod channel;
mod error;
mod host;
mod isupport;
mod length;
mod mask;
mod message;
mod mode;
mod nick;
mod numeric;
mod params;
mod parse;
mod prefix;
mod tags;
mod user;
mod write;

pub use case::{Casemapping, Folded};
pub use channel::{ChannelName, ChannelRules};
pub use error::{NameError, ParseError, Part, WriteError};
pub use host::HostName;
pub use isupport::{Isupport, IsupportError, IsupportLines, IsupportToken};
pub use length::{LINE_LIMIT, SplitMessage, SplitText, split_text, truncate_text};
pub use mask::Mask;
pub use message::Message;
pub use mode::{
    ModeChange, ModeChanges, ModeError, ModeGroups, ModeKind, ModeTable, ModeTableError, Sign,
    group_modes, write_modes,
};
pub use nick::{Letters, Nick, NickRules};
pub use numeric::Numeric;
pub use params::{PARAMS_LIMIT, Params};
pub use prefix::Prefix;
pub use tags::{CLIENT_TAGS_LIMIT, TAGS_LIMIT, Tag, TagIter, Tags, TagsBuf};
pub use user::UserName;

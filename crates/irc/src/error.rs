//! What can be wrong with a line, with a message that is to be written, and with a name.

use std::fmt;

/// Why a line is not a message.
///
/// ```
/// use ropewalk_irc::{Message, ParseError};
///
/// let why = Message::parse(b"PRIVMSG #rope :one\0two").unwrap_err();
/// assert_eq!(why, ParseError::Forbidden { byte: 0, at: 18 });
/// assert_eq!(why.to_string(), r"byte \x00 at 18 is not allowed in a line");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// There is nothing in the line.
    #[error("the line is empty")]
    Empty,
    /// A NUL, CR or LF is inside the line.
    #[error("byte {} at {at} is not allowed in a line", .byte.escape_ascii())]
    Forbidden {
        /// The byte.
        byte: u8,
        /// Where it is in the line.
        at: usize,
    },
    /// The tags are longer than IRCv3 allows, the `@` and the space counted.
    #[error("tags of {length} bytes are longer than the limit of {limit}")]
    TagsTooLong {
        /// How long they are.
        length: usize,
        /// [`TAGS_LIMIT`](crate::TAGS_LIMIT).
        limit: usize,
    },
    /// A colon that should begin a prefix is followed by a space or by nothing.
    #[error("the prefix at {at} is empty")]
    EmptyPrefix {
        /// Where the colon is.
        at: usize,
    },
    /// The line ends before there was a command.
    #[error("the line ends at {at} without a command")]
    MissingCommand {
        /// The length of the line.
        at: usize,
    },
    /// A colon or `@` is where a command should begin.
    #[error("a command cannot begin with {} at {at}", .byte.escape_ascii())]
    BadCommand {
        /// The byte.
        byte: u8,
        /// Where it is in the line.
        at: usize,
    },
}

/// Why a message cannot be written: no line would be read back as the same message.
///
/// ```
/// use ropewalk_irc::Message;
///
/// let message = Message::new(b"KICK").param(b"#rope").param(b"an n").param(b"out");
/// let why = message.write(&mut Vec::new()).unwrap_err();
/// assert_eq!(why.to_string(), r"byte \x20 at 2 is not allowed in parameter 2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Something that may not be empty is empty: a command, a prefix, a key, a parameter that is
    /// not the last.
    #[error("{part} is empty")]
    Empty {
        /// What is empty.
        part: Part,
    },
    /// A byte stands where it would end the part, or the line, or mean something else.
    #[error("byte {} at {at} is not allowed in {part}", shown(*.byte))]
    Forbidden {
        /// What it is in.
        part: Part,
        /// The byte.
        byte: u8,
        /// Where it is in that part.
        at: usize,
    },
    /// More parameters than a message can have.
    #[error("a message has at most {limit} parameters", limit = crate::PARAMS_LIMIT)]
    TooManyParams,
    /// The tags are longer than IRCv3 allows, the `@` and the space counted.
    #[error("tags of {length} bytes are longer than the limit of {limit}")]
    TagsTooLong {
        /// How long they are.
        length: usize,
        /// [`TAGS_LIMIT`](crate::TAGS_LIMIT).
        limit: usize,
    },
}

/// A part of a message that is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The tags as a whole.
    Tags,
    /// The key of one tag.
    TagKey,
    /// The value of one tag.
    TagValue,
    /// The prefix.
    Prefix,
    /// The command.
    Command,
    /// A parameter; the first is 0.
    Param(usize),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tags => f.write_str("the tags"),
            Self::TagKey => f.write_str("the key of a tag"),
            Self::TagValue => f.write_str("the value of a tag"),
            Self::Prefix => f.write_str("the prefix"),
            Self::Command => f.write_str("the command"),
            Self::Param(index) => write!(f, "parameter {}", index + 1),
        }
    }
}

/// Why some bytes are not a name.
///
/// ```
/// use ropewalk_irc::{NameError, Nick, NickRules};
///
/// let why = Nick::parse(b"7up", &NickRules::default()).unwrap_err();
/// assert_eq!(why, NameError::BadStart { byte: b'7' });
/// assert_eq!(why.to_string(), "a name of this kind cannot begin with 7");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing.
    #[error("the name is empty")]
    Empty,
    /// More bytes than the limit.
    #[error("name of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The first byte is allowed later, but not there.
    #[error("a name of this kind cannot begin with {}", shown(*.byte))]
    BadStart {
        /// The byte.
        byte: u8,
    },
    /// The last byte of a label is allowed before, but not there.
    #[error("a label cannot end with {} at {at}", shown(*.byte))]
    BadEnd {
        /// The byte.
        byte: u8,
        /// Where it is.
        at: usize,
    },
    /// A byte that is not allowed.
    #[error("byte {} at {at} is not allowed in this name", shown(*.byte))]
    Forbidden {
        /// The byte.
        byte: u8,
        /// Where it is.
        at: usize,
    },
    /// A label of a host name is empty.
    #[error("the label at {at} is empty")]
    EmptyLabel {
        /// Where it should be.
        at: usize,
    },
    /// A host name without a dot.
    #[error("the host name has no dot")]
    NoDot,
    /// Bytes that are not UTF-8, where letters beyond ASCII are allowed.
    #[error("the name is not UTF-8 from {at} on")]
    NotUtf8 {
        /// Where the first wrong byte is.
        at: usize,
    },
}

/// A byte as errors show it: a space would not be seen.
fn shown(byte: u8) -> String {
    if byte == b' ' { r"\x20".to_owned() } else { byte.escape_ascii().to_string() }
}

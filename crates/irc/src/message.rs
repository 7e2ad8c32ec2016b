//! One IRC message, borrowed from a line or put together from parts.

use std::fmt;

use crate::{Numeric, Params, Prefix, Tags};

/// A message: tags, who it is from, a command and its parameters.
///
/// It borrows everything. [`parse`](Self::parse) makes one from a line; [`new`](Self::new) and the
/// methods after it put one together; [`write`](Self::write) turns it into bytes again. None of
/// this allocates. Two messages are equal when they mean the same, whether or not the last
/// parameter was written with a colon.
///
/// ```
/// use ropewalk_irc::Message;
///
/// let joined = Message::new(b"JOIN").prefix(b"ann!a@example.net").param(b"#rope");
/// assert_eq!(joined, Message::parse(b":ann!a@example.net JOIN :#rope")?);
/// # Ok::<(), ropewalk_irc::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The IRCv3 tags; empty when there are none.
    pub tags: Tags<'a>,
    /// Who the message is from.
    pub prefix: Option<Prefix<'a>>,
    /// The command, in the case in which it was sent: see [`is`](Self::is).
    pub command: &'a [u8],
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Message<'a> {
    /// A message of this command, and nothing else yet.
    #[must_use]
    pub fn new(command: &'a [u8]) -> Self {
        Self { tags: Tags::default(), prefix: None, command, params: Params::new() }
    }

    /// A message whose command is a numeric.
    ///
    /// ```
    /// use ropewalk_irc::{Message, Numeric};
    ///
    /// let message = Message::reply(Numeric::ERR_NOSUCHNICK).param(b"ann").param(b"bob");
    /// assert_eq!(message.command, b"401");
    /// ```
    #[must_use]
    pub fn reply(numeric: Numeric) -> Self {
        Self::new(numeric.as_bytes())
    }

    /// With these tags in place of those it has.
    ///
    /// ```
    /// use ropewalk_irc::{Message, TagsBuf};
    ///
    /// let mut tags = TagsBuf::default();
    /// tags.push(b"label", b"one two")?;
    /// let mut out = Vec::new();
    /// Message::new(b"PING").tags(tags.as_tags()).write(&mut out)?;
    /// assert_eq!(out, br"@label=one\stwo PING");
    /// # Ok::<(), ropewalk_irc::WriteError>(())
    /// ```
    #[must_use]
    pub fn tags(mut self, tags: Tags<'a>) -> Self {
        self.tags = tags;
        self
    }

    /// With this prefix (`nick!user@host` or a server's name) in place of the one it has.
    #[must_use]
    pub fn prefix(mut self, prefix: &'a [u8]) -> Self {
        self.prefix = Some(Prefix::new(prefix));
        self
    }

    /// With one more parameter.
    ///
    /// The last one is written with a colon where it needs one.
    #[must_use]
    pub fn param(mut self, param: &'a [u8]) -> Self {
        self.params.push(param);
        self
    }

    /// With one more parameter, which is written with a colon even when it needs none.
    ///
    /// That is how servers write what people typed, and what some clients rely on.
    #[must_use]
    pub fn trailing(mut self, param: &'a [u8]) -> Self {
        self.params.push_trailing(param);
        self
    }

    /// Whether this is the command, in any case.
    ///
    /// ```
    /// assert!(ropewalk_irc::Message::parse(b"ping x")?.is(b"PING"));
    /// # Ok::<(), ropewalk_irc::ParseError>(())
    /// ```
    #[must_use]
    pub fn is(&self, command: &[u8]) -> bool {
        self.command.eq_ignore_ascii_case(command)
    }

    /// The command as a numeric, when it is three digits.
    ///
    /// ```
    /// use ropewalk_irc::{Message, Numeric};
    ///
    /// let message = Message::parse(b":irc.example.net 001 ann :Welcome")?;
    /// assert_eq!(message.numeric(), Some(Numeric::RPL_WELCOME));
    /// # Ok::<(), ropewalk_irc::ParseError>(())
    /// ```
    #[must_use]
    pub fn numeric(&self) -> Option<Numeric> {
        Numeric::parse(self.command)
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("tags", &self.tags)
            .field("prefix", &self.prefix)
            .field("command", &Shown(self.command))
            .field("params", &self.params)
            .finish()
    }
}

/// Bytes as `Debug` shows them: as text, with what is not ASCII escaped.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

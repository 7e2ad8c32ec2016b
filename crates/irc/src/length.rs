//! Lines that fit: text cut to length, but never inside a character.

use crate::Message;

/// The longest prefix of `text` of at most `room` bytes that ends where a UTF-8 character does.
///
/// Bytes that are not UTF-8 count as characters of their own.
///
/// ```
/// use ropewalk_irc::truncate_text;
///
/// assert_eq!(truncate_text("caffè".as_bytes(), 5), b"caff");
/// assert_eq!(truncate_text(b"caff\xe8\xe8", 5), b"caff\xe8");
/// ```
#[must_use]
pub fn truncate_text(text: &[u8], room: usize) -> &[u8] {
    if text.len() <= room {
        return text;
    }
    // Back over at most three continuation bytes, to what begins the character that is cut.
    let lead = (room.saturating_sub(3)..=room).rev().find(|&at| text[at] & 0xc0 != 0x80);
    match lead {
        Some(lead) if lead + character_len(&text[lead..]) > room => &text[..lead],
        _ => &text[..room],
    }
}

/// `text` in pieces of at most `room` bytes that end where a UTF-8 character does.
///
/// The pieces together are the text. A character that is longer than `room` is cut nevertheless;
/// without room there are no pieces.
///
/// ```
/// use ropewalk_irc::split_text;
///
/// let pieces: Vec<_> = split_text("vår är här".as_bytes(), 6).collect();
/// assert_eq!(pieces, ["vår ".as_bytes(), "är h".as_bytes(), "är".as_bytes()]);
/// ```
#[must_use]
pub fn split_text(text: &[u8], room: usize) -> SplitText<'_> {
    SplitText { rest: text, room }
}

/// The pieces of a text; made by [`split_text`].
#[derive(Clone, Debug)]
pub struct SplitText<'a> {
    rest: &'a [u8],
    room: usize,
}

impl<'a> Iterator for SplitText<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() || self.room == 0 {
            return None;
        }
        let length = match truncate_text(self.rest, self.room).len() {
            0 => self.room,
            length => length,
        };
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(piece)
    }
}

impl<'a> Message<'a> {
    /// Whether the line is at most [`LINE_LIMIT`] bytes; tags do not count.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.body_len() + CRLF <= LINE_LIMIT
    }

    /// How many bytes the last parameter can be in a line that [`fits`](Self::fits).
    ///
    /// ```
    /// assert_eq!(ropewalk_irc::Message::new(b"PRIVMSG").param(b"#rope").trailing(b"").room(), 495);
    /// ```
    #[must_use]
    pub fn room(&self) -> usize {
        let last = self.params.last().map_or(0, |last| last.len());
        let colon = usize::from(!self.params.has_colon());
        LINE_LIMIT.saturating_sub(self.body_len() - last + colon + CRLF)
    }

    /// The message with as much of its last parameter as fits into a line.
    ///
    /// Only the last parameter is cut: a message that is too long without it stays too long.
    ///
    /// ```
    /// use ropewalk_irc::{LINE_LIMIT, Message};
    ///
    /// let text = "è".repeat(400);
    /// let mut out = Vec::new();
    /// Message::new(b"PRIVMSG").param(b"#rope").trailing(text.as_bytes()).truncated().write_line(&mut out)?;
    /// assert_eq!(out.len(), LINE_LIMIT - 1);
    /// # Ok::<(), ropewalk_irc::WriteError>(())
    /// ```
    #[must_use]
    pub fn truncated(mut self) -> Self {
        if !self.fits() {
            let room = self.room();
            if let Some(&last) = self.params.last() {
                self.params.replace_last(truncate_text(last, room));
            }
        }
        self
    }

    /// The message as several, each with a piece of the last parameter, that all fit into a line.
    ///
    /// One that fits is given back as it is. There are none when nothing of the last parameter
    /// has room.
    ///
    /// ```
    /// use ropewalk_irc::Message;
    ///
    /// let text = b"la ".repeat(300);
    /// let messages = Message::new(b"PRIVMSG").param(b"#rope").trailing(&text).split();
    /// assert_eq!(messages.map(|message| message.params[1].len()).collect::<Vec<_>>(), [495, 405]);
    /// ```
    #[must_use]
    pub fn split(self) -> SplitMessage<'a> {
        let last = self.params.last().copied().unwrap_or_default();
        let (whole, room) = if self.fits() { (true, 0) } else { (false, self.room()) };
        SplitMessage { whole, pieces: split_text(last, room), message: self }
    }
}

/// The pieces of a message; made by [`Message::split`].
#[derive(Clone, Debug)]
pub struct SplitMessage<'a> {
    message: Message<'a>,
    whole: bool,
    pieces: SplitText<'a>,
}

impl<'a> Iterator for SplitMessage<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        if std::mem::take(&mut self.whole) {
            return Some(self.message.clone());
        }
        let piece = self.pieces.next()?;
        let mut message = self.message.clone();
        message.params.replace_last(piece);
        Some(message)
    }
}

/// How long the UTF-8 character at the beginning of `text` is; 1 when there is none.
fn character_len(text: &[u8]) -> usize {
    let length = match text[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return 1,
    };
    match text.get(..length) {
        Some(bytes) if std::str::from_utf8(bytes).is_ok() => length,
        _ => 1,
    }
}

/// How many bytes a line may be, its CR LF counted and its tags not (RFC 2812, 2.3).
pub const LINE_LIMIT: usize = 512;

const CRLF: usize = 2;

//! What a directory found, and what of it may leave.

use std::fmt;

use bytes::Bytes;

/// What a [`Directory`](crate::Directory) found, as text in one or many pieces.
///
/// Lines may end as they like; they are sent as the protocol has them. Pieces are asked for when the
/// ones before have left, so a long answer is never in memory as a whole.
///
/// ```
/// use ropewalk_finger::Answer;
///
/// let short = Answer::from("Alice, room 12\n");
/// let long = Answer::pieces((0..1_000_000).map(|number| format!("user{number}\n").into()));
/// # let _ = (short, long);
/// ```
pub struct Answer {
    pieces: Box<dyn Iterator<Item = Bytes> + Send>,
}

impl Answer {
    /// An answer in pieces. The iterator is called in a turn of the reactor: it must not block.
    pub fn pieces<I>(pieces: I) -> Self
    where
        I: IntoIterator<Item = Bytes>,
        I::IntoIter: Send + 'static,
    {
        Self { pieces: Box::new(pieces.into_iter()) }
    }

    pub(crate) fn next(&mut self) -> Option<Bytes> {
        self.pieces.next()
    }
}

impl<T: Into<Bytes>> From<T> for Answer {
    fn from(text: T) -> Self {
        let text: Bytes = text.into();
        Self::pieces([text])
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

/// Which characters pass; RFC 1288, section 3.3.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Characters {
    /// The printable ones of ASCII, tabs, and ends of lines.
    #[default]
    Ascii,
    /// Those, and bytes of 0xA0 and above, or part of a UTF-8 character: the control characters
    /// between 0x80 and 0x9F pass in neither form.
    International,
}

/// Takes out of a stream of bytes what may not pass, and ends lines with CRLF.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cleaner {
    characters: Characters,
    /// The last byte was a carriage return, which has been written as an end of line.
    after_cr: bool,
}

impl Cleaner {
    pub(crate) fn new(characters: Characters) -> Self {
        Self { characters, after_cr: false }
    }

    /// Adds what passes to `out`.
    pub(crate) fn clean(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for chunk in bytes.utf8_chunks() {
            self.clean_text(chunk.valid(), out);
            if !chunk.invalid().is_empty() {
                self.after_cr = false;
                let high =
                    |byte: &&u8| self.characters == Characters::International && **byte >= 0xa0;
                out.extend(chunk.invalid().iter().filter(high));
            }
        }
    }

    fn clean_text(&mut self, text: &str, out: &mut Vec<u8>) {
        for character in text.chars() {
            let after_cr = std::mem::replace(&mut self.after_cr, character == '\r');
            match character {
                '\n' if after_cr => {}
                '\r' | '\n' => out.extend_from_slice(b"\r\n"),
                '\t' | ' '..='~' => out.push(character as u8),
                _ if character.is_control() || character.is_ascii() => {}
                _ if self.characters == Characters::International => {
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => out.push(b'?'),
            }
        }
    }
}

//! From a message to a line: first all that could be wrong, then bytes.

use bytes::BufMut;
use memchr::memchr3;

use crate::{Message, Part, TAGS_LIMIT, WriteError};

impl Message<'_> {
    /// Writes the message without a line end.
    ///
    /// `out` is a buffer that grows, such as `Vec<u8>` or `BytesMut`; nothing is written to it
    /// when there is an error. The length is not limited: see [`truncated`](Self::truncated).
    ///
    /// # Errors
    ///
    /// [`WriteError`] when a line could not be read back as this message.
    ///
    /// ```
    /// use ropewalk_irc::Message;
    ///
    /// let mut out = Vec::new();
    /// Message::new(b"TOPIC").param(b"#rope").param(b"").write(&mut out)?;
    /// assert_eq!(out, b"TOPIC #rope :");
    /// assert!(Message::new(b"TOPIC").param(b"#rope").param(b"a\r\nQUIT").write(&mut out).is_err());
    /// # Ok::<(), ropewalk_irc::WriteError>(())
    /// ```
    pub fn write(&self, out: &mut impl BufMut) -> Result<(), WriteError> {
        self.check()?;
        self.put(out);
        Ok(())
    }

    /// Writes the message and the CR LF that ends its line; otherwise as [`write`](Self::write).
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_line(&self, out: &mut impl BufMut) -> Result<(), WriteError> {
        self.write(out)?;
        out.put_slice(b"\r\n");
        Ok(())
    }

    /// How many bytes the message is when written, its tags and line end not counted.
    ///
    /// ```
    /// assert_eq!(ropewalk_irc::Message::new(b"PING").param(b"one two").body_len(), 13);
    /// ```
    #[must_use]
    pub fn body_len(&self) -> usize {
        let prefix = self.prefix.map_or(0, |prefix| prefix.as_bytes().len() + 2);
        let params: usize = self.params.iter().map(|param| param.len() + 1).sum();
        prefix + self.command.len() + params + usize::from(self.params.has_colon())
    }

    fn check(&self) -> Result<(), WriteError> {
        let tags = self.tags.as_bytes();
        if tags.len() + 2 > TAGS_LIMIT {
            return Err(WriteError::TagsTooLong { length: tags.len() + 2, limit: TAGS_LIMIT });
        }
        check_word(tags, Part::Tags)?;
        if let Some(prefix) = self.prefix {
            check_filled(prefix.as_bytes(), Part::Prefix)?;
        }
        check_filled(self.command, Part::Command)?;
        if let Some(&byte @ (b':' | b'@')) = self.command.first() {
            return Err(WriteError::Forbidden { part: Part::Command, byte, at: 0 });
        }
        self.check_params()
    }

    fn check_params(&self) -> Result<(), WriteError> {
        if self.params.overflowed() {
            return Err(WriteError::TooManyParams);
        }
        let Some((last, middle)) = self.params.split_last() else { return Ok(()) };
        for (index, param) in middle.iter().enumerate() {
            let part = Part::Param(index);
            check_filled(param, part)?;
            if param[0] == b':' {
                return Err(WriteError::Forbidden { part, byte: b':', at: 0 });
            }
        }
        match memchr3(b'\0', b'\r', b'\n', last) {
            None => Ok(()),
            Some(at) => {
                Err(WriteError::Forbidden { part: Part::Param(middle.len()), byte: last[at], at })
            }
        }
    }

    fn put(&self, out: &mut impl BufMut) {
        if !self.tags.is_empty() {
            out.put_u8(b'@');
            out.put_slice(self.tags.as_bytes());
            out.put_u8(b' ');
        }
        if let Some(prefix) = self.prefix {
            out.put_u8(b':');
            out.put_slice(prefix.as_bytes());
            out.put_u8(b' ');
        }
        out.put_slice(self.command);
        let Some((last, middle)) = self.params.split_last() else { return };
        for param in middle {
            out.put_u8(b' ');
            out.put_slice(param);
        }
        out.put_slice(if self.params.has_colon() { b" :" } else { b" " });
        out.put_slice(last);
    }
}

/// Checks something that ends at the next space, and may not be empty.
fn check_filled(bytes: &[u8], part: Part) -> Result<(), WriteError> {
    if bytes.is_empty() {
        return Err(WriteError::Empty { part });
    }
    check_word(bytes, part)
}

fn check_word(bytes: &[u8], part: Part) -> Result<(), WriteError> {
    match bytes.iter().position(|byte| matches!(byte, b' ' | b'\0' | b'\r' | b'\n')) {
        None => Ok(()),
        Some(at) => Err(WriteError::Forbidden { part, byte: bytes[at], at }),
    }
}

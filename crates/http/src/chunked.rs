//! Bodies in chunks; RFC 9112, section 7.1.

use bytes::{Buf, BytesMut};

use crate::BadRequest;

/// Takes chunks apart. Strict: what is not exactly a chunk is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunks {
    step: Step,
    /// Bytes of extensions and trailers that may still come.
    overhead: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Size,
    Data(u64),
    DataEnd,
    Trailer,
    Done,
}

/// What came next.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    /// So many bytes at the front of the input are data: take them.
    Data(usize),
    /// More has to come.
    Wait,
    End,
}

impl Chunks {
    pub(crate) fn new(overhead: usize) -> Self {
        Self { step: Step::Size, overhead }
    }

    /// Drops framing from the front of `input`, and says how much data follows. The caller takes
    /// that before it asks again.
    pub(crate) fn next(&mut self, input: &mut BytesMut) -> Result<Piece, BadRequest> {
        loop {
            match self.step {
                Step::Data(0) => self.step = Step::DataEnd,
                Step::Data(_) if input.is_empty() => return Ok(Piece::Wait),
                Step::Data(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    self.step = Step::Data(left - count as u64);
                    return Ok(Piece::Data(count));
                }
                Step::DataEnd => {
                    if !b"\r\n".starts_with(&input[..input.len().min(2)]) {
                        return Err(BadRequest::Chunk("its data does not end where it should"));
                    }
                    if input.len() < 2 {
                        return Ok(Piece::Wait);
                    }
                    input.advance(2);
                    self.step = Step::Size;
                }
                Step::Size | Step::Trailer => {
                    let Some(line) = self.line(input)? else { return Ok(Piece::Wait) };
                    let step = match self.step {
                        Step::Size => match size(&input[..line])? {
                            0 => Step::Trailer,
                            size => Step::Data(size),
                        },
                        _ if line == 0 => Step::Done,
                        _ => {
                            trailer(&input[..line])?;
                            Step::Trailer
                        }
                    };
                    input.advance(line + 2);
                    self.step = step;
                }
                Step::Done => return Ok(Piece::End),
            }
        }
    }

    /// The length of the line at the front, once it is there with its end.
    fn line(&mut self, input: &[u8]) -> Result<Option<usize>, BadRequest> {
        let end = input.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let length = end.unwrap_or(input.len());
        // Eighteen bytes are enough for any size without an extension.
        let over = if self.step == Step::Size { length.saturating_sub(18) } else { length };
        if over > self.overhead {
            return Err(BadRequest::Chunk("too long an extension or trailer"));
        }
        let Some(at) = end else { return Ok(None) };
        match (input[at], input.get(at + 1)) {
            (b'\r', Some(b'\n')) => {
                self.overhead -= over;
                Ok(Some(at))
            }
            (b'\r', None) => Ok(None),
            _ => Err(BadRequest::Chunk("a bare carriage return or line feed")),
        }
    }
}

/// Hexadecimal digits, and an extension that nobody knows.
fn size(line: &[u8]) -> Result<u64, BadRequest> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let extension = line[digits..].trim_ascii_start();
    if digits == 0 || !extension.is_empty() && extension[0] != b';' || extension.contains(&0) {
        return Err(BadRequest::Chunk("its size is no hexadecimal number"));
    }
    if extension.is_empty() && digits < line.len() {
        return Err(BadRequest::Chunk("a space behind its size"));
    }
    let text = std::str::from_utf8(&line[..digits]).unwrap_or_default();
    u64::from_str_radix(text, 16).map_err(|_| BadRequest::Chunk("its size is too large"))
}

/// A field, which is then forgotten.
fn trailer(line: &[u8]) -> Result<(), BadRequest> {
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let name = line.iter().position(|byte| *byte == b':').map(|at| &line[..at]);
    let value = |byte: &u8| *byte == b'\t' || *byte >= b' ' && *byte != 0x7f;
    match name {
        Some(name) if !name.is_empty() && name.iter().all(token) && line.iter().all(value) => {
            Ok(())
        }
        _ => Err(BadRequest::Chunk("a trailer that is no field")),
    }
}

//! A request whose body is under way.

use bytes::{Buf, BytesMut};

use crate::{
    BadRequest, Intake, Request,
    chunked::{Chunks, Piece},
    framing::Framing,
};

/// A request whose body is under way.
pub(crate) struct Incoming {
    request: Request,
    left: Left,
    intake: Intake,
    collected: BytesMut,
    taken: u64,
}

enum Left {
    Length(u64),
    Chunks(Chunks),
}

impl Incoming {
    /// Refuses at once what is announced to be too long.
    pub(crate) fn new(
        request: Request,
        framing: Framing,
        intake: Intake,
        overhead: usize,
    ) -> Result<Self, BadRequest> {
        let left = match (framing, &intake) {
            (Framing::Length(length), Intake::Collect(limit) | Intake::Watch { limit, .. })
                if length > *limit =>
            {
                return Err(BadRequest::BodyTooLarge { limit: *limit });
            }
            (Framing::Length(length), _) => Left::Length(length),
            (Framing::Chunked, _) => Left::Chunks(Chunks::new(overhead)),
        };
        Ok(Self { request, left, intake, collected: BytesMut::new(), taken: 0 })
    }

    /// The request with its body.
    pub(crate) fn whole(self) -> Request {
        Request { body: self.collected.freeze(), ..self.request }
    }

    /// Takes what is there of the body; true when that was all.
    pub(crate) fn read(&mut self, input: &mut BytesMut) -> Result<bool, BadRequest> {
        loop {
            let count = match &mut self.left {
                Left::Length(0) => return Ok(true),
                Left::Length(_) if input.is_empty() => return Ok(false),
                Left::Length(left) => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    *left -= count as u64;
                    count
                }
                Left::Chunks(chunks) => match chunks.next(input)? {
                    Piece::Data(count) => count,
                    Piece::Wait => return Ok(false),
                    Piece::End => return Ok(true),
                },
            };
            self.taken += count as u64;
            match &mut self.intake {
                Intake::Collect(limit) | Intake::Watch { limit, .. } if self.taken > *limit => {
                    return Err(BadRequest::BodyTooLarge { limit: *limit });
                }
                Intake::Collect(_) => self.collected.extend_from_slice(&input[..count]),
                Intake::Watch { pieces, .. } => pieces(&input[..count]),
                Intake::Refuse(_) => {}
            }
            input.advance(count);
        }
    }
}

/// RFC 9110, section 10.1.1. HTTP/1.0 has no such thing.
pub(crate) fn expects_continue(request: &Request) -> Result<bool, BadRequest> {
    let mut expected = request.list("expect").peekable();
    if request.minor() == 0 || expected.peek().is_none() {
        return Ok(false);
    }
    match expected.all(|it| it.eq_ignore_ascii_case("100-continue")) {
        true => Ok(true),
        false => Err(BadRequest::Expectation),
    }
}

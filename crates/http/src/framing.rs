//! Where a body ends; RFC 9112, section 6.3.

use crate::{BadRequest, Request};

/// How long a request's body is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
}

impl Framing {
    /// What the head says, if that is one thing only.
    pub(crate) fn of(request: &Request) -> Result<Self, BadRequest> {
        let mut codings = request.headers("transfer-encoding").peekable();
        let mut lengths = request.headers("content-length");
        let length = lengths.next();
        if lengths.next().is_some() {
            return Err(BadRequest::Ambiguous("more than one Content-Length"));
        }
        if codings.peek().is_some() {
            if length.is_some() {
                return Err(BadRequest::Ambiguous("Content-Length and Transfer-Encoding"));
            }
            if request.minor == 0 {
                return Err(BadRequest::Ambiguous("Transfer-Encoding in HTTP/1.0"));
            }
            drop(codings);
            return chunked(request);
        }
        match length {
            Some(digits) => number(digits).map(Self::Length),
            None => Ok(Self::Length(0)),
        }
    }
}

fn chunked(request: &Request) -> Result<Framing, BadRequest> {
    let mut values = request.headers("transfer-encoding");
    let (first, second) = (values.next().unwrap_or_default(), values.next());
    if second.is_none() && first.eq_ignore_ascii_case(b"chunked") {
        return Ok(Framing::Chunked);
    }
    let last = request.list("transfer-encoding").last().unwrap_or_default();
    let chunks = request.list("transfer-encoding").filter(|it| it.eq_ignore_ascii_case("chunked"));
    match chunks.count() {
        1 if last.eq_ignore_ascii_case("chunked") => Err(BadRequest::Coding),
        0 if !last.is_empty() => {
            Err(BadRequest::Ambiguous("the last transfer coding is not chunked"))
        }
        _ => Err(BadRequest::Ambiguous("the transfer codings")),
    }
}

/// Digits and nothing else: no sign, no list, no second opinion.
fn number(digits: &[u8]) -> Result<u64, BadRequest> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BadRequest::Ambiguous("Content-Length is no number"));
    }
    let text = std::str::from_utf8(digits).unwrap_or_default();
    text.parse().map_err(|_| BadRequest::BodyTooLarge { limit: u64::MAX })
}

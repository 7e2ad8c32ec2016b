//! Writing a response: its head, and how its body is framed.

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use ropewalk_protocol::Transport;

use crate::{Method, Request, Response, date, status::phrase};

/// What of a request matters for its response, kept while it is worked on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) is_head: bool,
    pub(crate) minor: u8,
    pub(crate) keeps_alive: bool,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let is_head = request.method() == Method::Head;
        Self { is_head, minor: request.minor(), keeps_alive: request.keeps_alive() }
    }

    /// For a request that could not be read.
    pub(crate) const UNKNOWN: Self = Self { is_head: false, minor: 1, keeps_alive: false };
}

/// How the rest of a body is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sending {
    /// There is none.
    Nothing,
    /// So many bytes.
    Exactly(u64),
    /// Chunks; RFC 9112, section 7.1.
    Chunks,
    /// Until the connection is closed, for HTTP/1.0.
    UntilClose,
}

/// Writes heads. It remembers the second for which it has written the date, and its memory is put
/// to use again.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    second: Option<u64>,
    date: [u8; 29],
    text: Vec<u8>,
}

impl Heads {
    /// Writes the head of a response, and says how its body goes and whether the connection stays.
    pub(crate) fn write(
        &mut self,
        out: &mut dyn Transport,
        response: &Response,
        asked: &mut Asked,
        now: SystemTime,
    ) -> Sending {
        let length = response.body.length();
        let sending = match length {
            _ if response.has_no_body() => Sending::Nothing,
            Some(length) => Sending::Exactly(length),
            None if asked.minor == 0 => Sending::UntilClose,
            None => Sending::Chunks,
        };
        if sending == Sending::UntilClose {
            asked.keeps_alive = false;
        }
        self.text.clear();
        let text = &mut self.text;
        let status = response.status();
        // Writing to a Vec does not fail.
        let _ = write!(text, "HTTP/1.1 {status} {}\r\nDate: ", phrase(status));
        let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if self.second != Some(second) {
            (self.second, self.date) = (Some(second), date::write(now));
        }
        text.extend_from_slice(&self.date);
        text.extend_from_slice(b"\r\n");
        for (name, value) in &response.fields {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value);
            text.extend_from_slice(b"\r\n");
        }
        match sending {
            Sending::Exactly(length) => {
                let _ = write!(text, "Content-Length: {length}\r\n");
            }
            Sending::Chunks => text.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Sending::Nothing | Sending::UntilClose => {}
        }
        text.extend_from_slice(match (status, asked.keeps_alive, asked.minor) {
            (101, ..) => b"Connection: Upgrade\r\n\r\n".as_slice(),
            (_, true, 0) => b"Connection: keep-alive\r\n\r\n",
            (_, true, _) => b"\r\n",
            (_, false, _) => b"Connection: close\r\n\r\n",
        });
        out.write(text);
        if asked.is_head { Sending::Nothing } else { sending }
    }
}

/// Writes a piece of a body. False where it is more than was announced.
pub(crate) fn write_piece(out: &mut dyn Transport, sending: &mut Sending, piece: Bytes) -> bool {
    let length = piece.len() as u64;
    match sending {
        Sending::Nothing => {}
        Sending::Exactly(left) if length > *left => return false,
        Sending::Exactly(left) => {
            *left -= length;
            out.send(piece);
        }
        // A chunk of no bytes would be the last one.
        Sending::Chunks if length == 0 => {}
        Sending::Chunks => {
            let mut size = [0; 18];
            let mut rest = &mut size[..];
            let _ = write!(rest, "{length:x}\r\n"); // sixteen digits fit, and the line's end
            let unused = rest.len();
            out.write(&size[..18 - unused]);
            out.send(piece);
            out.write(b"\r\n");
        }
        Sending::UntilClose => out.send(piece),
    }
    true
}

/// Writes the end of a body. False where less came than was announced.
pub(crate) fn write_end(out: &mut dyn Transport, sending: Sending) -> bool {
    match sending {
        Sending::Exactly(left) => left == 0,
        Sending::Chunks => {
            out.write(b"0\r\n\r\n");
            true
        }
        Sending::Nothing | Sending::UntilClose => true,
    }
}

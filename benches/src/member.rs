//! One member of a room: what it has to say to get in, and what it must hear once it is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::fanout_load::{Dialect, TEXT};

/// A connection that joins and then counts messages.
pub(crate) struct Member {
    socket: TcpStream,
    /// The beginning of a line whose end has not arrived.
    partial: Vec<u8>,
    pub(crate) stage: Stage,
    /// Messages, all in order.
    pub(crate) heard: u64,
}

/// How far a member has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Connected,
    Registered,
    Joined,
}

impl Member {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self { socket, partial: Vec::new(), stage: Stage::Connected, heard: 0 }
    }

    /// Sends something small at once.
    pub(crate) fn say(&mut self, mut text: &[u8]) -> io::Result<()> {
        while !text.is_empty() {
            match self.socket.write(text) {
                Ok(count) => text = &text[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads once and goes through the lines.
    pub(crate) fn read(&mut self, dialect: Dialect, buffer: &mut [u8]) -> io::Result<()> {
        let count = match self.socket.read(buffer) {
            Ok(0) => return Err(io::Error::other("the server hung up on a member")),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut rest = &buffer[..count];
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            if self.partial.is_empty() {
                self.line(dialect, line)?;
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(dialect, &whole)?;
                whole.clear();
                self.partial = whole;
            }
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    fn line(&mut self, dialect: Dialect, line: &[u8]) -> io::Result<()> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(number) = number_of(line) {
            if number != self.heard {
                let what = format!("message {number} came where {} was due", self.heard);
                return Err(io::Error::other(what));
            }
            self.heard += 1;
            return Ok(());
        }
        if dialect == Dialect::Raw {
            self.stage = Stage::Joined;
            return Ok(());
        }
        self.irc(line)
    }

    /// Everything of IRC but messages: answers PING, sees the welcome and the end of NAMES.
    fn irc(&mut self, line: &[u8]) -> io::Result<()> {
        let mut words = line.split(|byte| *byte == b' ');
        let mut command = words.next().unwrap_or_default();
        if command.starts_with(b":") || command.starts_with(b"@") {
            command = words.next().unwrap_or_default();
        }
        match command {
            b"PING" => {
                let token = words.next().unwrap_or_default();
                self.say(&[b"PONG ", token, b"\r\n"].concat())
            }
            b"001" => {
                self.stage = Stage::Registered;
                Ok(())
            }
            b"366" => {
                self.stage = Stage::Joined;
                Ok(())
            }
            b"ERROR" | b"433" | b"465" | b"471" => {
                Err(io::Error::other(String::from_utf8_lossy(line).into_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// The number of one of our messages, which stands at a fixed place from the end of the line.
fn number_of(line: &[u8]) -> Option<u64> {
    let text = line.get(line.len().checked_sub(TEXT)?..)?;
    let digits = text.strip_prefix(b"no ")?.get(..8)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

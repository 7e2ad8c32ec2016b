//! Connections that send messages and count what comes back: the load for echo and line servers.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::poll::{Interest, Poll};
use crate::socket;

/// How it is known that a message has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// By its bytes, which are compared.
    Bytes,
    /// By its line ending: a server may answer LF with CRLF.
    Lines,
}

/// Open connections to a server, and one message that all of them send.
pub struct Streams {
    poll: Poll,
    streams: Vec<Stream>,
    /// The message, over and over, so that any part of the stream is a slice of it.
    pattern: Vec<u8>,
    size: usize,
    counted: Counted,
    buffer: Vec<u8>,
}

struct Stream {
    socket: TcpStream,
    to_send: usize,
    /// Where in the message the next byte to send, and to receive, stands.
    sent: usize,
    received: usize,
    wants_room: bool,
}

impl Streams {
    /// Connects `count` times.
    pub fn connect(port: u16, count: usize, size: usize, counted: Counted) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut streams = Vec::with_capacity(count);
        for index in 0..count {
            let socket = socket::connect(port, index)?;
            poll.add(&socket, index, Interest::Read)?;
            let stream = Stream { socket, to_send: 0, sent: 0, received: 0, wants_room: false };
            streams.push(stream);
        }
        let message =
            (0..size).map(|at| if at + 1 == size { b'\n' } else { b'a' + (at % 26) as u8 });
        let message: Vec<u8> = message.collect();
        let pattern = message.iter().copied().cycle().take(size + READ).collect();
        Ok(Self { poll, streams, pattern, size, counted, buffer: vec![0; READ] })
    }

    /// Sends `messages` in all, at most `depth` at a time on each connection, and waits for them.
    pub fn exchange(&mut self, messages: u64, depth: u64) -> io::Result<()> {
        let (mut to_start, mut missing) = (messages, messages);
        for index in 0..self.streams.len() {
            let first = depth.min(to_start);
            to_start -= first;
            self.start(index, first)?;
        }
        let mut ready = Vec::new();
        while missing > 0 {
            self.poll.wait_for_server(&mut ready)?;
            for &index in &ready {
                if self.streams[index].wants_room {
                    self.start(index, 0)?;
                }
                let arrived = self.read(index)?;
                missing =
                    missing.checked_sub(arrived).ok_or_else(|| broken("too much came back"))?;
                let next = arrived.min(to_start);
                to_start -= next;
                if next > 0 {
                    self.start(index, next)?;
                }
            }
        }
        Ok(())
    }

    /// Begins to send so many messages more on a connection.
    fn start(&mut self, index: usize, messages: u64) -> io::Result<()> {
        let stream = &mut self.streams[index];
        stream.to_send += messages as usize * self.size;
        while stream.to_send > 0 {
            let most = stream.to_send.min(self.pattern.len() - stream.sent);
            match stream.socket.write(&self.pattern[stream.sent..stream.sent + most]) {
                Ok(count) => {
                    stream.to_send -= count;
                    stream.sent = (stream.sent + count) % self.size;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let wants_room = stream.to_send > 0;
        if wants_room != stream.wants_room {
            stream.wants_room = wants_room;
            let interest = if wants_room { Interest::Both } else { Interest::Read };
            self.poll.set(&stream.socket, index, interest)?;
        }
        Ok(())
    }

    /// Reads once; how many messages were completed.
    fn read(&mut self, index: usize) -> io::Result<u64> {
        let stream = &mut self.streams[index];
        let count = match stream.socket.read(&mut self.buffer) {
            Ok(0) => return Err(broken("the server hung up")),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error),
        };
        let bytes = &self.buffer[..count];
        if self.counted == Counted::Lines {
            return Ok(bytes.iter().filter(|byte| **byte == b'\n').count() as u64);
        }
        if *bytes != self.pattern[stream.received..stream.received + count] {
            return Err(broken("what came back is not what was sent"));
        }
        let end = stream.received + count;
        stream.received = end % self.size;
        Ok((end / self.size) as u64)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

const READ: usize = 64 * 1024;

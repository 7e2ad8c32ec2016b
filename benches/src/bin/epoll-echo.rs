//! The floor for echo: one thread, `epoll_wait`, `read`, `write`, and nothing else.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use ropewalk_benches::{Interest, Poll, listen};

/// A connection, and what its peer has not taken yet.
struct Entry {
    stream: TcpStream,
    unsent: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let listener = listen()?;
    let mut poll = Poll::new()?;
    poll.add(&listener, usize::MAX, Interest::Read)?;
    let (mut entries, mut free) = (Vec::new(), Vec::new());
    let mut buffer = vec![0; 64 * 1024];
    let mut ready = Vec::new();
    loop {
        poll.wait(&mut ready)?;
        for &key in &ready {
            if key == usize::MAX {
                accept(&listener, &poll, &mut entries, &mut free)?;
            } else if let Some(entry) = entries[key].as_mut()
                && turn(&poll, key, entry, &mut buffer).is_err()
            {
                entries[key] = None;
                free.push(key);
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    entries: &mut Vec<Option<Entry>>,
    free: &mut Vec<usize>,
) -> io::Result<()> {
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let key = free.pop().unwrap_or(entries.len());
        poll.add(&stream, key, Interest::Read)?;
        let entry = Some(Entry { stream, unsent: Vec::new() });
        if key == entries.len() { entries.push(entry) } else { entries[key] = entry }
    }
    Ok(())
}

/// One event: while something is unsent that alone is seen to. An error ends the connection.
fn turn(poll: &Poll, key: usize, entry: &mut Entry, buffer: &mut [u8]) -> io::Result<()> {
    if !entry.unsent.is_empty() {
        let sent = write(&mut entry.stream, &entry.unsent)?;
        entry.unsent.drain(..sent);
        if entry.unsent.is_empty() {
            poll.set(&entry.stream, key, Interest::Read)?;
        }
        return Ok(());
    }
    let count = match entry.stream.read(buffer) {
        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
        Err(error) => return Err(error),
    };
    let sent = write(&mut entry.stream, &buffer[..count])?;
    if sent < count {
        entry.unsent.extend_from_slice(&buffer[sent..count]);
        poll.set(&entry.stream, key, Interest::Write)?;
    }
    Ok(())
}

fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match stream.write(bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

//! The floor for chat: what the first connection sends is written to all the others.
//!
//! What one read brings is one write to each, so that a burst costs a member one system call. What
//! another sends comes back to it, by which it knows that it is in.

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
    let mut entries: Vec<Entry> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut ready = Vec::new();
    loop {
        poll.wait(&mut ready)?;
        for &key in &ready {
            if key == usize::MAX {
                accept(&listener, &poll, &mut entries)?;
                continue;
            }
            let Ok(count) = read(&poll, key, &mut entries[key], &mut buffer) else { return Ok(()) };
            let audience = if key == 0 { 1..entries.len() } else { key..key + 1 };
            for other in audience {
                send(&poll, other, &mut entries[other], &buffer[..count])?;
            }
        }
    }
}

fn accept(listener: &TcpListener, poll: &Poll, entries: &mut Vec<Entry>) -> io::Result<()> {
    while let Ok((stream, _)) = listener.accept() {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        poll.add(&stream, entries.len(), Interest::Read)?;
        entries.push(Entry { stream, unsent: Vec::new() });
    }
    Ok(())
}

/// Sends what was left over, and reads. Anyone who leaves ends the program.
fn read(poll: &Poll, key: usize, entry: &mut Entry, buffer: &mut [u8]) -> io::Result<usize> {
    if !entry.unsent.is_empty() {
        let unsent = std::mem::take(&mut entry.unsent);
        send(poll, key, entry, &unsent)?;
        if entry.unsent.is_empty() {
            poll.set(&entry.stream, key, Interest::Read)?;
        }
    }
    match entry.stream.read(buffer) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

fn send(poll: &Poll, key: usize, entry: &mut Entry, bytes: &[u8]) -> io::Result<()> {
    let mut sent = 0;
    if entry.unsent.is_empty() && !bytes.is_empty() {
        sent = match entry.stream.write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            result => result?,
        };
    }
    if sent < bytes.len() {
        entry.unsent.extend_from_slice(&bytes[sent..]);
        poll.set(&entry.stream, key, Interest::Both)?;
    }
    Ok(())
}

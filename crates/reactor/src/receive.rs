//! Reading into the spare room of a buffer, which no safe interface offers for [`BytesMut`].

#![allow(unsafe_code)]

use std::{io, mem::MaybeUninit, os::fd::AsFd};

use bytes::{BufMut, BytesMut};
use rustix::net::{RecvFlags, recv};

/// Reads once into the spare room of `input`; 0 is the end of file.
pub(crate) fn receive(socket: impl AsFd, input: &mut BytesMut) -> io::Result<usize> {
    let room: &mut [MaybeUninit<u8>] = input.spare_capacity_mut();
    let (filled, _) = recv(socket, room, RecvFlags::empty())?.0;
    let count = filled.len();
    // SAFETY: the system has just filled the first `count` bytes of the spare room.
    unsafe { input.advance_mut(count) };
    Ok(count)
}

/// The same for what is not a socket.
pub(crate) fn read(fd: impl AsFd, input: &mut BytesMut) -> io::Result<usize> {
    let room: &mut [MaybeUninit<u8>] = input.spare_capacity_mut();
    let count = rustix::io::read(fd, room)?.0.len();
    // SAFETY: the system has just filled the first `count` bytes of the spare room.
    unsafe { input.advance_mut(count) };
    Ok(count)
}

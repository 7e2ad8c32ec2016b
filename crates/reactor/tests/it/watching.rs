//! Watching descriptors.

use std::{
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::mpsc,
    time::Duration,
};

use ropewalk_protocol::{Interest, WatchFd};

use crate::{Running, on_each_reactor};

fn a_watched_descriptor_tells_when_it_is_ready(reactor: impl WatchFd) {
    let (mut here, mut there) = UnixStream::pair().unwrap();
    here.set_nonblocking(true).unwrap();
    let watched = OwnedFd::from(here.try_clone().unwrap());
    let (tell, hear) = mpsc::channel();
    let watch = reactor
        .watch(watched, Interest::READABLE, move |ready| {
            let mut bytes = [0; 1];
            if ready.readable && here.read(&mut bytes).is_ok_and(|count| count == 1) {
                tell.send(bytes[0]).unwrap();
            }
        })
        .unwrap();
    let _running = Running::new(reactor);
    // Three at once: it is told for as long as there is something.
    there.write_all(b"abc").unwrap();
    for expected in b"abc" {
        assert_eq!(hear.recv_timeout(Duration::from_secs(20)).unwrap(), *expected);
    }
    watch.set_interest(Interest::NONE);
    there.write_all(b"d").unwrap();
    watch.set_interest(Interest::READABLE);
    assert_eq!(hear.recv_timeout(Duration::from_secs(20)).unwrap(), b'd');
    watch.stop();
    assert!(hear.recv_timeout(Duration::from_secs(20)).is_err(), "closed with what it held");
}

on_each_reactor!(a_watched_descriptor_tells_when_it_is_ready);

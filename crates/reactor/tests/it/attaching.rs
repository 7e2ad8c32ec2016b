//! Descriptors that are shared with others.

use std::{fs::File, io::Write};

use ropewalk_protocol::{Attach, Reactor};
use rustix::fs::{OFlags, fcntl_getfl};

use crate::{Echo, Running, assert_echoes, on_each_reactor};

fn descriptors_that_blocked_block_again_at_the_end(reactor: impl Reactor) {
    let (input, mut there) = std::io::pipe().unwrap();
    let (mut back, output) = std::io::pipe().unwrap();
    // As standard input is shared with the shell that started us.
    let (shared_in, shared_out) = (input.try_clone().unwrap(), output.try_clone().unwrap());
    let blocks = |pipe: &dyn std::os::fd::AsFd| {
        !fcntl_getfl(pipe.as_fd()).unwrap().contains(OFlags::NONBLOCK)
    };
    reactor.attach(Attach::two(input.into(), output.into()), Echo).unwrap();
    assert!(!blocks(&shared_in) && !blocks(&shared_out));
    let running = Running::new(reactor);
    let mut both = Both(&mut back, &mut there);
    assert_echoes(&mut both, b"through two pipes");
    drop(running);
    assert!(blocks(&shared_in) && blocks(&shared_out));
}

fn writing_to_a_pipe_that_nobody_reads_ends_the_connection(reactor: impl Reactor) {
    let (input, mut there) = std::io::pipe().unwrap();
    let (reads, output) = std::io::pipe().unwrap();
    let (tell, hear) = std::sync::mpsc::channel();
    reactor.attach(Attach::two(input.into(), output.into()), Tells(tell)).unwrap();
    let _running = Running::new(reactor);
    drop(reads);
    there.write_all(b"answer this").unwrap();
    let reason = hear.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(reason.contains("roken pipe"), "{reason}");
}

fn what_cannot_be_read_is_lost_with_the_answer_of_the_system(reactor: impl Reactor) {
    let folder = File::open("/").unwrap();
    let null = File::options().write(true).open("/dev/null").unwrap();
    let (tell, hear) = std::sync::mpsc::channel();
    reactor.attach(Attach::two(folder.into(), null.into()), Tells(tell)).unwrap();
    let _running = Running::new(reactor);
    let reason = hear.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(reason.contains("directory"), "{reason}");
}

struct Tells(std::sync::mpsc::Sender<String>);

impl ropewalk_protocol::Protocol for Tells {
    type Message = ();

    fn data_received(
        &mut self,
        cx: &mut ropewalk_protocol::Context<'_, ()>,
        input: &mut bytes::BytesMut,
    ) {
        cx.send(input.split().freeze());
    }

    fn connection_lost(&mut self, reason: &ropewalk_protocol::Reason) {
        self.0.send(reason.to_string()).unwrap();
    }
}

struct Both<'a>(&'a mut std::io::PipeReader, &'a mut std::io::PipeWriter);

impl std::io::Read for Both<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

on_each_reactor!(
    writing_to_a_pipe_that_nobody_reads_ends_the_connection,
    descriptors_that_blocked_block_again_at_the_end,
    what_cannot_be_read_is_lost_with_the_answer_of_the_system,
);

//! The reactors, on real sockets.

mod attaching;
mod background;
mod contract;
mod datagrams;
#[cfg(feature = "deferred")]
mod defer;
mod descriptors;
mod groups;
mod listening;
mod local;
mod outputs;
mod processes;
mod restart;
mod running;
mod signals;
mod standard_io;
mod threads;
mod watching;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use bytes::BytesMut;
use ropewalk_protocol::{Address, Context, Listen, Port, Protocol, Reactor, factory};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings};

use background::Running;

/// Writes back what it reads.
#[derive(Clone)]
struct Echo;

impl Protocol for Echo {
    type Message = ();

    fn data_received(&mut self, cx: &mut Context<'_, ()>, input: &mut BytesMut) {
        cx.send(input.split().freeze());
    }
}

/// Runs a test on each of the reactors.
macro_rules! on_each_reactor {
    ($($test:ident),+ $(,)?) => {
        mod poll {
            $(#[test] fn $test() { super::$test(crate::poll(1)); })+
        }
        mod poll_on_two_threads {
            $(#[test] fn $test() { super::$test(crate::poll(2)); })+
        }
        mod async_io {
            $(#[test] fn $test() { super::$test(crate::async_io(1)); })+
        }
    };
}
use on_each_reactor;

fn settings(threads: usize) -> Settings {
    Settings { threads, signals: false, ..Settings::default() }
}

fn poll(threads: usize) -> PollReactor {
    PollReactor::new(settings(threads)).unwrap()
}

fn async_io(threads: usize) -> AsyncIoReactor {
    AsyncIoReactor::new(settings(threads))
}

fn localhost() -> Listen {
    Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()))
}

fn echo_on(reactor: &impl Reactor, listen: Listen) -> Port {
    reactor.listen(listen, factory(|_| Some(Echo))).unwrap()
}

fn tcp(port: &Port) -> SocketAddr {
    match port.address() {
        Address::Tcp(address) => *address,
        other => panic!("{other} is not TCP"),
    }
}

/// A client that fails instead of hanging.
fn client(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client
}

fn assert_echoes(client: &mut (impl Read + Write), text: &[u8]) {
    client.write_all(text).unwrap();
    let mut back = vec![0; text.len()];
    client.read_exact(&mut back).unwrap();
    assert_eq!(back, text);
}

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
mod multicast;
mod outputs;
mod passing;
mod processes;
mod reaping;
mod restart;
mod running;
mod signals;
mod standard_io;
mod threads;
mod watching;

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use ropewalk_protocol::{Address, Listen, Port, Reactor, factory};
use ropewalk_reactor::{AsyncIoReactor, PollReactor, Settings};

use background::{Echo, Running, assert_echoes};

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

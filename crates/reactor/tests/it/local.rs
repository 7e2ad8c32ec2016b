//! Protocols that stay on one thread.

use std::{cell::Cell, rc::Rc};

use bytes::BytesMut;
use ropewalk_protocol::{Context, Protocol, Reactor, factory};

use crate::{assert_echoes, client, localhost, poll, tcp};

struct Counting {
    seen: Rc<Cell<usize>>,
}

impl Protocol for Counting {
    type Message = Rc<()>;

    fn data_received(&mut self, cx: &mut Context<'_, Rc<()>>, input: &mut BytesMut) {
        self.seen.set(self.seen.get() + input.len());
        cx.send(input.split().freeze());
    }
}

#[test]
fn protocols_without_send_are_served_on_the_reactors_own_thread() {
    let reactor = poll(2);
    let seen = Rc::new(Cell::new(0));
    let count = Rc::clone(&seen);
    let counting = factory(move |_| Some(Counting { seen: Rc::clone(&count) }));
    let port = reactor.listen_local(localhost(), counting).unwrap();
    let (address, handle) = (tcp(&port), reactor.clone());
    let clients = std::thread::spawn(move || {
        for _ in 0..4 {
            assert_echoes(&mut client(address), b"1234");
        }
        handle.stop();
    });
    reactor.run();
    clients.join().unwrap();
    assert_eq!(seen.get(), 16);
}

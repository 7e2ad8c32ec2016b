//! Runs a protocol through a program's operations, on a connection without I/O.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Instant};

use bytes::BytesMut;
use ropewalk_protocol::{Connection, Limits, Peer, Protocol};
use serde_json::Value;

use crate::program::{Op, Program};

/// What was observed in the current operation.
#[derive(Clone, Default)]
pub(crate) struct Events(Rc<RefCell<Vec<Value>>>);

impl Events {
    pub(crate) fn add(&self, event: Value) {
        self.0.borrow_mut().push(event);
    }
}

/// Performs the operations: bytes are fed, all else is told to the protocol as a message.
pub(crate) fn drive<P: Protocol<Message = Op>>(
    program: &Program,
    protocol: P,
    events: &Events,
) -> Vec<Vec<Value>> {
    let now = Instant::now();
    let limits = Arc::new(Limits::default());
    let mut connection = Connection::new(protocol, Peer::unnamed(), limits);
    connection.start(now);
    let mailbox = connection.mailbox();
    let mut trace = Vec::new();
    for op in &program.ops {
        if let Op::Data(data) = op {
            connection.feed(now, &mut BytesMut::from(&data[..]));
        } else {
            mailbox.post(op.clone()).expect("room for one message");
            connection.post(now);
        }
        let count = connection.outgoing().len();
        connection.sent(now, count);
        if connection.wants_shutdown() {
            connection.shut_down(now);
            connection.end(now);
        }
        if let Some(reason) = connection.over().cloned() {
            connection.finish(&reason);
        }
        trace.push(events.0.take());
        if connection.over().is_some() {
            break;
        }
    }
    trace
}

//! A descriptor of somebody else's, watched on a reactor thread.

use std::{io, os::fd::OwnedFd};

use ropewalk_protocol::{Reason, Token};

use super::{
    entry::{Entry, Kind, Next, Turn},
    poller::{Found, Wanted},
    thread::Thread,
};
use crate::watch::{Interest, Ready};

pub(crate) struct Watching {
    fd: OwnedFd,
    ready: Box<dyn FnMut(Ready) + Send>,
    registered: bool,
}

/// Watches `fd` on the thread.
pub(crate) fn adopt(
    thread: &mut Thread,
    fd: OwnedFd,
    interest: Interest,
    ready: Box<dyn FnMut(Ready) + Send>,
) -> io::Result<Token> {
    thread.insert(|turn| {
        turn.inbox.poller.add(&fd, turn.token.0, wanted(interest))?;
        Ok(Box::new(Watching { fd, ready, registered: true }))
    })
}

/// Changes what a watched descriptor is watched for.
pub(crate) fn change(thread: &mut Thread, token: Token, interest: Interest) {
    thread.visit(token, |entry, turn| entry.interest(interest, turn));
}

fn wanted(interest: Interest) -> Wanted {
    Wanted { read: interest.readable, write: interest.writable }
}

impl Entry for Watching {
    fn ready(&mut self, found: Found, turn: &mut Turn) -> Next {
        if found.hung_up && !found.read && !found.write {
            return self.interest(Interest::NONE, turn);
        }
        (self.ready)(Ready { readable: found.read, writable: found.write });
        Next::Stay
    }

    fn wake(&mut self, _: &mut Turn) -> Next {
        Next::Stay
    }

    fn interest(&mut self, interest: Interest, turn: &mut Turn) -> Next {
        let poller = &turn.inbox.poller;
        let changed = match (self.registered, interest == Interest::NONE) {
            // Taken out altogether: a hang-up would be reported without end.
            (true, true) => poller.remove(&self.fd),
            (true, false) => poller.change(&self.fd, turn.token.0, wanted(interest)),
            (false, true) => Ok(()),
            (false, false) => poller.add(&self.fd, turn.token.0, wanted(interest)),
        };
        self.registered = interest != Interest::NONE;
        match changed {
            Ok(()) => Next::Stay,
            Err(error) => {
                tracing::error!(%error, "cannot watch a descriptor");
                Next::Gone
            }
        }
    }

    fn close(&mut self, turn: &mut Turn) -> Next {
        self.lose(&Reason::Closed, turn);
        Next::Gone
    }

    fn lose(&mut self, _: &Reason, turn: &mut Turn) {
        if std::mem::take(&mut self.registered) {
            let _ = turn.inbox.poller.remove(&self.fd);
        }
    }

    fn kind(&self) -> Kind {
        Kind::Watch
    }

    fn describe(&self) -> String {
        "a watched descriptor".into()
    }
}

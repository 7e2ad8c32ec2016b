//! Descriptors of somebody else's, watched on the first reactor thread.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
};

use ropewalk_protocol::{Interest, Ready, Reason, Roll, Token, Watch, WatchFd};

use super::{
    PollReactor,
    entry::{Entry, Kind, Next, Turn},
    inbox::Item,
    poller::{Found, Wanted},
    thread::Thread,
};

impl WatchFd for PollReactor {
    fn watch(
        &self,
        fd: impl Into<Arc<OwnedFd>>,
        interest: Interest,
        ready: impl FnMut(Ready) + Send + 'static,
    ) -> io::Result<Watch> {
        let fd = fd.into();
        let token: Arc<Mutex<Option<Token>>> = Arc::default();
        let (known, inbox) = (Arc::clone(&token), Arc::clone(self.first()));
        self.first().add(Item::Adopt(Box::new(move |thread| {
            match adopt(thread, fd, interest, Box::new(ready)) {
                Ok(token) => *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(token),
                Err(error) => tracing::error!(%error, "cannot watch a descriptor"),
            }
        })));
        Ok(Watch::new(move |interest| {
            let token = Arc::clone(&token);
            inbox.add(Item::Adopt(Box::new(move |thread| {
                let token = *token.lock().unwrap_or_else(PoisonError::into_inner);
                match (token, interest) {
                    (None, _) => {}
                    (Some(token), Some(interest)) => change(thread, token, interest),
                    (Some(token), None) => {
                        thread.visit(token, |entry, turn| entry.close(turn));
                    }
                }
            })));
        }))
    }

    fn roll(&self) -> &Roll {
        &self.shared.roll
    }
}

struct Watching {
    fd: Arc<OwnedFd>,
    ready: Box<dyn FnMut(Ready) + Send>,
    registered: bool,
}

/// Watches `fd` on the thread.
fn adopt(
    thread: &mut Thread,
    fd: Arc<OwnedFd>,
    interest: Interest,
    ready: Box<dyn FnMut(Ready) + Send>,
) -> io::Result<Token> {
    thread.insert(|turn| {
        let registered = interest != Interest::NONE;
        if registered {
            turn.inbox.poller.add(&fd, turn.token.0, wanted(interest))?;
        }
        Ok(Box::new(Watching { fd, ready, registered }))
    })
}

/// Changes what a watched descriptor is watched for.
fn change(thread: &mut Thread, token: Token, interest: Interest) {
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

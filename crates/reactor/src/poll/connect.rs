//! An attempt to connect, on a reactor thread: becomes a connection when it succeeds.

use std::{io, sync::Arc, time::Duration};

use futures_channel::oneshot;
use socket2::Socket;

use ropewalk_protocol::{Address, Connect, ConnectError, Limits, Peer, Protocol, Reason, TimerKey};

use super::{
    entry::{Entry, Kind, Next, Turn},
    poller::{Found, Wanted},
    stream::Stream,
    thread::Thread,
};
use crate::socket;

type Answer = oneshot::Sender<Result<Peer, ConnectError>>;

pub(crate) struct Attempt<P> {
    goal: Option<Goal<P>>,
    address: Address,
    timeout: Duration,
    limits: Arc<Limits>,
    alarm: Option<TimerKey>,
}

struct Goal<P> {
    socket: Socket,
    protocol: P,
    answer: Answer,
}

/// Waits on the thread for `socket` to connect.
pub(crate) fn adopt<P>(
    thread: &mut Thread,
    socket: Socket,
    connect: Connect,
    protocol: P,
    answer: Answer,
) where
    P: Protocol + 'static,
    P::Message: 'static,
{
    let address = connect.address.clone();
    let mut failed = None;
    let added = thread.insert(|turn| {
        let wanted = Wanted { read: false, write: true };
        if let Err(error) = turn.inbox.poller.add(&socket, turn.token.0, wanted) {
            failed = Some(answer);
            return Err(error);
        }
        let alarm = Some(turn.wheel.insert(turn.now + connect.timeout, turn.token));
        let Connect { address, timeout, limits, .. } = connect;
        let goal = Some(Goal { socket, protocol, answer });
        Ok(Box::new(Attempt { goal, address, timeout, limits, alarm }))
    });
    if let (Err(source), Some(answer)) = (added, failed) {
        let _ = answer.send(Err(ConnectError::Failed { address, source }));
    }
}

impl<P> Attempt<P>
where
    P: Protocol + 'static,
    P::Message: 'static,
{
    fn give_up(&mut self, turn: &mut Turn, error: Option<ConnectError>) -> Next {
        if let Some(alarm) = self.alarm.take() {
            turn.wheel.remove(alarm);
        }
        if let Some(goal) = self.goal.take() {
            let _ = turn.inbox.poller.remove(&goal.socket);
            if let Some(error) = error {
                let _ = goal.answer.send(Err(error)); // whoever asked may have gone
            }
        }
        Next::Gone
    }

    fn failed(&self, source: io::Error) -> Option<ConnectError> {
        Some(ConnectError::Failed { address: self.address.clone(), source })
    }
}

impl<P> Entry for Attempt<P>
where
    P: Protocol + 'static,
    P::Message: 'static,
{
    fn ready(&mut self, _: Found, turn: &mut Turn) -> Next {
        let Some(goal) = self.goal.as_ref() else { return Next::Gone };
        if goal.answer.is_canceled() {
            return self.give_up(turn, None);
        }
        let connected = match goal.socket.take_error() {
            Ok(None) => socket::peer(&goal.socket, &Address::Unnamed),
            Ok(Some(error)) | Err(error) => Err(error),
        };
        let peer = match connected {
            Ok(peer) => peer,
            Err(error) if error.kind() == io::ErrorKind::NotConnected => return Next::Stay,
            Err(error) => {
                let error = self.failed(error);
                return self.give_up(turn, error);
            }
        };
        if let Some(alarm) = self.alarm.take() {
            turn.wheel.remove(alarm);
        }
        let Some(Goal { socket, protocol, answer }) = self.goal.take() else { return Next::Gone };
        let _ = answer.send(Ok(peer.clone()));
        let registered = Some(Wanted { read: false, write: true });
        let limits = Arc::clone(&self.limits);
        let mut stream = Stream::new(socket, protocol, peer, limits, registered, turn);
        match stream.start(turn) {
            Next::Stay => Next::Become(Box::new(stream)),
            other => other,
        }
    }

    fn wake(&mut self, turn: &mut Turn) -> Next {
        let (address, timeout) = (self.address.clone(), self.timeout);
        self.give_up(turn, Some(ConnectError::TimedOut { address, timeout }))
    }

    fn close(&mut self, turn: &mut Turn) -> Next {
        let address = self.address.clone();
        self.give_up(turn, Some(ConnectError::Stopped { address }))
    }

    fn lose(&mut self, _: &Reason, turn: &mut Turn) {
        self.close(turn);
    }

    fn kind(&self) -> Kind {
        Kind::Stream
    }

    fn describe(&self) -> String {
        self.address.to_string()
    }
}

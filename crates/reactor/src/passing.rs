//! UNIX sockets that pass descriptors, on any reactor that watches.

use std::{
    future::Future,
    io::{self, ErrorKind, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use atomic_waker::AtomicWaker;
use bytes::BytesMut;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use socket2::Socket;

use ropewalk_clock::Clock;
use ropewalk_protocol::{
    Address, Attach, Connection, DescriptorProtocol, Interest, Limits, Listen, ListenError, Passed,
    Passing, Place, Port, Protocol, WatchFd,
};

use crate::{
    Listening,
    attach::{Wire, attach_with},
    gate::Gate,
    socket,
};

/// Descriptors that one message brings or takes along.
const TOGETHER: usize = 16;
/// Connections accepted in a row before others get their turn.
const ACCEPTS: usize = 64;
/// How long to leave a listener alone when the process has run out of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Reactors with UNIX sockets that pass descriptors: all that watch descriptors.
pub trait PassDescriptors: WatchFd {
    /// Gives a connected UNIX socket `protocol`, which receives and sends descriptors with its
    /// bytes. A peer that sends more than 16 with one message loses the connection.
    ///
    /// ```
    /// use std::{io, os::unix::net::UnixStream};
    /// use ropewalk_protocol::DescriptorProtocol;
    /// use ropewalk_reactor::PassDescriptors;
    ///
    /// fn connect<P>(reactor: &impl PassDescriptors, path: &str, protocol: P) -> io::Result<()>
    /// where
    ///     P: DescriptorProtocol + Send + 'static,
    ///     P::Message: Send + 'static,
    /// {
    ///     reactor.attach_passing(UnixStream::connect(path)?, protocol, Default::default())
    /// }
    /// ```
    ///
    /// # Errors
    /// What the system answered when the socket cannot be watched.
    fn attach_passing<P>(
        &self,
        socket: UnixStream,
        protocol: P,
        limits: Arc<Limits>,
    ) -> io::Result<()>
    where
        P: DescriptorProtocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let protocol = Passing::new(protocol);
        let wire = Descriptors { passed: protocol.passed(), with: Vec::new(), room: Vec::new() };
        let mut attach = Attach::one(socket.into());
        attach.limits = limits;
        attach_with(self, attach, protocol, wire)
    }

    /// Listens on a UNIX socket, and gives each connection a protocol from `build`; `None` refuses.
    ///
    /// # Errors
    /// [`ListenError`] says where and what the system answered.
    fn listen_passing<P>(
        &self,
        listen: Listen,
        build: impl FnMut() -> Option<P> + Send + 'static,
    ) -> Result<Port, ListenError>
    where
        P: DescriptorProtocol + Send + 'static,
        P::Message: Send + 'static,
    {
        let at = listen.address.clone();
        let failed = |source| ListenError { address: at.clone(), source };
        let listening = Listening::new(&listen).map_err(failed)?;
        if matches!(listening.address(), Address::Tcp(_)) {
            let what = "only UNIX sockets pass descriptors";
            return Err(failed(io::Error::new(ErrorKind::InvalidInput, what)));
        }
        let gate = Gate::watched(self, listening.duplicate().map_err(failed)?).map_err(failed)?;
        let stop = Arc::<Stop>::default();
        let stops = Arc::clone(&stop);
        let port = listening.port(move || {
            stops.asked.store(true, Ordering::Release);
            stops.waker.wake();
        });
        let accepting = Accepting {
            reactor: self.clone(),
            place: self.roll().enter(),
            listening,
            gate,
            stop,
            build,
            limits: listen.limits,
        };
        self.spawn(accepting.run());
        Ok(port)
    }
}

impl<R: WatchFd> PassDescriptors for R {}

#[derive(Default)]
struct Stop {
    asked: AtomicBool,
    waker: AtomicWaker,
}

/// A listener at work; ends when it is stopped or the reactor stops.
struct Accepting<R, B> {
    reactor: R,
    place: Place,
    listening: Listening,
    gate: Gate,
    stop: Arc<Stop>,
    build: B,
    limits: Arc<Limits>,
}

impl<R: WatchFd, B> Accepting<R, B> {
    async fn run<P>(mut self)
    where
        P: DescriptorProtocol + Send + 'static,
        P::Message: Send + 'static,
        B: FnMut() -> Option<P>,
    {
        self.gate.want(Interest::READABLE);
        while self.is_ready().await {
            for _ in 0..ACCEPTS {
                match self.listening.socket.accept() {
                    Ok((socket, _)) => self.accepted(socket),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if socket::gone_before_accept(&error) => {}
                    Err(error) => {
                        let address = self.listening.address();
                        tracing::warn!(%address, %error, "cannot accept; trying again shortly");
                        let clock = self.reactor.clock();
                        clock.sleep_until(clock.now() + PAUSE).await;
                        break;
                    }
                }
            }
            futures_lite::future::yield_now().await;
        }
    }

    /// False when it is to stop.
    fn is_ready(&mut self) -> impl Future<Output = bool> + '_ {
        std::future::poll_fn(|cx| {
            self.stop.waker.register(cx.waker());
            let stopped = self.place.heard(cx.waker()).is_some();
            if stopped || self.stop.asked.load(Ordering::Acquire) {
                return Poll::Ready(false);
            }
            if self.gate.ready(cx.waker()).readable { Poll::Ready(true) } else { Poll::Pending }
        })
    }

    fn accepted<P>(&mut self, socket: Socket)
    where
        P: DescriptorProtocol + Send + 'static,
        P::Message: Send + 'static,
        B: FnMut() -> Option<P>,
    {
        let Some(protocol) = (self.build)() else { return };
        let stream = UnixStream::from(OwnedFd::from(socket));
        let served = stream
            .set_nonblocking(true)
            .and_then(|()| self.reactor.attach_passing(stream, protocol, Arc::clone(&self.limits)));
        if let Err(error) = served {
            tracing::error!(%error, "cannot serve a connection");
        }
    }
}

/// Reads and writes with descriptors.
struct Descriptors {
    passed: Passed,
    /// What leaves with the next byte.
    with: Vec<OwnedFd>,
    room: Vec<u8>,
}

impl Wire for Descriptors {
    fn wants_input(&self) -> bool {
        !self.passed.waits()
    }

    fn read(&mut self, socket: impl AsFd, input: &mut BytesMut) -> io::Result<usize> {
        self.room.resize(READ, 0);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(TOGETHER))];
        let mut came = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        let message = recvmsg(socket, &mut [IoSliceMut::new(&mut self.room)], &mut came, flags)?;
        let mut fds = Vec::new();
        for part in came.drain() {
            if let RecvAncillaryMessage::ScmRights(some) = part {
                fds.extend(some);
            }
        }
        // The room is rounded up, so that one more may have come.
        if fds.len() > TOGETHER || message.flags.contains(ReturnFlags::CTRUNC) {
            let what =
                format!("more than {TOGETHER} descriptors came at once, or there is no room");
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        fds.into_iter().for_each(|fd| self.passed.received(fd));
        input.extend_from_slice(&self.room[..message.bytes]);
        Ok(message.bytes)
    }

    fn write<P: Protocol>(
        &mut self,
        socket: impl AsFd,
        connection: &Connection<P>,
    ) -> io::Result<usize> {
        let together = self.passed.next(&mut self.with, TOGETHER);
        let together = usize::try_from(together).unwrap_or(usize::MAX);
        let bytes = connection.outgoing();
        let bytes = &bytes[..bytes.len().min(together)];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(TOGETHER))];
        let mut goes = SendAncillaryBuffer::new(&mut space);
        let fds: Vec<BorrowedFd<'_>> = self.with.iter().map(AsFd::as_fd).collect();
        if !fds.is_empty() {
            goes.push(SendAncillaryMessage::ScmRights(&fds)); // there is room for all of them
        }
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        let sent = sendmsg(socket, &[IoSlice::new(bytes)], &mut goes, flags);
        drop(fds);
        match sent {
            Ok(count) => {
                self.with.clear(); // the peer has its own now
                self.passed.sent(count);
                Ok(count)
            }
            Err(error) => {
                self.passed.put_back(&mut self.with);
                Err(error.into())
            }
        }
    }
}

const READ: usize = 16 * 1024;

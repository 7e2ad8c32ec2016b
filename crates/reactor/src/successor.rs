//! Listening sockets handed on to a successor, so that a restart refuses nobody.

use std::{
    ffi::OsString,
    future::Future,
    io,
    os::fd::OwnedFd,
    process::{Command, ExitStatus},
    sync::Arc,
};

use bytes::BytesMut;
use futures_channel::oneshot;
use thiserror::Error;

use ropewalk_protocol::{ProcessContext, ProcessProtocol, Reason};

use crate::{
    AtEnd, Descriptor, Process, Spawn, SpawnProcess,
    inherit::{FIRST, MOST, READY},
};

/// The process that goes on with this one's listening sockets.
///
/// They are passed as systemd passes them, so the program may be any that systemd can start by a
/// socket; one of ours takes them by [`Inherited`](crate::Inherited). Standard input, output and
/// errors are this process's.
///
/// ```
/// use ropewalk_protocol::{Port, Reactor};
/// use ropewalk_reactor::{SpawnProcess, Successor, SuccessorError};
///
/// async fn restart(reactor: impl SpawnProcess, port: Port) -> Result<(), SuccessorError> {
///     let successor = Successor::new(std::env::current_exe()?).pass("irc", port.hand_over()?);
///     successor.start(&reactor).await?;
///     reactor.stop(); // what has been accepted here is served to its end
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Successor {
    program: OsString,
    arguments: Vec<OsString>,
    sockets: Vec<(String, OwnedFd)>,
}

/// There is no successor.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SuccessorError {
    /// The process did not start, or a socket could not be duplicated.
    #[error("cannot start a successor: {0}")]
    Start(#[from] io::Error),
    /// A name cannot be passed.
    #[error("{0:?} is not the name of a socket: it has 1 to 255 printable characters without `:`")]
    Name(String),
    /// There are too many sockets.
    #[error("{count} sockets are more than the limit of {MOST}")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// It ended before it was ready.
    #[error("the successor ended before it was ready: {0}")]
    Ended(ExitStatus),
    /// This reactor ended meanwhile.
    #[error("the successor was given up: {0}")]
    Lost(Reason),
}

impl Successor {
    /// A successor that runs `program`.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), sockets: Vec::new() }
    }

    /// With a further argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With this socket, under this name: what [`Port::hand_over`](ropewalk_protocol::Port) gave.
    #[must_use]
    pub fn pass(mut self, name: impl Into<String>, socket: OwnedFd) -> Self {
        self.sockets.push((name.into(), socket));
        self
    }

    /// Starts it at once. The future ends when it says that it is
    /// [ready](crate::Inherited::ready); until then this process goes on accepting, and a successor
    /// that fails does no harm. Dropping the future leaves it running.
    ///
    /// # Errors
    /// [`SuccessorError`] says why there is none.
    pub fn start<R: SpawnProcess>(
        self,
        reactor: &R,
    ) -> impl Future<Output = Result<Process, SuccessorError>> + Send + 'static {
        let (tell, hear) = oneshot::channel();
        let started = self.spawn().and_then(|spawn| {
            let waits = Waits { tell: Some(tell) };
            Ok(reactor.spawn_process(spawn, waits)?)
        });
        async move {
            let process = started?;
            hear.await.unwrap_or(Err(SuccessorError::Lost(Reason::Shutdown)))?;
            Ok(process)
        }
    }

    fn spawn(self) -> Result<Spawn, SuccessorError> {
        let count = self.sockets.len();
        if count > MOST {
            return Err(SuccessorError::TooMany { count });
        }
        if let Some((name, _)) = self.sockets.iter().find(|(name, _)| !is_name(name)) {
            return Err(SuccessorError::Name(name.clone()));
        }
        let names: Vec<_> = self.sockets.iter().map(|(name, _)| &**name).collect();
        let ready = FIRST as usize + count;
        // Only the process itself knows its number, and it has to be in its environment.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\""]);
        command.arg(&self.program).args(&self.arguments);
        command.env("LISTEN_FDS", count.to_string()).env("LISTEN_FDNAMES", names.join(":"));
        command.env(READY, ready.to_string());
        let mut spawn = Spawn::new(command);
        spawn.at_end = AtEnd::Leave;
        for fd in 0..3 {
            spawn.descriptors.insert(fd, Descriptor::Inherit);
        }
        for (fd, (_, socket)) in (FIRST as u32..).zip(self.sockets) {
            spawn.descriptors.insert(fd, Descriptor::Given(Arc::new(socket)));
        }
        spawn.descriptors.insert(ready as u32, Descriptor::Out);
        Ok(spawn)
    }
}

fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.bytes().all(|byte| byte != b':' && (32..127).contains(&byte))
}

/// Waits for the successor's word; then it lives its own life.
struct Waits {
    tell: Option<oneshot::Sender<Result<(), SuccessorError>>>,
}

impl Waits {
    fn tell(&mut self, what: Result<(), SuccessorError>) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(what); // nobody waits any more
        }
    }
}

impl ProcessProtocol for Waits {
    type Message = ();

    fn child_data_received(
        &mut self,
        cx: &mut ProcessContext<'_, ()>,
        fd: u32,
        input: &mut BytesMut,
    ) {
        if input.contains(&b'\n') {
            self.tell(Ok(()));
            cx.close_fd(fd);
        }
        input.clear();
    }

    fn shutting_down(&mut self, cx: &mut ProcessContext<'_, ()>) {
        cx.give_up();
    }

    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        self.tell(Err(match status {
            Ok(status) => SuccessorError::Ended(status),
            Err(reason) => SuccessorError::Lost(reason.clone()),
        }));
    }
}

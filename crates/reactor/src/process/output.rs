//! The output of a child, as one value.

use std::{
    future::Future,
    io,
    process::{ExitStatus, Output},
};

use bytes::{Bytes, BytesMut};
use futures_channel::oneshot;
use thiserror::Error;

use ropewalk_protocol::{ProcessContext, ProcessProtocol, Reason, Signal};

use super::{Process, Spawn, SpawnProcess};

/// Why there is no output.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The child did not start.
    #[error("cannot start the process: {0}")]
    Start(#[from] io::Error),
    /// It wrote more than was allowed, and was killed.
    #[error("the process wrote more than {limit} bytes")]
    TooLong {
        /// The limit, in bytes, for output and errors together.
        limit: usize,
    },
    /// It was given up.
    #[error("the process was given up: {0}")]
    Lost(Reason),
}

/// Starts a child, gives it `input`, and waits for its end: its status, output and errors, together
/// at most `limit` bytes.
///
/// The child starts at once. Dropping the future kills it.
///
/// ```
/// use std::process::Command;
/// use bytes::Bytes;
/// use ropewalk_protocol::Reactor;
/// use ropewalk_reactor::{PollReactor, Settings, Spawn, output};
///
/// let reactor = PollReactor::new(Settings { signals: false, ..Settings::default() })?;
/// let sorted = output(&reactor, Spawn::new(Command::new("sort")), Bytes::from("b\na\n"), 1024);
/// let handle = reactor.clone();
/// reactor.spawn(async move {
///     let sorted = sorted.await.unwrap();
///     assert!(sorted.status.success());
///     assert_eq!(sorted.stdout, b"a\nb\n");
///     handle.stop();
/// });
/// reactor.run();
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`OutputError`] says why there is none.
pub fn output<R: SpawnProcess>(
    reactor: &R,
    spawn: Spawn,
    input: Bytes,
    limit: usize,
) -> impl Future<Output = Result<Output, OutputError>> + Send + 'static {
    let (tell, hear) = oneshot::channel();
    let (stdout, stderr) = (BytesMut::new(), BytesMut::new());
    let gather = Gather { input, stdout, stderr, limit, is_over: false, tell: Some(tell) };
    let started = reactor.spawn_process(spawn, gather).map(KillOnDrop);
    async move {
        let child = started?;
        let end = hear.await.unwrap_or(Err(OutputError::Lost(Reason::Shutdown)));
        drop(child);
        end
    }
}

/// Once it has ended there is nothing left to kill.
struct KillOnDrop(Process);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.signal(Signal::Kill); // an error: it has ended
    }
}

struct Gather {
    input: Bytes,
    stdout: BytesMut,
    stderr: BytesMut,
    limit: usize,
    is_over: bool,
    tell: Option<oneshot::Sender<Result<Output, OutputError>>>,
}

impl ProcessProtocol for Gather {
    type Message = ();

    fn started(&mut self, cx: &mut ProcessContext<'_, ()>) {
        self.drained(cx, 0);
    }

    /// In pieces, so that no limit of the pipe is in the way.
    fn drained(&mut self, cx: &mut ProcessContext<'_, ()>, _: u32) {
        while !self.input.is_empty() && cx.flow(0) == ropewalk_protocol::Flow::Open {
            let piece = self.input.split_to(self.input.len().min(PIECE));
            cx.send(0, piece);
        }
        if self.input.is_empty() {
            cx.close_stdin();
        }
    }

    fn child_data_received(
        &mut self,
        cx: &mut ProcessContext<'_, ()>,
        fd: u32,
        input: &mut BytesMut,
    ) {
        if self.stdout.len() + self.stderr.len() + input.len() > self.limit {
            self.is_over = true;
            input.clear();
            cx.signal(Signal::Kill);
            for fd in [1, 2] {
                cx.close_fd(fd);
            }
        } else if fd == 2 {
            self.stderr.extend_from_slice(&input.split());
        } else {
            self.stdout.extend_from_slice(&input.split());
        }
    }

    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        let (stdout, stderr) = (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr));
        let end = match status {
            _ if self.is_over => Err(OutputError::TooLong { limit: self.limit }),
            Ok(status) => Ok(Output { status, stdout: stdout.into(), stderr: stderr.into() }),
            Err(reason) => Err(OutputError::Lost(reason.clone())),
        };
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(end); // nobody waits any more
        }
    }
}

const PIECE: usize = 16 * 1024;

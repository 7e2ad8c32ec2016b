//! A command, as a child process that does not outlive this one.

use std::{
    future::Future,
    io,
    os::unix::process::CommandExt,
    process::{Command, ExitStatus},
};

use bytes::BytesMut;
use futures_channel::oneshot;
use ropewalk_protocol::{ProcessContext, ProcessProtocol, Reason, Signal};
use ropewalk_reactor::{Descriptor, Process, Spawn, SpawnProcess};
use thiserror::Error;

/// Why a command has not done what it should.
#[derive(Debug, Error)]
pub enum ShellError {
    /// It did not start.
    #[error("it did not start: {0}")]
    Start(#[from] io::Error),
    /// It says so.
    #[error("{0}")]
    Exit(ExitStatus),
    /// It was given up.
    #[error("it was given up: {0}")]
    Lost(Reason),
}

/// Runs `command` with `sh`; `line` is told each line that it writes.
///
/// The command and all that it starts are a process group. That is killed when the command has
/// ended, when the future is dropped, and also when this process is killed: a shell of the group waits
/// for the end of a pipe that only this process has open.
///
/// # Errors
/// The command did not start, or its status was not success.
pub fn shell<R: SpawnProcess, F: FnMut(&[u8]) + Send + 'static>(
    reactor: &R,
    command: &str,
    line: F,
) -> impl Future<Output = Result<(), ShellError>> + Send + use<R, F> {
    let mut program = Command::new("sh");
    program.args(["-c", WRAPPER, "sh", command]).process_group(0);
    let mut spawn = Spawn::new(program);
    spawn.descriptors.insert(0, Descriptor::Null);
    spawn.descriptors.insert(LIFELINE, Descriptor::In);
    let (tell, hear) = oneshot::channel();
    let started = reactor.spawn_process(spawn, Shell { line, tell: Some(tell) }).map(KillOnDrop);
    async move {
        let child = started?;
        let status = hear.await.unwrap_or(Err(ShellError::Lost(Reason::Shutdown)))?;
        drop(child);
        if status.success() { Ok(()) } else { Err(ShellError::Exit(status)) }
    }
}

/// The group ends when the other end of descriptor 3 is closed. The command itself does not have it.
const WRAPPER: &str =
    r#"{ read -r _ <&3; kill -s KILL 0; } >/dev/null 2>&1 & exec 3<&-; exec sh -c "$1""#;
const LIFELINE: u32 = 3;
/// A line that is longer is told in pieces.
const LONGEST: usize = 4096;

struct KillOnDrop(Process);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.signal(Signal::Kill); // an error: it has ended
    }
}

struct Shell<F> {
    line: F,
    tell: Option<oneshot::Sender<Result<ExitStatus, ShellError>>>,
}

impl<F: FnMut(&[u8])> ProcessProtocol for Shell<F> {
    type Message = ();

    fn child_data_received(
        &mut self,
        _: &mut ProcessContext<'_, ()>,
        _: u32,
        input: &mut BytesMut,
    ) {
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line = input.split_to(end + 1);
            (self.line)(&line[..end]);
        }
        if input.len() >= LONGEST {
            (self.line)(&input.split());
        }
    }

    /// What the command has left behind ends too; until then its output would stay open.
    fn process_exited(&mut self, cx: &mut ProcessContext<'_, ()>, _: ExitStatus) {
        cx.close_fd(LIFELINE);
    }

    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        if let Some(tell) = self.tell.take() {
            // An error: nobody waits any more.
            let _ = tell.send(status.map_err(|reason| ShellError::Lost(reason.clone())));
        }
    }
}

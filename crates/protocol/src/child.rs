//! Child processes: a protocol of the same shape as [`Protocol`](crate::Protocol), with a pipe for
//! each of the child's descriptors.

use std::{process::ExitStatus, time::Instant};

use bytes::BytesMut;

use crate::Reason;

mod context;
mod machine;
mod pipe;

pub use context::{ChildRequest, ProcessContext, Signal, WindowSize};
pub use machine::Child;
pub use pipe::Way;

/// One child process, as a state machine. Methods are named for what happened.
///
/// `fd` is always the number that the descriptor has in the child: 0 is its standard input, 1 its
/// output, 2 its errors.
///
/// ```
/// use std::process::ExitStatus;
/// use bytes::BytesMut;
/// use ropewalk_protocol::{ProcessContext, ProcessProtocol, Reason};
///
/// /// Gives `sort` its lines, and keeps what comes back.
/// struct Sort {
///     sorted: BytesMut,
/// }
///
/// impl ProcessProtocol for Sort {
///     type Message = ();
///
///     fn started(&mut self, cx: &mut ProcessContext<'_, ()>) {
///         cx.write(0, b"second\nfirst\n");
///         cx.close_stdin();
///     }
///
///     fn child_data_received(
///         &mut self,
///         _: &mut ProcessContext<'_, ()>,
///         fd: u32,
///         input: &mut BytesMut,
///     ) {
///         let output = input.split();
///         if fd == 1 {
///             self.sorted.extend_from_slice(&output);
///         }
///     }
///
///     fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
///         println!("{status:?}: {:?}", self.sorted);
///     }
/// }
/// ```
pub trait ProcessProtocol {
    /// What other connections, threads and futures can tell this one.
    type Message;

    /// The child runs; called once, before everything else.
    fn started(&mut self, cx: &mut ProcessContext<'_, Self::Message>) {
        let _ = cx;
    }

    /// The child wrote to its descriptor `fd`. Whatever is left in `input` comes back, in front of
    /// what arrives next.
    fn child_data_received(
        &mut self,
        cx: &mut ProcessContext<'_, Self::Message>,
        fd: u32,
        input: &mut BytesMut,
    );

    /// The pipe to the child's descriptor `fd` is gone: [`Reason::Closed`] when the child, or this
    /// side, closed it. The child may go on.
    fn child_connection_lost(
        &mut self,
        cx: &mut ProcessContext<'_, Self::Message>,
        fd: u32,
        reason: &Reason,
    ) {
        let _ = (cx, fd, reason);
    }

    /// A message arrived from a [`Mailbox`](crate::Mailbox) or a future given to
    /// [`ProcessContext::spawn`].
    fn message_received(
        &mut self,
        cx: &mut ProcessContext<'_, Self::Message>,
        message: Self::Message,
    ) {
        let _ = (cx, message);
    }

    /// There is room to write to `fd` again.
    fn drained(&mut self, cx: &mut ProcessContext<'_, Self::Message>, fd: u32) {
        let _ = (cx, fd);
    }

    /// When [`timed_out`](Self::timed_out) is to be called, if nothing changes this before. A
    /// deadline fires once, until it changes.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The [`deadline`](Self::deadline) has come.
    fn timed_out(&mut self, cx: &mut ProcessContext<'_, Self::Message>) {
        let _ = cx;
    }

    /// The program is ending. By default that closes the child's input and sends SIGTERM. A child
    /// that has not ended at the reactor's limit is killed.
    fn shutting_down(&mut self, cx: &mut ProcessContext<'_, Self::Message>) {
        cx.close_stdin();
        cx.signal(Signal::Terminate);
    }

    /// The child ended. What it wrote may still have to be read; what was to be written to it is
    /// dropped.
    fn process_exited(&mut self, cx: &mut ProcessContext<'_, Self::Message>, status: ExitStatus) {
        let _ = (cx, status);
    }

    /// The child ended and all that it wrote has been read, or it was given up for the reason that
    /// is given. Nothing is called after this.
    ///
    /// A descendant that keeps the child's output open keeps this from being called, until
    /// [`ProcessContext::close_fd`] gives the descriptor up.
    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        let _ = status;
    }
}

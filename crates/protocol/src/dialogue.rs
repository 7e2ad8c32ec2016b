//! Straight-line code that awaits the next frame, on top of any stack.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context as TaskContext, Poll, Wake, Waker},
    time::Instant,
};

use crate::{Codec, Context, Mailbox, Malformed, Reason, Receiver};

mod talk;

use talk::{Request, Shared};
pub use talk::{Sleep, Talk};

/// A [`Receiver`] made of an `async fn`: it awaits the next frame, answers, and ends.
///
/// While a frame is not taken the connection is paused, so a slow dialogue slows its peer down. The
/// function may await anything: frames, time, other futures. When it returns, the connection
/// closes once everything written has left. When the connection is lost the function is dropped
/// where it stands; what must happen then belongs into the `Drop` of something that it holds.
///
/// Frames are given to it as `T`, made with `T: From<Frame>`.
///
/// ```
/// use ropewalk_protocol::{Codec, Dialogue, Framed, Malformed, Talk};
///
/// struct Pairs;
///
/// impl Codec for Pairs {
///     type Frame<'a> = &'a [u8];
///     fn split<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, &'a [u8])>, Malformed> {
///         Ok((input.len() >= 2).then(|| (2, &input[..2])))
///     }
/// }
///
/// let echo = Dialogue::new(|mut talk: Talk<Vec<u8>>| async move {
///     while let Some(pair) = talk.next().await {
///         talk.write(&pair);
///     }
/// });
/// let protocol = Framed::new(Pairs, echo);
/// # let _ = protocol;
/// ```
pub struct Dialogue<T> {
    function: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    shared: Arc<Shared<T>>,
    wakes: Option<Arc<Wakes>>,
    paused: bool,
}

/// Something that a [`Dialogue`] awaited has happened: its message to itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Woken;

struct Wakes {
    mailbox: Mailbox<Woken>,
    /// The function is going to be polled anyway.
    scheduled: AtomicBool,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.scheduled.swap(true, Ordering::AcqRel) {
            // Full cannot be, since one message at most is under way; closed drops the function.
            let _ = self.mailbox.post(Woken);
        }
    }
}

impl<T: Send + 'static> Dialogue<T> {
    /// A dialogue that runs `function` from the moment the connection stands.
    pub fn new<F, W>(function: F) -> Self
    where
        F: FnOnce(Talk<T>) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let shared = Arc::new(Shared::default());
        let talk = Talk::new(Arc::clone(&shared));
        Self {
            function: Some(Box::pin(async move { function(talk).await })),
            shared,
            wakes: None,
            paused: false,
        }
    }

    /// Lets the function run until it waits, and does what it asked for.
    fn run(&mut self, cx: &mut Context<'_, Woken>) {
        let wakes = self.wakes.get_or_insert_with(|| {
            let mailbox = cx.mailbox();
            Arc::new(Wakes { mailbox, scheduled: AtomicBool::new(false) })
        });
        self.shared.set_scene(cx);
        wakes.scheduled.store(true, Ordering::Release);
        self.shared.wake_due(cx.now());
        wakes.scheduled.store(false, Ordering::Release);
        let Some(function) = &mut self.function else { return };
        let waker = Waker::from(Arc::clone(wakes));
        let polled = function.as_mut().poll(&mut TaskContext::from_waker(&waker));
        for request in self.shared.requests() {
            match request {
                Request::Send(bytes) => cx.send(bytes),
                Request::WriteEof => cx.write_eof(),
                Request::Close => cx.close(),
                Request::Abort => cx.abort(),
                Request::StartTls => cx.start_tls(),
            }
        }
        if cx.queued() >= cx.parts().1.limits().high_watermark {
            self.shared.set_crowded(true);
        }
        if polled == Poll::Ready(()) {
            self.function = None;
            cx.close();
        }
        let waits = self.shared.has_frame() && self.function.is_some();
        if waits != self.paused {
            self.paused = waits;
            if waits {
                cx.pause_reading();
            } else {
                cx.resume_reading();
            }
        }
    }
}

impl<C, T> Receiver<C> for Dialogue<T>
where
    C: Codec,
    T: for<'a> From<C::Frame<'a>> + Send + 'static,
{
    type Message = Woken;

    fn connection_made(&mut self, cx: &mut Context<'_, Woken>) {
        self.run(cx);
    }

    fn frame_received(&mut self, cx: &mut Context<'_, Woken>, _: &mut C, frame: C::Frame<'_>) {
        self.shared.push(T::from(frame));
        self.run(cx);
    }

    fn malformed(&mut self, cx: &mut Context<'_, Woken>, why: Malformed) {
        self.shared.end(Some(why));
        self.run(cx);
    }

    fn message_received(&mut self, cx: &mut Context<'_, Woken>, _: Woken) {
        self.run(cx);
    }

    fn drained(&mut self, cx: &mut Context<'_, Woken>) {
        self.shared.set_crowded(false);
        self.run(cx);
    }

    fn secured(&mut self, cx: &mut Context<'_, Woken>) {
        self.shared.secure();
        self.run(cx);
    }

    fn eof_received(&mut self, cx: &mut Context<'_, Woken>) {
        self.shared.end(None);
        self.run(cx);
    }

    fn deadline(&self) -> Option<Instant> {
        self.shared.deadline()
    }

    fn timed_out(&mut self, cx: &mut Context<'_, Woken>) {
        self.run(cx);
    }

    fn connection_lost(&mut self, _: &Reason) {
        self.function = None;
    }
}

impl<T> std::fmt::Debug for Dialogue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialogue")
            .field("running", &self.function.is_some())
            .finish_non_exhaustive()
    }
}

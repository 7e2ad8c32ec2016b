//! Deferreds and reactors: work in threads, calls from threads, programs that end.

use std::{
    error::Error,
    fmt::Display,
    future::Future,
    process::{ExitCode, Termination},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use ropewalk_deferred::{Answer, Deferred, Failure, Outcome, maybe_deferred};
use ropewalk_protocol::Reactor;
use thiserror::Error;

/// Makes Deferreds of calls that block.
pub trait FromThread<T, E>: Sized {
    /// Calls `call` in the reactor's pool of threads. The result comes on the reactor; if the call
    /// panics, it is [`Failure::Abandoned`]. Cancelling it lets go of the result, and does not stop
    /// the call.
    ///
    /// ```
    /// use ropewalk_deferred::Deferred;
    /// use ropewalk_protocol::Reactor;
    /// use ropewalk_reactor::{FromThread, PollReactor, Settings};
    ///
    /// let reactor = PollReactor::new(Settings::default())?;
    /// let name = Deferred::from_thread(&reactor, || std::fs::read_to_string("/etc/hostname"));
    /// let handle = reactor.clone();
    /// drop(name.add_both(move |outcome| {
    ///     println!("{outcome:?}");
    ///     handle.stop();
    ///     Ok::<(), ropewalk_deferred::Failure<std::io::Error>>(())
    /// }));
    /// reactor.run();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn from_thread(
        reactor: &impl Reactor,
        call: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Self;
}

impl<T: Send + 'static, E: Display + Send + 'static> FromThread<T, E> for Deferred<T, E> {
    #[track_caller]
    fn from_thread(
        reactor: &impl Reactor,
        call: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Self {
        let (deferred, resolver) = Self::pending();
        let called = reactor.call_in_thread(call);
        reactor.spawn(async move {
            let outcome = match called.await {
                Some(result) => result.map_err(Failure::Failed),
                None => Err(Failure::Abandoned),
            };
            let _ = resolver.fire(outcome); // it was cancelled
        });
        deferred
    }
}

/// Calls `call` in the reactor's pool of threads; the same as [`FromThread::from_thread`].
#[track_caller]
pub fn defer_to_thread<T, E>(
    reactor: &impl Reactor,
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Deferred<T, E>
where
    T: Send + 'static,
    E: Display + Send + 'static,
{
    Deferred::from_thread(reactor, call)
}

/// Calls `call` on the reactor, from any thread, and does not wait for it.
pub fn call_from_thread(reactor: &impl Reactor, call: impl FnOnce() + Send + 'static) {
    reactor.call_when_running(call);
}

/// Calls `call` on the reactor, and blocks this thread until what it gave has a result.
///
/// Where the reactor ends before, or lets go of the call, that is [`Failure::Abandoned`]. On a thread
/// of the reactor's own this would wait for itself: use it in threads of the pool, and others.
///
/// # Errors
/// Whatever the failure was.
pub fn blocking_call_from_thread<E, A>(
    reactor: &impl Reactor,
    call: impl FnOnce() -> A + Send + 'static,
) -> Outcome<A::Value, E>
where
    A: Answer<E>,
    A::Value: Send + 'static,
    E: Display + Send + 'static,
{
    let (tell, hear) = mpsc::channel();
    let began = Arc::new(AtomicBool::new(reactor.is_running()));
    let begins = Arc::clone(&began);
    reactor.call_when_running(move || {
        begins.store(true, Ordering::Release);
        drop(maybe_deferred(call).add_both(move |outcome| {
            let _ = tell.send(outcome); // the reactor had ended, and nobody waits any more
            Ok::<(), Failure<E>>(())
        }));
    });
    loop {
        match hear.recv_timeout(LOOK_AGAIN) {
            Ok(outcome) => return outcome,
            Err(mpsc::RecvTimeoutError::Timeout) if reactor.is_running() => {
                began.store(true, Ordering::Release);
            }
            // It does not run yet.
            Err(mpsc::RecvTimeoutError::Timeout) if !began.load(Ordering::Acquire) => {}
            Err(_) => return hear.try_recv().unwrap_or(Err(Failure::Abandoned)),
        }
    }
}

/// How often whoever waits looks whether the reactor still runs.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How a program ends: the status that its parent sees. As an error of the `main` that is given to
/// [`react`] it ends the program with that status and without a log.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("exit with status {0}")]
pub struct Exit(pub u8);

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.0.into()
    }
}

/// Runs a program: calls `main` on the reactor, which runs until what `main` gave has a result, a
/// Deferred or a future.
///
/// The status is 0 when it has a value, or when the reactor was stopped otherwise; 1 when it failed,
/// and that is logged; that of an [`Exit`] when it failed with one.
///
/// ```
/// use ropewalk_deferred::Deferred;
/// use ropewalk_reactor::{Exit, PollReactor, Settings, react};
///
/// let reactor = PollReactor::new(Settings::default())?;
/// let status = react(&reactor, |_| Deferred::<(), _>::fail(Exit(3)));
/// assert_eq!(status, Exit(3));
///
/// let reactor = PollReactor::new(Settings::default())?;
/// let status = react(&reactor, |_| async { Ok::<(), ropewalk_deferred::Failure<String>>(()) });
/// assert_eq!(status, Exit(0));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn react<R, F, T, E>(reactor: &R, main: impl FnOnce(R) -> F + Send + 'static) -> Exit
where
    R: Reactor,
    F: Future<Output = Outcome<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + Display + Send + 'static,
{
    let status = Arc::new(AtomicU8::new(0));
    let end = End { reactor: reactor.clone(), status: Arc::clone(&status) };
    let own = reactor.clone();
    reactor.spawn(async move {
        let end = end;
        if let Err(failure) = main(own).await {
            end.failed(failure);
        }
    });
    reactor.run();
    Exit(status.load(Ordering::Acquire))
}

/// Stops the reactor when the program is over, or has panicked.
struct End<R: Reactor> {
    reactor: R,
    status: Arc<AtomicU8>,
}

impl<R: Reactor> End<R> {
    fn failed<E: Into<Box<dyn Error + Send + Sync>> + Display>(&self, failure: Failure<E>) {
        let status = match failure {
            Failure::Failed(error) => {
                let error = error.into();
                let exit = error.downcast_ref::<Exit>();
                if exit.is_none() {
                    tracing::error!(%error, "the program failed");
                }
                exit.map_or(1, |exit| exit.0)
            }
            failure => {
                tracing::error!(%failure, "the program failed");
                1
            }
        };
        self.status.store(status, Ordering::Release);
    }
}

impl<R: Reactor> Drop for End<R> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.status.store(1, Ordering::Release); // the reactor has logged it
        }
        self.reactor.stop();
    }
}

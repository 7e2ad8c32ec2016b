//! A child process that is kept running.

use std::{
    future::Future,
    io,
    pin::pin,
    process::{Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use ropewalk_clock::Clock;
use ropewalk_protocol::{ProcessContext, ProcessProtocol, Reason, Signal};
use ropewalk_reactor::{Process, Spawn, SpawnProcess};
use ropewalk_task::{Backoff, Delays};

use crate::{
    Service, ServiceError, Stopping,
    background::{Background, Told},
};

/// Keeps a child process running while it runs: starts it, and starts it again when it has ended,
/// after a [`Backoff`]. That begins anew once the process has run for as long as its longest delay.
///
/// What the child prints is logged, a line at a time. Stopping sends it SIGTERM and waits for its
/// end; after ten seconds it is killed. A reload sends it the signal that was chosen for that.
///
/// ```
/// use std::process::Command;
/// use ropewalk_protocol::Signal;
/// use ropewalk_reactor::SpawnProcess;
/// use ropewalk_service::{ServiceError, Services, Supervised};
///
/// fn bots(reactor: &impl SpawnProcess) -> Result<Services, ServiceError> {
///     let weather = Supervised::new(reactor, "weather", || Command::new("weather-bot"));
///     let mut bots = Services::default();
///     bots.add("weather", weather.reloading_by(Signal::Hangup))?;
///     Ok(bots)
/// }
/// ```
pub struct Supervised<R, F> {
    reactor: R,
    name: Arc<str>,
    /// Locked to make one command.
    command: Arc<Mutex<F>>,
    backoff: Backoff,
    patience: Duration,
    reload: Option<Signal>,
    running: Option<Running>,
}

struct Running {
    background: Background,
    child: Arc<Mutex<Child>>,
}

/// The process, for those who ask. Locked to look, and to start one.
#[derive(Default)]
struct Child {
    process: Option<Process>,
    starts: u64,
}

impl<R, F> Supervised<R, F>
where
    R: SpawnProcess,
    F: FnMut() -> Command + Send + 'static,
{
    /// A process that does not run yet. `command` says what to run, anew for each start.
    pub fn new(reactor: &R, name: &str, command: F) -> Self {
        Self {
            reactor: reactor.clone(),
            name: name.into(),
            command: Arc::new(Mutex::new(command)),
            backoff: Backoff::default(),
            patience: Duration::from_secs(10),
            reload: None,
            running: None,
        }
    }

    /// The same with this policy.
    #[must_use]
    pub fn backing_off(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The same; a reload sends the process this signal.
    #[must_use]
    pub fn reloading_by(mut self, signal: Signal) -> Self {
        self.reload = Some(signal);
        self
    }

    /// The same; stopping waits so long before it kills the process.
    #[must_use]
    pub fn killed_after(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// Starts the process again and again, until it is told to stop.
struct Keeper<R, F> {
    reactor: R,
    name: Arc<str>,
    command: Arc<Mutex<F>>,
    delays: Delays,
    /// Having run so long counts as a success.
    stable: Duration,
    patience: Duration,
    child: Arc<Mutex<Child>>,
}

impl<R, F> Keeper<R, F>
where
    R: SpawnProcess,
    F: FnMut() -> Command + Send + 'static,
{
    async fn run(mut self, mut told: Told) {
        let clock = self.reactor.clock();
        loop {
            let begun = clock.now();
            match self.start() {
                Ok((process, ended)) => {
                    let ended = pin!(ended);
                    match select(&mut told, ended).await {
                        Either::Left((_, ended)) => return self.stop(&process, ended).await,
                        Either::Right((how, _)) => self.note_end(how),
                    }
                    if clock.now() >= begun + self.stable {
                        self.delays.reset();
                    }
                }
                Err(error) => tracing::error!(name = %self.name, %error, "cannot start it"),
            }
            let delay = self.delays.next_delay();
            let sleep = pin!(clock.sleep_until(clock.now() + delay));
            if let Either::Left(_) = select(&mut told, sleep).await {
                return;
            }
        }
    }

    fn start(&self) -> io::Result<(Process, oneshot::Receiver<Option<ExitStatus>>)> {
        let command = (self.command.lock().unwrap_or_else(PoisonError::into_inner))();
        let (tell, ended) = oneshot::channel();
        let output = Output { name: Arc::clone(&self.name), tell: Some(tell) };
        // Locked before it runs: whoever sees what it does finds it here.
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let process = self.reactor.spawn_process(Spawn::new(command), output)?;
        tracing::info!(name = %self.name, pid = process.pid(), "started");
        child.process = Some(process.clone());
        child.starts += 1;
        Ok((process, ended))
    }

    async fn stop(
        &self,
        process: &Process,
        ended: impl Future<Output = Result<Option<ExitStatus>, oneshot::Canceled>> + Unpin,
    ) {
        let clock = self.reactor.clock();
        let _ = process.signal(Signal::Terminate); // an error: it has ended
        let late = pin!(clock.sleep_until(clock.now() + self.patience));
        let how = match select(ended, late).await {
            Either::Left((how, _)) => how,
            Either::Right((_, ended)) => {
                tracing::warn!(name = %self.name, "killed: it did not end when it was told to");
                let _ = process.signal(Signal::Kill);
                ended.await
            }
        };
        self.note_end(how);
    }

    fn note_end(&self, how: Result<Option<ExitStatus>, oneshot::Canceled>) {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).process = None;
        match how {
            Ok(Some(status)) => tracing::info!(name = %self.name, %status, "ended"),
            _ => tracing::info!(name = %self.name, "given up"),
        }
    }
}

impl<R, F> Service for Supervised<R, F>
where
    R: SpawnProcess,
    F: FnMut() -> Command + Send + 'static,
{
    fn start(&mut self) -> Result<(), ServiceError> {
        let child = Arc::default();
        let keeper = Keeper {
            reactor: self.reactor.clone(),
            name: Arc::clone(&self.name),
            command: Arc::clone(&self.command),
            delays: Delays::new(self.backoff),
            stable: self.backoff.longest,
            patience: self.patience,
            child: Arc::clone(&child),
        };
        let background = Background::start(&self.reactor, |told| keeper.run(told));
        self.running = Some(Running { background, child });
        Ok(())
    }

    fn stop(&mut self) -> Stopping<'_> {
        let running = self.running.take();
        Box::pin(async {
            if let Some(running) = running {
                running.background.stop().await;
            }
        })
    }

    fn reload(&mut self) -> Result<(), ServiceError> {
        let (Some(running), Some(signal)) = (&self.running, self.reload) else { return Ok(()) };
        let child = running.child.lock().unwrap_or_else(PoisonError::into_inner);
        match &child.process {
            Some(process) => process.signal(signal).map_err(ServiceError::new),
            None => Ok(()), // the next one begins with what is there then
        }
    }

    fn status(&self) -> Vec<String> {
        let Some(running) = &self.running else { return Vec::new() };
        let child = running.child.lock().unwrap_or_else(PoisonError::into_inner);
        vec![match &child.process {
            Some(process) => format!("{} runs as process {}", self.name, process.pid()),
            None => format!("{} does not run, after {} starts", self.name, child.starts),
        }]
    }
}

/// Logs what the process prints, and tells how it ended.
struct Output {
    name: Arc<str>,
    tell: Option<oneshot::Sender<Option<ExitStatus>>>,
}

/// Of a line, so many bytes are logged as one.
const LONGEST: usize = 8 * 1024;

impl ProcessProtocol for Output {
    type Message = ();

    fn started(&mut self, cx: &mut ProcessContext<'_, ()>) {
        cx.close_stdin();
    }

    fn child_data_received(
        &mut self,
        _: &mut ProcessContext<'_, ()>,
        _: u32,
        input: &mut BytesMut,
    ) {
        loop {
            let end = input.iter().take(LONGEST).position(|byte| *byte == b'\n');
            let length = match end {
                Some(end) => end,
                None if input.len() >= LONGEST => LONGEST,
                None => return,
            };
            let line = input.split_to(length);
            input.advance(usize::from(end.is_some()));
            self.log(&line);
        }
    }

    fn process_ended(&mut self, status: Result<ExitStatus, &Reason>) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(status.ok()); // nobody waits for it
        }
    }
}

impl Output {
    fn log(&self, line: &[u8]) {
        tracing::info!(name = %self.name, "{}", String::from_utf8_lossy(line).trim_end());
    }
}

impl<R, F> std::fmt::Debug for Supervised<R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervised").field("name", &self.name).finish_non_exhaustive()
    }
}

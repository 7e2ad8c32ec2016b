//! A program that a system can look after.

use std::{
    error::Error,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use ropewalk_endpoints::tell_predecessor;
use ropewalk_protocol::{Phase, Signal};
use ropewalk_reactor::{Process, SpawnProcess, Successor};
use thiserror::Error;

use crate::{Service, ServiceError, Services, SignalWatch, watch_signal};

mod log_file;
mod notices;
mod pid_file;
mod user;

pub use log_file::LogFile;
pub use pid_file::PidFile;

/// Runs services as a program: as another user, with a PID file and a log file, with notices to
/// systemd, and with signals that mean what they should.
///
/// | signal | what it does |
/// |---|---|
/// | SIGHUP | reloads every service, and opens the log file anew |
/// | SIGUSR2 | starts the program anew, with the same arguments and this one's listening sockets; once that serves, this one stops as at a SIGTERM |
/// | SIGTERM, SIGINT | stops the services in reverse order, then the reactor; a second one at once |
///
/// Under systemd (`Type=notify-reload`) it says when it is ready, reloads and stops, and where
/// `WatchdogSec=` is set it says from the reactor that it is alive.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Application {
    /// The program's name, for its log and its errors.
    pub name: String,
    /// The user to become once privileged things are done, by name or number.
    pub user: Option<String>,
    /// The group to become; without it, that of the user.
    pub group: Option<String>,
    /// A file with the process's number, locked while it runs.
    pub pid_file: Option<PathBuf>,
    /// A file to log to, instead of standard error.
    pub log_file: Option<PathBuf>,
    log: Option<LogFile>,
}

/// A program could not be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApplicationError {
    /// It runs already.
    #[error("{name} runs already, as process {pid} ({})", path.display())]
    RunsAlready {
        /// The program.
        name: String,
        /// Which process holds the PID file.
        pid: String,
        /// The PID file.
        path: PathBuf,
    },
    /// A file could not be opened or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// There is no such user or group.
    #[error("there is no {what} {name:?}")]
    Unknown {
        /// `user` or `group`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The user could not be changed.
    #[error("cannot become user {user:?}: {source}")]
    User {
        /// The user.
        user: String,
        /// What the system answered.
        source: io::Error,
    },
    /// Signals cannot be watched.
    #[error("cannot watch signals: {0}")]
    Signals(#[source] io::Error),
    /// A service did not start.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A log is there already.
    #[error("the program has a log already")]
    LogIsSet,
}

impl Application {
    /// A program that changes nothing: the same user, no files.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, user: None, group: None, pid_file: None, log_file: None, log: None }
    }

    /// Has everything logged to the log file, or to standard error where there is none. `RUST_LOG`
    /// says how much; without it, what is worth knowing (`info`).
    ///
    /// # Errors
    /// The file cannot be opened, or the program has a log already.
    pub fn log(&mut self) -> Result<(), ApplicationError> {
        self.log = self.log_file.as_deref().map(LogFile::open).transpose()?;
        log_file::install(self.log.as_ref())
    }

    /// Runs `services` on `reactor` until a signal, or [`stop`](ropewalk_protocol::Reactor::stop),
    /// ends it. `say` is told each line of their status once they have started.
    ///
    /// In this order: the PID file, [`privileged_start`](Service::privileged_start), the change of
    /// user, [`start`](Service::start), and the reactor. The reactor's own limit bounds how long
    /// stopping may take.
    ///
    /// # Errors
    /// What of this did not work. Nothing runs then.
    pub fn run<R: SpawnProcess>(
        &self,
        reactor: &R,
        mut services: Services,
        mut say: impl FnMut(&str),
    ) -> Result<(), ApplicationError> {
        let create = |path| PidFile::create(&self.name, path);
        let pid_file = self.pid_file.as_deref().map(create).transpose()?;
        services.privileged_start()?;
        user::change(self.user.as_deref(), self.group.as_deref(), self.log_file.as_deref())?;
        services.start()?;
        services.status().iter().for_each(|line| say(line));
        let running = Running {
            application: self.clone(),
            services: Arc::new(Mutex::new(Some(services))),
            pid_file: Arc::new(Mutex::new(pid_file)),
        };
        let _watched = running.watch_signals(reactor).map_err(ApplicationError::Signals)?;
        let services = Arc::clone(&running.services);
        reactor.add_trigger(Phase::BeforeShutdown, async move {
            notices::stopping();
            let services = services.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(mut services) = services {
                services.stop().await;
            }
        });
        reactor.call_when_running(|| {
            notices::ready();
            tell_predecessor();
        });
        notices::keep_watchdog(reactor);
        reactor.run();
        Ok(())
    }
}

/// What runs, for those who are told of signals.
#[derive(Clone)]
struct Running {
    application: Application,
    /// Taken to be stopped.
    services: Arc<Mutex<Option<Services>>>,
    /// Taken by a successor.
    pid_file: Arc<Mutex<Option<PidFile>>>,
}

impl Running {
    fn watch_signals<R: SpawnProcess>(&self, reactor: &R) -> io::Result<[SignalWatch; 2]> {
        let (reloads, restarts, restarting) = (self.clone(), self.clone(), reactor.clone());
        Ok([
            watch_signal(reactor, Signal::Hangup, move || reloads.reload())?,
            watch_signal(reactor, Signal::User2, move || {
                let (running, reactor) = (restarts.clone(), restarting.clone());
                restarting.spawn(async move { running.restart(&reactor).await });
            })?,
        ])
    }

    fn reload(&self) {
        notices::reloading();
        if let Some(error) = self.application.log.as_ref().and_then(|log| log.reopen().err()) {
            tracing::error!("{error}");
        }
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        match services.as_mut().map(Service::reload) {
            Some(Err(error)) => tracing::error!("reloading: {error}"),
            _ => tracing::info!("reloaded"),
        }
        notices::ready();
    }

    /// Has a successor take the listening sockets over, and stops; goes on where there is none.
    async fn restart<R: SpawnProcess>(&self, reactor: &R) {
        match self.start_successor(reactor).await {
            Ok(process) => {
                tracing::info!(pid = process.pid(), "a successor serves: stopping");
                notices::successor(process.pid());
                reactor.stop();
            }
            Err(error) => {
                tracing::error!("restarting: {error}");
                self.take_pid_file_back();
            }
        }
    }

    async fn start_successor<R: SpawnProcess>(
        &self,
        reactor: &R,
    ) -> Result<Process, Box<dyn Error + Send + Sync>> {
        let mut successor = Successor::new(std::env::current_exe()?);
        for argument in std::env::args_os().skip(1) {
            successor = successor.arg(argument);
        }
        let sockets = {
            let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
            services.as_ref().map(Service::hand_over).transpose()?
        };
        for (name, socket) in sockets.ok_or("it is stopping")? {
            successor = successor.pass(name, socket);
        }
        drop(self.pid_file.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(successor.start(reactor).await?)
    }

    fn take_pid_file_back(&self) {
        let Some(path) = &self.application.pid_file else { return };
        let mut pid_file = self.pid_file.lock().unwrap_or_else(PoisonError::into_inner);
        if pid_file.is_none() {
            match PidFile::create(&self.application.name, path) {
                Ok(again) => *pid_file = Some(again),
                Err(error) => tracing::error!("{error}"),
            }
        }
    }
}

//! Something that starts and stops.

use std::{error::Error, future::Future, os::fd::OwnedFd, pin::Pin};

use thiserror::Error;

/// Something that starts and stops: a server, a client that keeps its connection, a timer, or a
/// [tree](crate::Services) of them.
///
/// ```
/// use ropewalk_service::{Service, ServiceError, Stopping};
///
/// /// A file that stands while the service runs.
/// struct Marker(std::path::PathBuf);
///
/// impl Service for Marker {
///     fn start(&mut self) -> Result<(), ServiceError> {
///         std::fs::write(&self.0, "running").map_err(ServiceError::new)
///     }
///
///     fn stop(&mut self) -> Stopping<'_> {
///         let _ = std::fs::remove_file(&self.0); // gone already
///         Box::pin(async {})
///     }
/// }
/// ```
pub trait Service: Send {
    /// Does what needs the rights with which the process was started, such as listening on a port
    /// below 1024 or reading a private key. [`start`](Self::start) follows, perhaps as another
    /// user.
    ///
    /// # Errors
    /// Why it cannot.
    fn privileged_start(&mut self) -> Result<(), ServiceError> {
        Ok(())
    }

    /// Starts. The reactor need not run yet.
    ///
    /// # Errors
    /// Why it cannot. [`stop`](Self::stop) is called all the same, to end what was begun.
    fn start(&mut self) -> Result<(), ServiceError>;

    /// Stops; the future ends when it has. A service that stopped may be started again.
    fn stop(&mut self) -> Stopping<'_>;

    /// Reads again what may have changed, without a break in what it does.
    ///
    /// # Errors
    /// What did not work; the service goes on with what it had.
    fn reload(&mut self) -> Result<(), ServiceError> {
        Ok(())
    }

    /// Duplicates of its listening sockets, each with the name under which a successor finds it.
    ///
    /// # Errors
    /// What the system answered.
    fn hand_over(&self) -> Result<Vec<(String, OwnedFd)>, ServiceError> {
        Ok(Vec::new())
    }

    /// What a person wants to know of it, a line each, such as `listening on tcp:6667`.
    fn status(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A service on its way to its end.
pub type Stopping<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What a service could not do.
#[derive(Debug, Error)]
#[error("{}{source}", path.as_deref().map(|path| format!("{path}: ")).unwrap_or_default())]
pub struct ServiceError {
    path: Option<String>,
    source: Box<dyn Error + Send + Sync>,
}

impl ServiceError {
    /// From any error that reads as one line.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { path: None, source: source.into() }
    }

    /// The names of the service and of the trees it is in, outermost first: `words/irc`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The same, of a service of this name.
    pub(crate) fn of(mut self, name: &str) -> Self {
        self.path = Some(match self.path {
            Some(path) => format!("{name}/{path}"),
            None => name.to_owned(),
        });
        self
    }
}

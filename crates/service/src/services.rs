//! Services as a tree.

use std::os::fd::OwnedFd;

use crate::{Service, ServiceError, Stopping};

/// Services that start in the order in which they were added, and stop in reverse.
///
/// A tree is a service itself, so trees may hold trees.
///
/// ```
/// use ropewalk_service::{Service, ServiceError, Services, Stopping};
///
/// struct Nothing;
/// impl Service for Nothing {
///     fn start(&mut self) -> Result<(), ServiceError> {
///         Ok(())
///     }
///     fn stop(&mut self) -> Stopping<'_> {
///         Box::pin(async {})
///     }
/// }
///
/// let mut front_ends = Services::default();
/// front_ends.add("irc", Nothing)?;
/// let mut all = Services::default();
/// all.add("store", Nothing)?;
/// all.add("front ends", front_ends)?;
/// all.start()?;
/// assert!(all.is_running());
/// # Ok::<(), ServiceError>(())
/// ```
#[derive(Default)]
pub struct Services {
    children: Vec<Child>,
    stage: Stage,
}

struct Child {
    name: String,
    service: Box<dyn Service>,
    /// Whether there may be something to stop.
    begun: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Stage {
    #[default]
    Stopped,
    Privileged,
    Running,
}

impl Services {
    /// Adds a service. Where the tree runs it is started.
    ///
    /// # Errors
    /// It did not start; then it was not added.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        service: impl Service + 'static,
    ) -> Result<(), ServiceError> {
        let mut child = Child { name: name.into(), service: Box::new(service), begun: false };
        if self.stage != Stage::Stopped {
            child.begin(|service| service.privileged_start())?;
        }
        if self.stage == Stage::Running {
            child.begin(|service| service.start())?;
        }
        self.children.push(child);
        Ok(())
    }

    /// Takes a service of the tree out and stops it; false where there is none of that name.
    pub async fn remove(&mut self, name: &str) -> bool {
        let Some(at) = self.children.iter().position(|child| child.name == name) else {
            return false;
        };
        self.children.remove(at).stop().await;
        true
    }

    /// The names of the services, in the order in which they start.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.children.iter().map(|child| &*child.name)
    }

    /// Whether it was started and not stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.stage == Stage::Running
    }
}

impl Service for Services {
    fn privileged_start(&mut self) -> Result<(), ServiceError> {
        self.stage = Stage::Privileged;
        let mut children = self.children.iter_mut();
        children.try_for_each(|child| child.begin(|service| service.privileged_start()))
    }

    fn start(&mut self) -> Result<(), ServiceError> {
        self.stage = Stage::Running;
        self.children.iter_mut().try_for_each(|child| child.begin(|service| service.start()))
    }

    fn stop(&mut self) -> Stopping<'_> {
        self.stage = Stage::Stopped;
        Box::pin(async {
            for child in self.children.iter_mut().rev() {
                child.stop().await;
            }
        })
    }

    /// Reloads each; the first error is returned, the others are logged.
    fn reload(&mut self) -> Result<(), ServiceError> {
        let mut outcome = Ok(());
        for child in &mut self.children {
            let reloaded = child.service.reload().map_err(|error| error.of(&child.name));
            match (&outcome, reloaded) {
                (Ok(()), reloaded) => outcome = reloaded,
                (Err(_), Err(error)) => tracing::error!("{error}"),
                (Err(_), Ok(())) => {}
            }
        }
        outcome
    }

    fn hand_over(&self) -> Result<Vec<(String, OwnedFd)>, ServiceError> {
        let mut all = Vec::new();
        for child in &self.children {
            all.extend(child.service.hand_over().map_err(|error| error.of(&child.name))?);
        }
        Ok(all)
    }

    fn status(&self) -> Vec<String> {
        self.children.iter().flat_map(|child| child.service.status()).collect()
    }
}

impl Child {
    fn begin(
        &mut self,
        begin: impl FnOnce(&mut dyn Service) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.begun = true;
        begin(&mut *self.service).map_err(|error| error.of(&self.name))
    }

    async fn stop(&mut self) {
        if std::mem::take(&mut self.begun) {
            self.service.stop().await;
        }
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.debug_struct("Services").field("names", &names).field("stage", &self.stage).finish()
    }
}

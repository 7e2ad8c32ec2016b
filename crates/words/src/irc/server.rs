//! What all IRC sessions of a listener share, and what makes them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ropewalk_irc::{HostName, Isupport, ModeTable};
use ropewalk_protocol::{Address, Factory, Peer};
use thiserror::Error;

use crate::{Calendar, Hall};

use super::{Irc, IrcSettings, desk::Desk, letters};

/// The IRC front end of a [`Hall`]: makes an [`Irc`] for each connection. Clones share everything
/// but the line in which sessions with much to say wait for their turn.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_words::{Hall, Settings, Timestamp, irc::{IrcServer, IrcSettings}};
///
/// let now = Instant::now();
/// let hall = Hall::new(Settings::default(), now, Timestamp::from_millis(0));
/// let named = IrcSettings { name: "not a host".to_owned(), ..IrcSettings::default() };
/// let why = IrcServer::new(hall, named, now).unwrap_err();
/// assert!(why.to_string().starts_with("the server's name"));
/// ```
#[derive(Debug)]
pub struct IrcServer {
    shared: Arc<Shared>,
    desk: Arc<Desk>,
}

/// Why settings are of no use.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SettingsError {
    /// The name cannot stand in front of a message.
    #[error("the server's name is not a host name with a dot in it, of at most 63 bytes: {name:?}")]
    Name {
        /// The name.
        name: String,
    },
    /// The network's name is not one word, or is too long.
    #[error("the network's name is not one word of at most 64 bytes: {name:?}")]
    Network {
        /// The name.
        name: String,
    },
    /// A duration so long that no clock reaches its end.
    #[error("a time limit of {0:?} is longer than a year")]
    Duration(Duration),
}

#[derive(Debug)]
struct Shared {
    hall: Hall,
    settings: IrcSettings,
    modes: ModeTable,
    isupport: Isupport,
    created: String,
}

impl IrcServer {
    /// A front end for `hall`.
    ///
    /// # Errors
    /// [`SettingsError`] says which setting is of no use.
    pub fn new(hall: Hall, settings: IrcSettings, now: Instant) -> Result<Self, SettingsError> {
        let name = settings.name.as_bytes();
        if name.len() > 63 || HostName::parse(name).is_err() {
            return Err(SettingsError::Name { name: settings.name });
        }
        let network = settings.network.as_bytes();
        if network.len() > 64 || network.iter().any(|byte| !byte.is_ascii_graphic()) {
            return Err(SettingsError::Network { name: settings.network });
        }
        let limits = [settings.registration, settings.ping, settings.pong];
        if let Some(limit) = limits.into_iter().find(|limit| *limit > YEAR) {
            return Err(SettingsError::Duration(limit));
        }
        // Both are made from constants and figures, and a test makes them.
        let modes = letters::table().expect("the table is a right one");
        let isupport =
            hall.read(|realm| letters::isupport(&settings, realm.fold(), realm.limits()));
        let isupport = isupport.expect("the tokens are right ones");
        let created = Calendar::from(hall.time(now)).long();
        let shared = Arc::new(Shared { hall, settings, modes, isupport, created });
        Ok(Self { shared, desk: Arc::new(Desk::new()) })
    }

    /// The realm that it is a front end of.
    #[must_use]
    pub fn hall(&self) -> &Hall {
        &self.shared.hall
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &IrcSettings {
        &self.shared.settings
    }

    pub(super) fn name(&self) -> &str {
        &self.shared.settings.name
    }

    pub(super) fn modes(&self) -> &ModeTable {
        &self.shared.modes
    }

    pub(super) fn isupport(&self) -> &Isupport {
        &self.shared.isupport
    }

    pub(super) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// For a session, which stands in line with the others of this clone.
    fn share(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), desk: Arc::clone(&self.desk) }
    }

    /// When it began, for people.
    pub(super) fn created(&self) -> &str {
        &self.shared.created
    }
}

/// With a line of its own: a reactor has a clone on each of its threads.
impl Clone for IrcServer {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), desk: Arc::new(Desk::new()) }
    }
}

impl Factory for IrcServer {
    type Protocol = Irc;

    fn build(&mut self, _: &Peer) -> Option<Irc> {
        Some(Irc::new(self.share()))
    }
}

/// The host that a user has: their address, as it can stand in a prefix.
pub(super) fn host_of(address: &Address) -> String {
    match address.ip() {
        // A colon in front would be taken for the beginning of a trailing parameter.
        Some(ip) => match ip.to_canonical().to_string() {
            host if host.starts_with(':') => format!("0{host}"),
            host => host,
        },
        None => "localhost".to_owned(),
    }
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

//! As whom the server runs, and with which files.

use std::path::PathBuf;

/// As whom the server runs, and with which files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessSettings {
    /// The user to become once it listens.
    pub user: Option<String>,
    /// The group to become; without it, that of the user.
    pub group: Option<String>,
    /// A file with the number of the process.
    pub pid_file: Option<PathBuf>,
    /// A file to log to, instead of standard error.
    pub log_file: Option<PathBuf>,
}

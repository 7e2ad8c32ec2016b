//! Where a program logs to.

use std::{
    fs::{File, OpenOptions},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::ApplicationError;

/// A file to append log lines to, which can be opened anew after it was moved away.
///
/// ```
/// use std::io::Write;
/// use ropewalk_service::LogFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("words.log");
/// let mut log = LogFile::open(&path)?;
/// log.write_all(b"one\n")?;
/// std::fs::rename(&path, folder.path().join("words.log.1"))?;
/// log.reopen()?;
/// log.write_all(b"two\n")?;
/// assert_eq!(std::fs::read(&path)?, b"two\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Locked to write one line.
    file: Arc<Mutex<File>>,
}

impl LogFile {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// What the system answered.
    pub fn open(path: &Path) -> Result<Self, ApplicationError> {
        let file = append(path)?;
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(file)) })
    }

    /// Opens the file at its path again. Where that does not work the old one stays in use.
    ///
    /// # Errors
    /// What the system answered.
    pub fn reopen(&self) -> Result<(), ApplicationError> {
        let file = append(&self.path)?;
        *self.lock() = file;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn append(path: &Path) -> Result<File, ApplicationError> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|source| ApplicationError::File { path: path.to_owned(), source })
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}

impl MakeWriter<'_> for LogFile {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Sends what the program logs to `file`, or to standard error.
pub(super) fn install(file: Option<&LogFile>) -> Result<(), ApplicationError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    let installed = match file {
        Some(file) => builder.with_writer(file.clone()).with_ansi(false).try_init(),
        None => builder.with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).try_init(),
    };
    installed.map_err(|_| ApplicationError::LogIsSet)
}

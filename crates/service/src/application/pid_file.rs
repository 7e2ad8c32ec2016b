//! The file that says which process a program is.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use super::ApplicationError;

/// A file with the number of this process, which is locked as long as this lives: no second process
/// can have it, and one that was left behind by a crash is taken over. Dropping this removes it.
///
/// ```
/// use ropewalk_service::PidFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("words.pid");
/// let first = PidFile::create("words", &path)?;
/// let second = PidFile::create("words", &path).unwrap_err();
/// assert!(second.to_string().starts_with("words runs already, as process "));
/// drop(first);
/// assert!(!path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    /// Open, since that is what holds the lock.
    _locked: File,
}

impl PidFile {
    /// Creates or takes over the file, for the program of this name.
    ///
    /// # Errors
    /// Another process has it, or it cannot be written.
    pub fn create(name: &str, path: &Path) -> Result<Self, ApplicationError> {
        let failed = |source| ApplicationError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path);
        let file = file.as_mut().map_err(|error| failed(io::Error::from(error.kind())))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // What cannot be read is not known.
                let _ = file.take(32).read_to_string(&mut pid);
                let (name, pid, path) = (name.to_owned(), pid.trim().to_owned(), path.to_owned());
                return Err(ApplicationError::RunsAlready { name, pid, path });
            }
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())?;
            file.try_clone()
        };
        let locked = write(file).map_err(failed)?;
        Ok(Self { path: path.to_owned(), _locked: locked })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // A user without rights in that folder leaves it; the next start takes it over.
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "the PID file stays");
        }
    }
}

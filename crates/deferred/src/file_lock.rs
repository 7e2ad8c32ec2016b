//! A lock that processes share, as a file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A lock between processes: a file that the system lets one of them lock, with its process id in
/// it. Clones are the same lock.
///
/// The system takes the lock from a process that ends, however it ends. Then the id is still in the
/// file, and whoever locks it next learns that by [`was_clean`](Self::was_clean). The file stays.
///
/// ```
/// use ropewalk_deferred::FilesystemLock;
///
/// let path = std::env::temp_dir().join(format!("ropewalk-{}.lock", std::process::id()));
/// let lock = FilesystemLock::new(&path);
/// assert!(lock.lock()?);
/// assert!(!FilesystemLock::new(&path).lock()?, "it is taken");
/// lock.unlock()?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FilesystemLock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// Held while the file is opened, locked and written.
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    file: Option<File>,
    unclean: bool,
}

impl FilesystemLock {
    /// A lock that is the file at `path`, which need not exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { shared: Arc::new(Shared { path: path.into(), held: Mutex::default() }) }
    }

    /// Locks it; false where somebody holds it.
    ///
    /// # Errors
    /// The file cannot be made, locked or written.
    pub fn lock(&self) -> io::Result<bool> {
        let mut held = self.held();
        if held.file.is_some() {
            return Ok(false);
        }
        let mut options = OpenOptions::new();
        let path = &self.shared.path;
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut before = Vec::new();
        (&mut file).take(MOST_BEFORE).read_to_end(&mut before)?;
        clear(&mut file)?;
        write!(file, "{}", process::id())?;
        *held = Held { file: Some(file), unclean: !before.is_empty() };
        Ok(true)
    }

    /// Lets others have it. One that is not locked by this one stays as it is.
    ///
    /// # Errors
    /// The file cannot be written; it is unlocked nevertheless.
    pub fn unlock(&self) -> io::Result<()> {
        match self.held().file.take() {
            Some(mut file) => clear(&mut file), // closing it unlocks it
            None => Ok(()),
        }
    }

    /// Whether it is locked by this one.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.held().file.is_some()
    }

    /// Whether the one before unlocked it, as far as was seen when it was locked; false where that
    /// process ended without.
    #[must_use]
    pub fn was_clean(&self) -> bool {
        !self.held().unclean
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing that can panic runs under it.
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn clear(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()
}

/// Of what was in the file only this many bytes are read: enough for a process id.
const MOST_BEFORE: u64 = 32;

//! A journal in a file.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::{BadLine, Journal, JournalLine};

/// A file to which a line is added for each finished step, and which is on the disk when that
/// returns.
///
/// A last line that was cut off, because the process or the machine went down in the middle of
/// writing it, is dropped when the file is opened. The file is locked: two runs cannot have the same
/// journal.
///
/// ```
/// use ropewalk_task::{FileJournal, Journal};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("build.journal");
/// let mut journal = FileJournal::open(&path)?;
/// journal.note("compile", 0)?;
/// drop(journal); // or the process is killed
/// let journal = FileJournal::open(&path)?;
/// assert!(journal.has("compile", 0));
/// journal.remove()?; // all is done
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    file: File,
    finished: Finished,
}

/// A journal cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The system's answer.
    #[error("cannot open the journal {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// Another run has it.
    #[error("the journal {} is in use by another run", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is larger than a journal may be.
    #[error("the journal {} is larger than the limit of {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// A line before the last one is not a journal's.
    #[error("line {line} of the journal {} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: BadLine,
    },
}

impl FileJournal {
    /// Journals have at most so many bytes.
    pub const LIMIT: u64 = 64 << 20;

    /// Opens a journal, or begins one.
    ///
    /// # Errors
    /// The system, another run, or the file's contents do not let it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        match Self::opened(&path) {
            Ok(Ok(journal)) => Ok(journal),
            Ok(Err(error)) => Err(error),
            Err(source) => Err(JournalError::Io { path, source }),
        }
    }

    fn opened(path: &Path) -> io::Result<Result<Self, JournalError>> {
        let path = path.to_owned();
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(JournalError::InUse { path })),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut text = Vec::new();
        (&mut file).take(Self::LIMIT + 1).read_to_end(&mut text)?;
        if text.len() as u64 > Self::LIMIT {
            return Ok(Err(JournalError::TooLarge { path, limit: Self::LIMIT }));
        }
        let (finished, whole) = match read(&text) {
            Ok(read) => read,
            Err((line, source)) => {
                return Ok(Err(JournalError::Damaged { path, line, source }));
            }
        };
        if whole < text.len() {
            tracing::warn!(journal = %path.display(), "the last line was cut off, and is dropped");
            file.set_len(whole as u64)?;
        }
        file.sync_all()?;
        sync_folder_of(&path)?;
        Ok(Ok(Self { path, file, finished }))
    }

    /// Removes the file: the next run begins from the start.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        sync_folder_of(&self.path)
    }

    /// How many steps it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.finished.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.finished.is_empty()
    }
}

impl Journal for FileJournal {
    fn has(&self, step: &str, revision: u64) -> bool {
        self.finished.get(step) == Some(&revision)
    }

    fn note(&mut self, step: &str, revision: u64) -> io::Result<()> {
        let line = JournalLine { revision, step: step.into() };
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_data()?;
        self.finished.insert(step.to_owned(), revision);
        Ok(())
    }
}

type Finished = HashMap<String, u64>;

/// The finished steps, and how many bytes are whole lines.
fn read(text: &[u8]) -> Result<(Finished, usize), (usize, BadLine)> {
    let (mut finished, mut whole) = (HashMap::new(), 0);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_last = whole + line.len() == text.len();
        let parsed = match line.strip_suffix(b"\n") {
            Some(line) => JournalLine::parse(line),
            None => break,
        };
        match parsed {
            Ok(line) => finished.insert(line.step.into_owned(), line.revision),
            Err(_) if is_last => break,
            Err(error) => return Err((number + 1, error)),
        };
        whole += line.len();
    }
    Ok((finished, whole))
}

/// A new file's name is on the disk when its folder is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

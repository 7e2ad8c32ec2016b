//! What was finished before.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

#[cfg(feature = "journal")]
mod file;
#[cfg(feature = "journal")]
mod line;

#[cfg(feature = "journal")]
pub use self::{
    file::{FileJournal, JournalError},
    line::{BadLine, JournalLine},
};

/// Remembers which steps of a [`Graph`](crate::Graph) were finished, beyond the end of the process.
///
/// A step counts as finished once [`note`](Self::note) has returned. One that had done its work when
/// the process ended, and was not noted, is run again: what a step does should bear that.
/// `FileJournal`, with the feature `journal`, is one.
///
/// ```
/// use std::{collections::HashSet, io};
/// use ropewalk_task::Journal;
///
/// /// Remembers only until the process ends.
/// #[derive(Default)]
/// struct Memory(HashSet<(String, u64)>);
///
/// impl Journal for Memory {
///     fn has(&self, step: &str, revision: u64) -> bool {
///         self.0.contains(&(step.to_owned(), revision))
///     }
///     fn note(&mut self, step: &str, revision: u64) -> io::Result<()> {
///         self.0.insert((step.to_owned(), revision));
///         Ok(())
///     }
/// }
/// let mut memory = Memory::default();
/// memory.note("compile", 0)?;
/// assert!(memory.has("compile", 0));
/// # Ok::<(), io::Error>(())
/// ```
pub trait Journal: Send {
    /// Whether that revision of a step was finished.
    fn has(&self, step: &str, revision: u64) -> bool;

    /// Notes that it is finished. It is called where the run is polled, which goes on when it
    /// returns.
    ///
    /// # Errors
    /// It could not be noted. The run starts no more steps then.
    fn note(&mut self, step: &str, revision: u64) -> io::Result<()>;
}

/// For who wants it back after the run.
impl<J: Journal> Journal for Arc<Mutex<J>> {
    fn has(&self, step: &str, revision: u64) -> bool {
        self.lock().unwrap_or_else(PoisonError::into_inner).has(step, revision)
    }

    fn note(&mut self, step: &str, revision: u64) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).note(step, revision)
    }
}

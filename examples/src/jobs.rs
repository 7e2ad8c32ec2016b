//! A job runner: steps from a file, run as shell commands in the order of their dependencies.

mod board;
mod file;
mod shell;

pub use board::Board;
pub use file::{Job, JobFile, JobFileError};
pub use shell::{ShellError, shell};

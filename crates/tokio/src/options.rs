//! How a reactor stops, and how much it does in threads.

use std::time::Duration;

/// What can be chosen about a [`TokioReactor`](crate::TokioReactor).
///
/// ```
/// use ropewalk_tokio::Options;
///
/// let options = Options { signals: false, ..Options::default() };
/// assert!(options.threads > 0);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// How long connections may flush and triggers may take when it stops.
    pub shutdown: Duration,
    /// Whether SIGINT and SIGTERM stop it.
    pub signals: bool,
    /// Calls of `call_in_thread` that run at once.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { shutdown: Duration::from_secs(10), signals: true, threads: 16 }
    }
}

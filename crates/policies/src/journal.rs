//! Records handed to a thread that writes them.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use crate::{Record, log::Sink};

/// The other end of a [`journal()`]: it writes lines as they come, on a thread of the program's.
#[derive(Debug)]
pub struct Journal {
    lines: Receiver<String>,
    dropped: Arc<AtomicU64>,
}

/// How records are written.
type Render = fn(&Record<'_>) -> String;

/// A sink for [`TrafficLog::shared`](crate::TrafficLog::shared) that never waits, and the [`Journal`]
/// to be run on a thread.
///
/// At most `capacity` lines wait between the two. What is too many is dropped and counted, and a
/// line in the journal says how many. `render` makes a line of a record: `|record|
/// record.to_string()`, or `|record| format!("{record:x}")`.
///
/// ```
/// use ropewalk_policies::{TrafficLog, journal};
///
/// let (sink, journal) = journal(1024, |record| record.to_string());
/// let writer = std::thread::spawn(move || journal.run(std::io::stderr()));
/// let log = TrafficLog::shared(sink);
/// drop(log); // with the last log the journal ends
/// writer.join().unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn journal(capacity: usize, render: Render) -> (Sink, Journal) {
    let (sender, lines) = sync_channel(capacity);
    let dropped = Arc::new(AtomicU64::new(0));
    let sink = sink(sender, render, Arc::clone(&dropped));
    (sink, Journal { lines, dropped })
}

fn sink(sender: SyncSender<String>, render: Render, dropped: Arc<AtomicU64>) -> Sink {
    Arc::new(move |record| match sender.try_send(render(record)) {
        // Without a journal there is nobody to tell.
        Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        Err(TrySendError::Full(_)) => {
            dropped.fetch_add(1, Ordering::Relaxed);
        }
    })
}

impl Journal {
    /// Writes each record as a line until the last [`TrafficLog`](crate::TrafficLog) with the sink
    /// is gone. Blocks the thread; flushes when nothing more waits.
    ///
    /// # Errors
    /// What `out` says; records are dropped from then on.
    pub fn run(self, mut out: impl Write) -> io::Result<()> {
        while let Ok(line) = self.lines.recv() {
            writeln!(out, "{line}")?;
            while let Ok(line) = self.lines.try_recv() {
                writeln!(out, "{line}")?;
            }
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                writeln!(out, "{dropped} records were dropped: the journal did not keep up")?;
            }
            out.flush()?;
        }
        Ok(())
    }
}

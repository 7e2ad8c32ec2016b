//! A reactor beside the test.

use std::thread::JoinHandle;

use ropewalk_protocol::Reactor;

/// A reactor that runs on a thread of its own until this is dropped.
pub(crate) struct Running<R: Reactor> {
    reactor: R,
    thread: Option<JoinHandle<()>>,
}

impl<R: Reactor> Running<R> {
    pub(crate) fn new(reactor: R) -> Self {
        let running = reactor.clone();
        let thread = Some(std::thread::spawn(move || running.run()));
        Self { reactor, thread }
    }
}

impl<R: Reactor> Drop for Running<R> {
    fn drop(&mut self) {
        self.reactor.call_when_running({
            let reactor = self.reactor.clone();
            move || reactor.stop()
        });
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

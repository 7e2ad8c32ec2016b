//! What a service does while it runs, and waiting for its end.

use std::future::Future;

use futures_channel::oneshot;
use ropewalk_protocol::Reactor;

/// Told to stop, when this future ends.
pub(crate) type Told = oneshot::Receiver<()>;

/// A future that runs on a reactor until it is told to stop.
pub(crate) struct Background {
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

impl Background {
    pub(crate) fn start<W>(reactor: &impl Reactor, work: impl FnOnce(Told) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let (stop, told) = oneshot::channel();
        let (tell, stopped) = oneshot::channel();
        let work = work(told);
        reactor.spawn(async move {
            work.await;
            let _ = tell.send(()); // nobody may wait for it
        });
        Self { stop, stopped }
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(()); // an error: a panic has ended it
        let _ = self.stopped.await;
    }
}

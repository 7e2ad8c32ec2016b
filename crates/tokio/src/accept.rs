//! Accepting connections, also when the system has no more descriptors.

use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use ropewalk_protocol::{Address, Connection, Factory, Limits, Protocol};

use crate::{
    inner::{Inner, Stage},
    socket::{Listener, Stream},
    task::Task,
};

/// How long accepting pauses when the system cannot give a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener at work.
pub(crate) struct Accepting<F> {
    pub(crate) inner: Arc<Inner>,
    pub(crate) listener: Listener,
    pub(crate) address: Address,
    pub(crate) factory: F,
    pub(crate) nodelay: bool,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) limits: Arc<Limits>,
}

impl<F> Accepting<F>
where
    F: Factory,
    F::Protocol: Send + 'static,
    <F::Protocol as Protocol>::Message: Send + 'static,
{
    /// Accepts until the task is aborted.
    pub(crate) async fn run(mut self) {
        self.inner.reached(Stage::Running).await;
        let mut reserve = open_reserve();
        loop {
            match self.listener.accept().await {
                Ok(stream) => self.accepted(stream),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(port = %self.address, %error, "cannot accept; pausing");
                    shed(&self.listener, &mut reserve).await;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn accepted(&mut self, stream: Stream) {
        // A peer that is gone already has no address.
        let Ok(peer) = stream.peer() else { return };
        if let Err(error) = stream.prepare(self.nodelay, self.keepalive) {
            tracing::debug!(peer = %peer.address, %error, "cannot set a socket's options");
        }
        let built = catch_unwind(AssertUnwindSafe(|| self.factory.build(&peer)));
        let Ok(built) = built else {
            tracing::error!(peer = %peer.address, "a factory panicked");
            return;
        };
        if let Some(protocol) = built {
            let connection = Connection::new(protocol, peer, Arc::clone(&self.limits));
            self.inner.handle.spawn(Task::new(&self.inner, stream, connection));
        }
    }
}

/// Gives up the descriptor held in reserve to hang up on one connection, which else would wait in
/// vain and keep the listener readable.
async fn shed(listener: &Listener, reserve: &mut Option<File>) {
    if reserve.take().is_some() {
        // Nobody waiting is as good as one hung up on.
        let _ = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    }
    *reserve = open_reserve();
}

/// Errors that say something about one connection only.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

fn open_reserve() -> Option<File> {
    File::open("/dev/null").ok()
}

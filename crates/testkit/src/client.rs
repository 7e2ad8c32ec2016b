//! A test's own end of a connection, on any reactor.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use bytes::BytesMut;
use ropewalk_protocol::{Context, Mailbox, Protocol, Reason};

/// A test's own end of a connection: it sends what the test says and keeps what arrives.
///
/// Give its [`protocol`](Self::protocol) to [`connect`](ropewalk_protocol::Reactor::connect). Its
/// methods may be called from any thread; those that wait are futures.
///
/// ```
/// use ropewalk_testkit::{Client, Harness};
///
/// let client = Client::new();
/// let mut harness = Harness::new(client.protocol());
/// client.write(b"question");
/// harness.poll();
/// assert_eq!(harness.written(), b"question");
/// harness.feed(b"answer");
/// assert_eq!(client.received(), b"answer");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    shared: Arc<Mutex<Shared>>,
}

/// The lock is held for one look-up or change.
#[derive(Debug, Default)]
struct Shared {
    mailbox: Option<Mailbox<Doorbell>>,
    requests: VecDeque<Request>,
    received: Vec<u8>,
    ended: bool,
    /// The program is ending: close when the other end does.
    ending: bool,
    lost: Vec<Reason>,
    waker: Option<Waker>,
}

#[derive(Clone, Debug)]
enum Request {
    Write(Vec<u8>),
    WriteEof,
    Close,
    Abort,
    Pause,
    Resume,
}

/// Tells a [`ClientProtocol`] to look what its client wants.
#[derive(Clone, Copy, Debug)]
pub struct Doorbell(());

impl Client {
    /// A client that is not connected.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Its protocol.
    #[must_use]
    pub fn protocol(&self) -> ClientProtocol {
        ClientProtocol { shared: Arc::clone(&self.shared) }
    }

    /// Sends `bytes`, now or when it is connected.
    pub fn write(&self, bytes: &[u8]) {
        self.ask(Request::Write(bytes.to_vec()));
    }

    /// Ends its half.
    pub fn write_eof(&self) {
        self.ask(Request::WriteEof);
    }

    /// Closes.
    pub fn close(&self) {
        self.ask(Request::Close);
    }

    /// Breaks the connection off.
    pub fn abort(&self) {
        self.ask(Request::Abort);
    }

    /// Reads nothing more.
    pub fn pause(&self) {
        self.ask(Request::Pause);
    }

    /// Reads on.
    pub fn resume(&self) {
        self.ask(Request::Resume);
    }

    /// What arrived since this was last asked.
    #[must_use]
    pub fn received(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().received)
    }

    /// How many bytes have arrived and were not asked for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().received.len()
    }

    /// Whether the other end has ended its half.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Each reason for which the connection was lost: at most one, if all is well.
    #[must_use]
    pub fn lost(&self) -> Vec<Reason> {
        self.lock().lost.clone()
    }

    /// The next `count` bytes; fewer when the other end ends or the connection is lost before.
    pub async fn read(&self, count: usize) -> Vec<u8> {
        self.when(|shared| {
            let over = shared.ended || !shared.lost.is_empty();
            (shared.received.len() >= count || over).then(|| {
                let count = count.min(shared.received.len());
                shared.received.drain(..count).collect()
            })
        })
        .await
    }

    /// Everything until the other end ends or the connection is lost.
    pub async fn read_to_end(&self) -> Vec<u8> {
        self.read(usize::MAX).await
    }

    /// Why the connection was lost, once it is.
    pub async fn until_lost(&self) -> Reason {
        self.when(|shared| shared.lost.first().cloned()).await
    }

    /// Until the other end has ended its half, or the connection is lost.
    pub async fn until_lost_or_ended(&self) {
        self.when(|shared| (shared.ended || !shared.lost.is_empty()).then_some(())).await;
    }

    async fn when<T>(&self, mut ready: impl FnMut(&mut Shared) -> Option<T>) -> T {
        poll_fn(|cx| {
            let mut shared = self.lock();
            if let Some(value) = ready(&mut shared) {
                return Poll::Ready(value);
            }
            shared.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn ask(&self, request: Request) {
        let mut shared = self.lock();
        shared.requests.push_back(request);
        let mailbox = shared.mailbox.clone();
        drop(shared);
        if let Some(mailbox) = mailbox {
            // Full means that it will look anyway; closed, that nobody can.
            let _ = mailbox.post(Doorbell(()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The protocol of a [`Client`].
#[derive(Debug)]
pub struct ClientProtocol {
    shared: Arc<Mutex<Shared>>,
}

impl ClientProtocol {
    fn change(&self, f: impl FnOnce(&mut Shared)) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut shared);
        let waker = shared.waker.take();
        drop(shared);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn obey(&self, cx: &mut Context<'_, Doorbell>) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = std::mem::take(&mut shared.requests);
        drop(shared);
        for request in requests {
            match request {
                Request::Write(bytes) => cx.write(&bytes),
                Request::WriteEof => cx.write_eof(),
                Request::Close => cx.close(),
                Request::Abort => cx.abort(),
                Request::Pause => cx.pause_reading(),
                Request::Resume => cx.resume_reading(),
            }
        }
    }
}

impl Protocol for ClientProtocol {
    type Message = Doorbell;

    fn connection_made(&mut self, cx: &mut Context<'_, Doorbell>) {
        let mailbox = cx.mailbox();
        self.change(|shared| shared.mailbox = Some(mailbox));
        self.obey(cx);
    }

    fn data_received(&mut self, _: &mut Context<'_, Doorbell>, input: &mut BytesMut) {
        self.change(|shared| shared.received.extend_from_slice(&input.split()));
    }

    fn message_received(&mut self, cx: &mut Context<'_, Doorbell>, _: Doorbell) {
        self.obey(cx);
    }

    /// Leaves our half open, so that a test can say what it ends with.
    fn eof_received(&mut self, cx: &mut Context<'_, Doorbell>) {
        self.change(|shared| {
            shared.ended = true;
            if shared.ending {
                cx.close();
            }
        });
    }

    /// Waits for the other end to close, so that a test sees what it says at the end.
    fn shutting_down(&mut self, cx: &mut Context<'_, Doorbell>) {
        self.change(|shared| {
            shared.ending = true;
            if shared.ended {
                cx.close();
            }
        });
    }

    fn connection_lost(&mut self, reason: &Reason) {
        self.change(|shared| shared.lost.push(reason.clone()));
    }
}

//! What the function of a dialogue holds.

use std::{
    collections::{BTreeMap, VecDeque},
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context as TaskContext, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::{Context, Malformed, Peer};

/// The other side of a [`Dialogue`](crate::Dialogue), for its function: what it reads from and
/// writes to. What it asks for happens when the function next waits.
///
/// ```
/// use std::time::Duration;
/// use ropewalk_protocol::Talk;
///
/// async fn greet(mut talk: Talk<Vec<u8>>) {
///     talk.write(b"name? ");
///     let Some(name) = talk.next().await else { return };
///     talk.sleep(Duration::from_secs(1)).await;
///     talk.write(&name);
/// }
/// # let _ = greet;
/// ```
pub struct Talk<T> {
    shared: Arc<Shared<T>>,
}

/// The lock is held for one look-up or change, never while anything else runs.
pub(super) struct Shared<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    frames: VecDeque<T>,
    ended: bool,
    malformed: Option<Malformed>,
    secured: bool,
    requests: Vec<Request>,
    sleeps: BTreeMap<(Instant, u64), Waker>,
    next_sleep: u64,
    /// As of the last call from below.
    now: Option<Instant>,
    /// More is queued than the high watermark, or was and did not come down.
    crowded: bool,
    peer: Option<Peer>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

pub(super) enum Request {
    Send(Bytes),
    WriteEof,
    Close,
    Abort,
    StartTls,
}

impl<T> Talk<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    /// The next frame; `None` when the peer has ended its half, or sent what the codec refused
    /// (then [`malformed`](Self::malformed) says what).
    ///
    /// Dropping the future loses nothing.
    #[expect(clippy::should_implement_trait, reason = "the word that streams use")]
    pub fn next(&mut self) -> impl Future<Output = Option<T>> + Send + '_
    where
        T: Send,
    {
        poll_fn(|cx| {
            let mut state = self.shared.lock();
            if let Some(frame) = state.frames.pop_front() {
                return Poll::Ready(Some(frame));
            }
            if state.ended {
                return Poll::Ready(None);
            }
            state.reader = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Waits until so much has left that there is room to write again. Dropping the future changes
    /// nothing.
    pub fn drained(&mut self) -> impl Future<Output = ()> + Send + '_
    where
        T: Send,
    {
        poll_fn(|cx| {
            let mut state = self.shared.lock();
            if !state.crowded && state.requests.is_empty() {
                return Poll::Ready(());
            }
            if !state.crowded {
                // What was just written counts as soon as it is queued: look again then.
                cx.waker().wake_by_ref();
            }
            state.writer = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Begins TLS after what was written, and waits for the handshake. Dropping the future does not
    /// stop the handshake.
    pub fn start_tls(&mut self) -> impl Future<Output = ()> + Send + '_
    where
        T: Send,
    {
        let mut state = self.shared.lock();
        state.secured = false;
        state.requests.push(Request::StartTls);
        drop(state);
        poll_fn(|cx| {
            let mut state = self.shared.lock();
            if std::mem::take(&mut state.secured) {
                return Poll::Ready(());
            }
            state.reader = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Queues a copy of `bytes`.
    pub fn write(&mut self, bytes: &[u8]) {
        self.send(Bytes::copy_from_slice(bytes));
    }

    /// Queues `bytes`.
    pub fn send(&mut self, bytes: Bytes) {
        self.shared.lock().requests.push(Request::Send(bytes));
    }

    /// Ends our half once what is queued has left.
    pub fn write_eof(&mut self) {
        self.shared.lock().requests.push(Request::WriteEof);
    }

    /// Closes once what is queued has left.
    pub fn close(&mut self) {
        self.shared.lock().requests.push(Request::Close);
    }

    /// Closes now, and drops what is queued.
    pub fn abort(&mut self) {
        self.shared.lock().requests.push(Request::Abort);
    }

    /// Waits until `at`. Dropping the future forgets it.
    #[must_use]
    pub fn sleep_until(&self, at: Instant) -> Sleep<T> {
        Sleep { shared: Arc::clone(&self.shared), at, key: None }
    }

    /// Waits for `time`, counted from [`now`](Self::now).
    #[must_use]
    pub fn sleep(&self, time: Duration) -> Sleep<T> {
        self.sleep_until(self.now() + time)
    }

    /// The time: that of the turn in which the function runs.
    #[must_use]
    pub fn now(&self) -> Instant {
        let now = self.shared.lock().now;
        // A talk is given to its function in the first turn, which has set the time before.
        now.expect("a dialogue runs within turns")
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.shared.lock().peer.clone().unwrap_or_else(Peer::unnamed)
    }

    /// What was wrong with the input, once [`next`](Self::next) has given `None` for it.
    #[must_use]
    pub fn malformed(&self) -> Option<Malformed> {
        self.shared.lock().malformed.clone()
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_scene<M>(&self, cx: &Context<'_, M>) {
        let mut state = self.lock();
        state.now = Some(cx.now());
        if state.peer.as_ref() != Some(cx.peer()) {
            state.peer = Some(cx.peer().clone());
        }
    }

    pub(super) fn push(&self, frame: T) {
        self.lock().frames.push_back(frame);
    }

    pub(super) fn has_frame(&self) -> bool {
        !self.lock().frames.is_empty()
    }

    pub(super) fn end(&self, why: Option<Malformed>) {
        let mut state = self.lock();
        state.ended = true;
        state.malformed = why;
    }

    pub(super) fn set_crowded(&self, crowded: bool) {
        self.lock().crowded = crowded;
    }

    pub(super) fn secure(&self) {
        self.lock().secured = true;
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.lock().sleeps.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.lock().requests)
    }

    /// Wakes whatever may go on, so that futures which poll only what was woken see it.
    pub(super) fn wake_due(&self, now: Instant) {
        let mut state = self.lock();
        let reads = !state.frames.is_empty() || state.ended || state.secured;
        let mut due = Vec::new();
        due.extend(reads.then(|| state.reader.take()).flatten());
        due.extend((!state.crowded).then(|| state.writer.take()).flatten());
        while let Some(entry) = state.sleeps.first_entry()
            && entry.key().0 <= now
        {
            due.push(entry.remove());
        }
        drop(state);
        due.into_iter().for_each(Waker::wake);
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        let state = State {
            frames: VecDeque::new(),
            ended: false,
            malformed: None,
            secured: false,
            requests: Vec::new(),
            sleeps: BTreeMap::new(),
            next_sleep: 0,
            now: None,
            crowded: false,
            peer: None,
            reader: None,
            writer: None,
        };
        Self { state: Mutex::new(state) }
    }
}

/// Completes at a point in time; made by [`Talk::sleep`]. Dropping it forgets the wait.
pub struct Sleep<T> {
    shared: Arc<Shared<T>>,
    at: Instant,
    key: Option<u64>,
}

impl<T> Future for Sleep<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut state = this.shared.lock();
        if state.now.is_some_and(|now| this.at <= now) {
            return Poll::Ready(());
        }
        let key = *this.key.get_or_insert_with(|| {
            state.next_sleep += 1;
            state.next_sleep
        });
        state.sleeps.insert((this.at, key), cx.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Sleep<T> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.shared.lock().sleeps.remove(&(self.at, key));
        }
    }
}

impl<T> std::fmt::Debug for Talk<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Talk").finish_non_exhaustive()
    }
}

impl<T> std::fmt::Debug for Sleep<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sleep").field("at", &self.at).finish_non_exhaustive()
    }
}

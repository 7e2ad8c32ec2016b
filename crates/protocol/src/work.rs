//! What a connection waits for besides its peer: its mailbox and its futures.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use crate::{Limits, Mailbox, Reason, lane::Home};

/// Messages and futures that one `poll` of a machine deals with before it returns.
pub(crate) const BUDGET: usize = 64;

type Job<M> = Pin<Box<dyn Future<Output = M> + Send>>;

/// The outside's ways into one connection. Nothing is allocated before the first use.
pub(crate) struct Work<M> {
    home: Option<Home>,
    mailbox: Option<Mailbox<M>>,
    jobs: Option<Box<Jobs<M>>>,
    limits: Arc<Limits>,
    /// What a layer found that ended the connection.
    failure: Option<Box<Reason>>,
}

struct Jobs<M> {
    running: FuturesUnordered<Job<M>>,
    /// Some were added and not polled yet.
    fresh: bool,
}

impl<M> Work<M> {
    pub(crate) fn new(home: Option<Home>, limits: Arc<Limits>) -> Self {
        Self { home, mailbox: None, jobs: None, limits, failure: None }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A layer gives up; the first reason stays.
    pub(crate) fn fail(&mut self, reason: Box<Reason>) {
        self.failure.get_or_insert(reason);
    }

    pub(crate) fn failure(&self) -> Option<&Reason> {
        self.failure.as_deref()
    }

    pub(crate) fn mailbox(&mut self) -> &Mailbox<M> {
        self.mailbox.get_or_insert_with(|| Mailbox::new(self.home.as_ref(), self.limits.mailbox))
    }

    pub(crate) fn spawn(&mut self, job: Job<M>) {
        let jobs = self.jobs.get_or_insert_with(|| {
            Box::new(Jobs { running: FuturesUnordered::new(), fresh: false })
        });
        jobs.running.push(job);
        jobs.fresh = true;
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        match &self.jobs {
            Some(jobs) => jobs.running.len() >= self.limits.futures,
            None => false,
        }
    }

    #[inline]
    pub(crate) fn has_fresh_jobs(&self) -> bool {
        matches!(&self.jobs, Some(jobs) if jobs.fresh)
    }

    pub(crate) fn aborted(&self) -> Option<Reason> {
        self.mailbox.as_ref()?.aborted()
    }

    pub(crate) fn shutdown_due(&self) -> bool {
        self.mailbox.as_ref().is_some_and(Mailbox::shutdown_due)
    }

    /// False when there is nothing yet that could wake.
    pub(crate) fn register(&self, waker: &Waker) -> bool {
        if let Some(mailbox) = &self.mailbox {
            mailbox.register(waker);
        }
        self.mailbox.is_some()
    }

    /// Whether there is more to do than was done; `spent` is whether that was all of a [`BUDGET`].
    pub(crate) fn has_more(&self, spent: bool) -> bool {
        spent && (self.has_mail() || self.jobs.is_some()) || self.has_fresh_jobs()
    }

    pub(crate) fn has_mail(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|mailbox| !mailbox.is_empty())
    }

    pub(crate) fn next_message(&self) -> Option<M> {
        self.mailbox.as_ref()?.take()
    }

    /// The output of the next future that has ended.
    pub(crate) fn poll_jobs(&mut self, waker: Option<&Waker>) -> Option<M> {
        let jobs = self.jobs.as_mut()?;
        let own;
        let waker = match (&self.home, waker) {
            (Some(home), _) => {
                own = Waker::from(Arc::new(home.clone()));
                &own
            }
            (None, Some(waker)) => waker,
            (None, None) => return None, // whoever has a waker polls them
        };
        jobs.fresh = false;
        let output = match Pin::new(&mut jobs.running).poll_next(&mut Context::from_waker(waker)) {
            Poll::Ready(output) => output,
            Poll::Pending => None,
        };
        if jobs.running.is_empty() {
            self.jobs = None;
        }
        output
    }

    pub(crate) fn close(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.close();
        }
        self.jobs = None;
    }
}

//! What a connection waits for besides its peer: its mailbox and its futures.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use crate::{Mailbox, Reason, lane::Home};

type Job<M> = Pin<Box<dyn Future<Output = M> + Send>>;

/// The outside's ways into one connection. Nothing is allocated before the first use.
pub(crate) struct Work<M> {
    home: Option<Home>,
    mailbox: Option<Mailbox<M>>,
    jobs: Option<Box<Jobs<M>>>,
    mailbox_limit: u32,
    jobs_limit: u32,
}

struct Jobs<M> {
    running: FuturesUnordered<Job<M>>,
    /// Some were added and not polled yet.
    fresh: bool,
}

impl<M> Work<M> {
    pub(crate) fn new(home: Option<Home>, mailbox_limit: usize, jobs_limit: usize) -> Self {
        let mailbox_limit = u32::try_from(mailbox_limit).unwrap_or(u32::MAX);
        let jobs_limit = u32::try_from(jobs_limit).unwrap_or(u32::MAX);
        Self { home, mailbox: None, jobs: None, mailbox_limit, jobs_limit }
    }

    pub(crate) fn mailbox(&mut self) -> &Mailbox<M> {
        self.mailbox
            .get_or_insert_with(|| Mailbox::new(self.home.as_ref(), self.mailbox_limit as usize))
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
            Some(jobs) => jobs.running.len() >= self.jobs_limit as usize,
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

    pub(crate) fn register(&self, waker: &Waker) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.register(waker);
        }
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
        jobs.fresh = false;
        let own;
        let waker = match (&self.home, waker) {
            (Some(home), _) => {
                own = Waker::from(Arc::new(home.clone()));
                &own
            }
            (None, Some(waker)) => waker,
            (None, None) => return None,
        };
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

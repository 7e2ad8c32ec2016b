//! Results that come later, with a chain of callbacks each, that are futures too.
//!
//! [`Deferred`] is the original's idea, typed. Who will have the result keeps the [`Resolver`] and
//! fires it; who wants it attaches functions, or awaits it. [`Handle`] cancels and pauses.
//!
//! Straight-line code needs nothing of its own: an `async` block that awaits Deferreds is the
//! original's `inlineCallbacks`.
//!
//! ```
//! use ropewalk_deferred::{Deferred, success_result_of};
//!
//! let (price, resolver) = Deferred::<u32, String>::pending();
//! let total = price.add_callback(|price| Ok(price * 3)).add_errback(|_| Ok(0));
//! resolver.succeed(5)?;
//! assert_eq!(success_result_of(total), 15);
//! # Ok::<(), ropewalk_deferred::AlreadyFired>(())
//! ```
//!
//! The types at the root may go from thread to thread. Those in [`local`] are the same for one
//! thread, without atomics, and for what is not [`Send`].

#![allow(clippy::duplicate_mod, reason = "one source for both forms")]

mod awaited;
mod failure;
mod file_lock;
mod listed;
pub mod local;
mod report;
#[cfg(test)]
mod scheduled;
mod threads;

pub use failure::{
    AlreadyFired, Failure, NoTokens, NotHeld, Outcome, QueueOverflow, QueueUnderflow,
};
pub use file_lock::FilesystemLock;
pub use listed::{Errors, ListOptions, Listed};
pub use report::set_debugging;
pub use threads::{
    Answer, Answered, Bound, BoxFuture, Deferred, DeferredLock, DeferredQueue, DeferredSemaphore,
    Guard, Handle, Inline, Resolver, Spawn, State, Timing, WeakHandle, defer_until_locked,
    deferred_list, failure_result_of, gather_results, maybe_deferred, no_result, race,
    success_result_of,
};

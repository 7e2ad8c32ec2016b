//! Results that come later, with a chain of callbacks each, that are futures too.
//!
//! [`Deferred`] is the original's idea, typed. Who will have the result keeps the [`Resolver`] and
//! fires it; who wants it attaches functions, or awaits it. [`Handle`] cancels and pauses.
//!
//! - [`Deferred::add_callback`] and its like attach functions; one may return another Deferred, which
//!   is waited for.
//! - [`Deferred::cancel`] and [`Deferred::add_timeout`] end what takes too long.
//! - [`deferred_list`], [`gather_results`] and [`race`] make one of several.
//! - [`DeferredLock`], [`DeferredSemaphore`], [`DeferredQueue`] and [`FilesystemLock`] are waited for
//!   by Deferreds.
//! - A failure that nobody handled is reported when it is dropped.
//!
//! [`docs/deferred.md`](https://example.org/ropewalk/docs/deferred.md) has the rules for cancelling
//! and for cycles of references.
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
//! Straight-line code needs nothing of its own: an `async` block that awaits Deferreds is the
//! original's `inlineCallbacks`.
//!
//! ```
//! use ropewalk_deferred::{Deferred, Failure, Inline, success_result_of};
//!
//! fn price_of(_: &'static str) -> Deferred<u32, String> {
//!     Deferred::succeed(5)
//! }
//!
//! let total = Deferred::from_future(&Inline, async {
//!     let apples = price_of("apples").await?;
//!     let pears = price_of("pears").await.unwrap_or(0); // a failure is a value like others
//!     Ok::<u32, Failure<String>>(apples + pears)
//! });
//! assert_eq!(success_result_of(total), 10);
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
mod rings;
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

/// The guide, whose code has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/deferred.md")]
struct Guide;

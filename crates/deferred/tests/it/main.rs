//! The crate's behaviour, through its public face: everything in both forms.

#![allow(clippy::duplicate_mod, reason = "one source for both forms")]
#![allow(clippy::arc_with_non_send_sync, reason = "the same, where one thread would do")]

mod costs;
mod file_lock;
mod local;
mod log;
mod mixed;
mod reports;
mod shared;

//! The rules of protocols and their plumbing, through the public face and in memory.

mod children;
mod closing;
mod datagrams;
mod dialogue;
#[cfg(feature = "drive")]
mod drive;
mod filtered;
mod group;
mod mailbox;
mod outbox;
mod scripted;
mod timers;
mod wheel;

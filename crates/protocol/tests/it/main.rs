//! The rules of protocols and their plumbing, through the public face and in memory.

mod dialogue;
mod filtered;
mod outbox;
mod scripted;
mod timers;
mod wheel;

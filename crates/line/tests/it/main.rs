//! The crate's behaviour, through its public face.

mod allocations;
mod harness;
mod lines;
mod only;
mod strings;
mod switch;
mod writers;

//! The crate's behaviour, through its public face.

mod connections;
mod mistakes;
mod plans;
mod strings;

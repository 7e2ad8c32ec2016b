//! The crate's behaviour, through its public face.

mod mistakes;
mod plans;
mod strings;

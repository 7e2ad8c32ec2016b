//! The crate through its public face: one module a behaviour.

mod allocations;
mod casemapping;
mod isupport;
mod lengths;
mod lines;
mod masks;
mod modes;
mod names;
mod numerics;
mod tags;
mod vectors;

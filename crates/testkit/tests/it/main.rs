//! The tools themselves.

mod contract;
mod network;
mod pair;

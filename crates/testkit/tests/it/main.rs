//! The tools themselves.

mod contract;

//! The reactor on tokio keeps the contract, on its own runtime and on one that exists.

mod descriptors;
mod existing_runtime;
#[cfg(feature = "hickory")]
mod hickory;
mod own_runtime;
mod unix;

//! The reactor on tokio keeps the contract, on its own runtime and on one that exists.

mod existing_runtime;
mod own_runtime;
mod unix;

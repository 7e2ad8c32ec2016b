//! The reactor on tokio keeps the contract, on its own runtime and on one that exists.

#[path = "../../../reactor/tests/it/attaching.rs"]
mod attaching;
#[path = "../../../reactor/tests/it/background.rs"]
mod background;
#[path = "../../../reactor/tests/it/datagrams.rs"]
mod datagrams;
mod descriptors;
mod existing_runtime;
#[cfg(feature = "hickory")]
mod hickory;
#[path = "../../../reactor/tests/it/multicast.rs"]
mod multicast;
#[path = "../../../reactor/tests/it/outputs.rs"]
mod outputs;
mod own_runtime;
#[path = "../../../reactor/tests/it/passing.rs"]
mod passing;
#[path = "../../../reactor/tests/it/processes.rs"]
mod processes;
#[path = "../../../reactor/tests/it/reaping.rs"]
mod reaping;
#[path = "../../../reactor/tests/it/restart.rs"]
mod restart;
#[path = "../../../reactor/tests/it/standard_io.rs"]
mod standard_io;
mod unix;

use ropewalk_tokio::{Options, TokioReactor};

use background::{Echo, Running, assert_echoes};

/// What is built on watching passes the tests of the other reactors, on this one too.
macro_rules! on_each_reactor {
    ($($test:ident),+ $(,)?) => {
        mod tokio {
            $(#[test] fn $test() { super::$test(crate::reactor()); })+
        }
    };
}
use on_each_reactor;

fn reactor() -> TokioReactor {
    TokioReactor::with(Options { signals: false, ..Options::default() }).unwrap()
}

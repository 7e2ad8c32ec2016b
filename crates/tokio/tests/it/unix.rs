//! On UNIX sockets.

use std::{
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use ropewalk_protocol::Address;
use ropewalk_testkit::{contract, contract::Ground};
use ropewalk_tokio::TokioReactor;

static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Unix;

fn path() -> PathBuf {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("ropewalk-tokio-{}-{count}.sock", process::id()))
}

impl Ground for Unix {
    type Reactor = TokioReactor;

    fn reactor(&self) -> TokioReactor {
        TokioReactor::new().unwrap()
    }

    fn address(&self) -> Address {
        Address::unix(path())
    }

    fn nowhere(&self) -> Address {
        Address::unix(path())
    }
}

contract!(Unix);

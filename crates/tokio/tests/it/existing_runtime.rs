//! On TCP, on a runtime of two threads that others share.

use std::sync::OnceLock;

use ropewalk_testkit::{contract, contract::Ground};
use ropewalk_tokio::{Options, TokioReactor};
use tokio::runtime::{Builder, Runtime};

static SHARED: OnceLock<Runtime> = OnceLock::new();

struct Existing;

impl Ground for Existing {
    type Reactor = TokioReactor;

    fn reactor(&self) -> TokioReactor {
        let runtime = SHARED.get_or_init(|| {
            Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
        });
        TokioReactor::on(runtime.handle().clone(), Options::default())
    }
}

contract!(Existing, with descriptors);

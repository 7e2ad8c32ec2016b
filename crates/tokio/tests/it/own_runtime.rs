//! On TCP, with a runtime of its own.

use ropewalk_testkit::{contract, contract::Ground};
use ropewalk_tokio::TokioReactor;

struct Own;

impl Ground for Own {
    type Reactor = TokioReactor;

    fn reactor(&self) -> TokioReactor {
        TokioReactor::new().unwrap()
    }
}

contract!(Own, with descriptors);

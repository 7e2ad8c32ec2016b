//! The contract of reactors, kept in memory.

use ropewalk_testkit::{MemoryReactor, contract, contract::Ground};

struct Memory;

impl Ground for Memory {
    type Reactor = MemoryReactor;

    fn reactor(&self) -> MemoryReactor {
        MemoryReactor::new()
    }
}

contract!(Memory);

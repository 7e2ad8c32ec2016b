//! Queues.

use ropewalk_deferred::{Failure, QueueOverflow, QueueUnderflow};

use super::form::{DeferredQueue, State, failure_result_of, no_result, success_result_of};

type Queue = DeferredQueue<u32, String>;

#[test]
fn values_and_waiters_are_served_in_order() {
    let queue = Queue::unbounded();
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    assert_eq!(success_result_of(queue.get().unwrap()), 1);
    assert_eq!(success_result_of(queue.get().unwrap()), 2);
    let (one, two) = (queue.get().unwrap(), queue.get().unwrap());
    queue.put(3).unwrap();
    let two = no_result(two);
    queue.put(4).unwrap();
    assert_eq!((success_result_of(one), success_result_of(two)), (3, 4));
    assert!(queue.is_empty());
}

#[test]
fn more_than_there_is_room_for_comes_back() {
    let queue = Queue::new(1, 0);
    queue.put(1).unwrap();
    assert_eq!(queue.put(2), Err(QueueOverflow { value: 2, limit: 1 }));
    assert_eq!(queue.len(), 1);
}

#[test]
fn no_more_wait_than_may() {
    let queue = Queue::new(1, 1);
    let waits = queue.get().unwrap();
    assert_eq!(queue.get().err(), Some(QueueUnderflow { limit: 1 }));
    queue.put(1).unwrap();
    assert_eq!(success_result_of(waits), 1);
}

#[test]
fn cancelling_a_waiter_removes_it() {
    let queue = Queue::new(1, 1);
    let waits = queue.get().unwrap();
    waits.cancel();
    assert_eq!(failure_result_of(waits), Failure::Cancelled);
    queue.put(1).unwrap();
    assert_eq!(queue.len(), 1, "the cancelled one does not get it");
    let served = queue.get().unwrap();
    served.cancel();
    assert_eq!(success_result_of(served), 1);
}

#[test]
fn who_waits_for_a_queue_that_is_gone_is_let_go_of() {
    let queue = Queue::unbounded();
    let waits = queue.get().unwrap();
    drop(queue);
    assert_eq!(waits.handle().state(), State::Abandoned);
}

//! From futures, and awaited.

use std::{
    future::{Future, pending},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use ropewalk_deferred::Failure;

use super::{
    Number,
    form::{BoxFuture, Deferred, Inline, State, failure_result_of, no_result, success_result_of},
};
use crate::log::Log;

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn awaiting_gives_the_result_now_or_later() {
    assert_eq!(poll(pin!(Number::succeed(1))), Poll::Ready(Ok(1)));
    let (deferred, resolver) = Number::pending();
    let mut deferred = pin!(deferred);
    assert!(poll(deferred.as_mut()).is_pending());
    resolver.fail("no".into()).unwrap();
    assert_eq!(poll(deferred), Poll::Ready(Err(Failure::Failed("no".into()))));
}

#[test]
fn who_awaits_one_that_nobody_will_fire_learns_of_it() {
    let (deferred, resolver) = Number::pending();
    let awaiting = Number::from_future(&Inline, deferred);
    drop(resolver);
    assert_eq!(failure_result_of(awaiting), Failure::Abandoned);
}

#[test]
fn straight_line_code_goes_on_where_it_waited() {
    let log = Log::default();
    let notes = log.clone();
    let ((one, first), (two, second)) = (Number::pending(), Number::pending());
    let sum = Number::from_future(&Inline, async move {
        let one = one.await?;
        notes.add(format!("one is {one}"));
        let two = two.await.unwrap_or(0);
        Ok(one + two)
    });
    first.succeed(1).unwrap();
    assert_eq!(log.take(), ["one is 1"]);
    let sum = no_result(sum);
    second.fail("caught".into()).unwrap();
    assert_eq!(success_result_of(sum), 1);
}

#[test]
fn cancelling_it_cancels_what_the_future_awaits_and_shows_what_that_comes_to() {
    let log = Log::default();
    let notes = log.clone();
    let (awaited, _resolver) = Number::cancellable(move |_| notes.add("awaited one cancelled"));
    let task = Number::from_future(&Inline, async move {
        match awaited.await {
            Err(Failure::Cancelled) => Ok(9),
            other => other,
        }
    });
    task.cancel();
    assert_eq!(log.take(), ["awaited one cancelled"]);
    assert_eq!(success_result_of(task), 9);
}

#[test]
fn a_cancelled_one_that_goes_on_waits_and_can_be_cancelled_again() {
    let ((one, _first), (two, second)) = (Number::pending(), Number::pending());
    let task = Number::from_future(&Inline, async move {
        let _ = one.await;
        two.await
    });
    task.cancel();
    assert_eq!(task.handle().state(), State::Waiting);
    let task = no_result(task);
    task.cancel();
    assert!(second.has_fired());
    assert_eq!(failure_result_of(task), Failure::Cancelled);
}

#[test]
fn cancelling_one_that_awaits_anything_else_drops_the_future() {
    let kept = Arc::new(());
    let held = Arc::clone(&kept);
    let task = Number::from_future(&Inline, async move {
        let _held = held;
        pending().await
    });
    assert_eq!(Arc::strong_count(&kept), 2);
    task.cancel();
    assert_eq!(Arc::strong_count(&kept), 1);
    assert_eq!(failure_result_of(task), Failure::Cancelled);
}

#[test]
fn one_that_cancels_itself_is_cancelled_where_it_waits_next() {
    let slot: Arc<Mutex<Option<super::form::Handle>>> = Arc::default();
    let own = Arc::clone(&slot);
    let (starts, start) = Number::pending();
    let (awaited, _resolver) = Number::pending();
    let task = Number::from_future(&Inline, async move {
        starts.await?;
        let handle = own.lock().unwrap().take().unwrap();
        handle.cancel();
        awaited.await
    });
    *slot.lock().unwrap() = Some(task.handle());
    start.succeed(0).unwrap();
    assert_eq!(failure_result_of(task), Failure::Cancelled);
}

#[test]
fn a_spawner_is_any_function_and_may_poll_later() {
    let tasks: Arc<Mutex<Vec<BoxFuture<()>>>> = Arc::default();
    let queue = Arc::clone(&tasks);
    let spawner = move |future: BoxFuture<()>| queue.lock().unwrap().push(future);
    let task = no_result(Deferred::<u32, String>::from_future(&spawner, async { Ok(1) }));
    let mut future = tasks.lock().unwrap().pop().unwrap();
    assert!(poll(future.as_mut()).is_ready());
    assert_eq!(success_result_of(task), 1);
}

#[test]
fn if_the_spawner_drops_the_future_there_will_be_no_result() {
    let task = Number::from_future(&|future: BoxFuture<()>| drop(future), async { Ok(1) });
    assert_eq!(task.handle().state(), State::Abandoned);
}

#[test]
fn abandoning_one_that_is_awaited_tells_who_awaits() {
    let (deferred, resolver) = Number::pending();
    let handle = deferred.handle();
    let awaiting = Number::from_future(&Inline, deferred);
    handle.abandon();
    assert_eq!(failure_result_of(awaiting), Failure::Abandoned);
    assert!(resolver.succeed(1).is_ok(), "it is not too late, but nobody is there");
}

#[test]
fn a_failure_that_was_awaited_counts_as_handled() {
    let reports = crate::reports::during(|| {
        let failed = Number::fail("seen".into());
        let task = Number::from_future(&Inline, async move { Ok(failed.await.unwrap_or(0)) });
        assert_eq!(success_result_of(task), 0);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

//! The two forms together.

use ropewalk_deferred::{Deferred, Failure, local};

#[test]
fn cancelling_a_future_of_one_thread_cancels_what_it_awaits_of_the_other_form() {
    let (awaited, resolver) = Deferred::<u32, String>::pending();
    let state = awaited.handle();
    let task = local::Deferred::<u32, String>::from_future(&local::Inline, async move {
        match awaited.await {
            Err(Failure::Cancelled) => Ok(1),
            other => other,
        }
    });
    task.cancel();
    assert_eq!(state.state(), ropewalk_deferred::State::Fired);
    assert_eq!(local::success_result_of(task), 1);
    assert_eq!(resolver.succeed(2), Ok(()), "swallowed");
}

#[test]
fn what_one_thread_must_not_share_stays_there() {
    let list = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = std::rc::Rc::clone(&list);
    let (deferred, resolver) = local::Deferred::<std::rc::Rc<str>, String>::pending();
    drop(deferred.add_callback(move |text| {
        seen.borrow_mut().push(text);
        Ok(())
    }));
    resolver.succeed("not Send".into()).unwrap();
    assert_eq!(list.borrow().len(), 1);
}

#[test]
fn the_root_form_may_go_to_other_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync>(_: &T) {}
    let (deferred, resolver) = Deferred::<u32, String>::pending();
    is_send(&deferred);
    is_shared(&resolver);
    is_shared(&deferred.handle());
    let fires = std::thread::spawn(move || resolver.succeed(1));
    fires.join().unwrap().unwrap();
    assert_eq!(deferred.try_take().unwrap(), Ok(1));
}

//! What they take: allocations and bytes.

use allocation_counter::{AllocationInfo, measure};
use ropewalk_deferred::{Deferred, local};

use crate::reports;

macro_rules! three_callbacks {
    ($form:ident) => {{
        let (deferred, resolver) = $form::<u64, String>::pending();
        let deferred = deferred
            .add_callback(|value| Ok(value + 1))
            .add_callback(|value| Ok(value + 2))
            .add_callback(|value| Ok(value + 3));
        resolver.succeed(1).unwrap();
        assert_eq!(deferred.try_take().unwrap(), Ok(7));
    }};
}

type Local<T, E> = local::Deferred<T, E>;

fn forms() -> [AllocationInfo; 2] {
    let _alone = reports::DEBUGGING.lock();
    [measure(|| three_callbacks!(Deferred)), measure(|| three_callbacks!(Local))]
}

#[test]
fn one_allocation_a_deferred_and_one_a_callback() {
    let info = forms();
    assert_eq!(info.map(|info| info.count_total), [4, 4]);
    assert_eq!(info.map(|info| info.count_current), [0, 0]);
}

#[test]
fn one_is_small() {
    let one = [
        measure(|| std::mem::forget(Deferred::<u64, String>::pending())),
        measure(|| std::mem::forget(local::Deferred::<u64, String>::pending())),
    ];
    for info in one {
        assert_eq!(info.count_total, 1);
        assert!(info.bytes_total <= 160, "{info:?}");
    }
    for info in forms() {
        assert!(info.bytes_max <= 160 + 3 * 96, "{info:?}");
    }
}

#[test]
fn awaiting_allocates_once_for_the_waker() {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Waker},
    };
    let (deferred, resolver) = Deferred::<u64, String>::pending();
    let mut deferred = pin!(deferred);
    let info = measure(|| {
        for _ in 0..10 {
            let mut context = Context::from_waker(Waker::noop());
            assert!(deferred.as_mut().poll(&mut context).is_pending());
        }
    });
    assert_eq!(info.count_total, 1);
    resolver.succeed(1).unwrap();
}

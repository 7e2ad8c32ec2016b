//! Token buckets: never more than they may, never nothing for ever, parents above children.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use ropewalk_policies::{Bucket, Rate};

/// What was taken when, in nanoseconds from the start.
type Takes = Vec<(u64, u64)>;

/// No window holds more than the burst and what came in, to the whole token.
fn assert_within(takes: &Takes, count: u64, nanoseconds: u64, burst: u64) {
    for (first, (from, _)) in takes.iter().enumerate() {
        let mut sum = 0;
        for (to, taken) in &takes[first..] {
            sum += taken;
            let earned = u128::from(to - from) * u128::from(count);
            let allowed = u128::from(burst) * u128::from(nanoseconds) + earned;
            // Less than one token of rounding, however long the window is.
            assert!(
                u128::from(sum) * u128::from(nanoseconds) < allowed + u128::from(nanoseconds),
                "{sum} from {from} to {to}"
            );
        }
    }
}

proptest! {
    #[test]
    fn no_window_gives_more_than_burst_and_rate(
        count in 1u64..2_000_000_000,
        nanoseconds in 1u64..2_000_000_000,
        burst in 1u64..5_000,
        steps in proptest::collection::vec((0u64..3_000_000_000, 0u64..10_000), 1..60),
    ) {
        let start = Instant::now();
        let rate = Rate::new(count, Duration::from_nanos(nanoseconds)).burst(burst);
        let bucket = Bucket::new(rate);
        let (mut at, mut takes) = (0, Takes::new());
        for (wait, want) in steps {
            at += wait;
            let now = start + Duration::from_nanos(at);
            let available = bucket.available(now);
            let taken = bucket.take(now, want);
            prop_assert_eq!(taken, want.min(available), "all that is there is given");
            takes.push((at, taken));
        }
        assert_within(&takes, count, nanoseconds, burst);
    }

    #[test]
    fn a_parent_holds_over_its_children_and_they_over_themselves(
        rates in [1u64..5_000, 1u64..5_000, 1u64..5_000],
        bursts in [1u64..500, 1u64..500, 1u64..500],
        steps in proptest::collection::vec((0u64..500_000_000, 0usize..2, 0u64..600), 1..60),
    ) {
        let start = Instant::now();
        let rate = |index: usize| Rate::per_second(rates[index]).burst(bursts[index]);
        let parent = Bucket::new(rate(0));
        let children = [parent.child(rate(1)), parent.child(rate(2))];
        let mut at = 0;
        let mut takes = [Takes::new(), Takes::new(), Takes::new()];
        for (wait, child, want) in steps {
            at += wait;
            let taken = children[child].take(start + Duration::from_nanos(at), want);
            takes[0].push((at, taken));
            takes[child + 1].push((at, taken));
        }
        for (index, takes) in takes.iter().enumerate() {
            assert_within(takes, rates[index], 1_000_000_000, bursts[index]);
        }
    }

    #[test]
    fn what_is_said_to_be_ready_is_there_then_and_not_before(
        count in 1u64..1_000_000,
        nanoseconds in 1u64..10_000_000_000,
        burst in 1u64..1_000,
        want in 1u64..2_000,
    ) {
        let start = Instant::now();
        let bucket = Bucket::new(Rate::new(count, Duration::from_nanos(nanoseconds)).burst(burst));
        bucket.take(start, burst);
        let want = want.min(burst);
        let ready = bucket.ready_at(start, want);
        prop_assert!(bucket.available(ready) >= want);
        prop_assert!(bucket.available(ready - Duration::from_nanos(1)) < want);
        prop_assert_eq!(bucket.ready_at(start, u64::MAX), bucket.ready_at(start, burst));
    }
}

#[test]
fn threads_together_take_no_more_than_there_is() {
    let start = Instant::now();
    let parent = Bucket::new(Rate::per_second(1).burst(10_000));
    let taken: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let child = parent.child(Rate::per_second(1).burst(8_000));
                scope.spawn(move || (0..4_000).map(|_| child.take(start, 1)).sum::<u64>())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, 10_000);
}

#[test]
fn a_late_thread_gets_less_and_breaks_nothing() {
    let start = Instant::now() + Duration::from_secs(60);
    let bucket = Bucket::new(Rate::per_second(10));
    assert_eq!(bucket.take(start, 10), 10);
    assert_eq!(bucket.take(start - Duration::from_secs(30), 10), 0);
    assert_eq!(bucket.take(start + Duration::from_secs(1), 100), 10);
}

#[test]
fn rates_at_their_ends_do_not_overflow() {
    let start = Instant::now();
    let fast = Bucket::new(Rate::new(u64::MAX, Duration::ZERO).burst(u64::MAX));
    assert_eq!(fast.take(start, u64::MAX), u64::MAX);
    let _ = fast.take(start + Duration::from_secs(1_000_000_000), u64::MAX);
    let slow = Bucket::new(Rate::new(0, Duration::MAX).burst(0));
    assert_eq!(slow.take(start, 5), 1);
    assert!(slow.ready_at(start, 1) > start + Duration::from_secs(86_400));
}

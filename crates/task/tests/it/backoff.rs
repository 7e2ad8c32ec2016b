use std::time::Duration;

use proptest::prelude::*;
use ropewalk_task::{Backoff, Delays};

#[test]
fn delays_double_up_to_the_longest_and_begin_again_after_a_success() {
    let mut delays = Delays::new(Backoff { jitter: 0.0, ..Backoff::default() });
    let seconds: Vec<_> = (0..8).map(|_| delays.next_delay().as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(delays.failures(), 8);
    delays.reset();
    assert_eq!((delays.failures(), delays.next_delay().as_secs()), (0, 1));
}

#[test]
fn a_constant_policy_is_constant() {
    let mut delays = Delays::new(Backoff::constant(Duration::from_millis(250)));
    assert!((0..5).all(|_| delays.next_delay() == Duration::from_millis(250)));
}

#[test]
fn two_that_fail_together_do_not_try_again_together() {
    let policy = Backoff::default();
    let of = |seed| Delays::seeded(policy, seed).next_delay();
    assert_ne!(of(1), of(2));
    assert_eq!(of(1), of(1));
}

proptest! {
    #[test]
    fn a_delay_is_never_longer_than_the_longest(
        initial in 0_u64..100_000,
        longest in 0_u64..100_000,
        factor in any::<f64>(),
        jitter in any::<f64>(),
        failures in any::<u32>(),
        random in 0.0..1.0,
    ) {
        let (initial, longest) = (Duration::from_millis(initial), Duration::from_millis(longest));
        let policy = Backoff { initial, longest, factor, jitter };
        prop_assert!(policy.delay(failures, random) <= longest + Duration::from_nanos(1));
    }
}

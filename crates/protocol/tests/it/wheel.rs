//! The timing wheel against a list that is sorted every time.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use ropewalk_protocol::Wheel;

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    Remove(usize),
    Set(usize, u64),
    Advance(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let times = || prop_oneof![0..100u64, 0..10_000u64, 0..100_000_000u64];
    let step = prop_oneof![
        4 => times().prop_map(Step::Insert),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => (any::<usize>(), times()).prop_map(|(index, at)| Step::Set(index, at)),
        2 => times().prop_map(Step::Advance),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    #[test]
    fn a_wheel_gives_the_same_as_a_sorted_list(steps in steps()) {
        let start = Instant::now();
        let mut now = start;
        let mut wheel = Wheel::new(start);
        let mut keys = Vec::new();
        let mut model: Vec<(Instant, usize, usize)> = Vec::new(); // due, order, name
        for (order, step) in steps.into_iter().enumerate() {
            match step {
                Step::Insert(millis) => {
                    let at = now + Duration::from_millis(millis);
                    keys.push(wheel.insert(at, keys.len()));
                    model.push((at, order, keys.len() - 1));
                }
                Step::Remove(index) if !keys.is_empty() => {
                    let name = index % keys.len();
                    let place = model.iter().position(|entry| entry.2 == name);
                    prop_assert_eq!(wheel.remove(keys[name]).is_some(), place.is_some());
                    place.map(|place| model.remove(place));
                }
                Step::Set(index, millis) if !keys.is_empty() => {
                    let (name, at) = (index % keys.len(), now + Duration::from_millis(millis));
                    let entry = model.iter_mut().find(|entry| entry.2 == name);
                    prop_assert_eq!(wheel.set(keys[name], at), entry.is_some());
                    if let Some(entry) = entry {
                        *entry = (at, order, name);
                    }
                }
                Step::Advance(millis) => {
                    now += Duration::from_millis(millis);
                    model.sort();
                    while model.first().is_some_and(|(at, ..)| *at <= now) {
                        let next = wheel.next();
                        prop_assert!(next.is_some_and(|next| next <= now));
                        prop_assert_eq!(wheel.pop(now), Some(model.remove(0).2));
                    }
                    prop_assert_eq!(wheel.pop(now), None);
                }
                Step::Remove(_) | Step::Set(..) => {}
            }
            prop_assert_eq!(wheel.len(), model.len());
        }
    }
}

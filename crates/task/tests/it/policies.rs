//! What each policy promises.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use proptest::prelude::*;
use ropewalk_task::{EarliestDeadline, Fifo, Policy, Priority, RoundRobin, Tag};

const AGE: Duration = Duration::from_millis(10);

/// Something that waits, with what was known when it came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Item {
    number: usize,
    at: Instant,
    tag: Tag,
}

/// In turn: an item comes after so many milliseconds, or so many are taken.
#[derive(Clone, Debug)]
enum Act {
    Push { after: u64, level: u8, group: u64, deadline: Option<u64> },
    Pop(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let push = (0_u64..20, 0_u8..5, 0_u64..5, prop::option::of(0_u64..200))
        .prop_map(|(after, level, group, deadline)| Act::Push { after, level, group, deadline });
    prop::collection::vec(prop_oneof![3 => push, 1 => (1_usize..5).prop_map(Act::Pop)], 0..200)
}

/// Lets a policy work; `seen` is told of each item given out, and of those that wait on.
fn run(
    mut policy: impl Policy<Item>,
    acts: &[Act],
    mut seen: impl FnMut(Item, &[Item]) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut now = Instant::now();
    let (mut waiting, mut number) = (Vec::<Item>::new(), 0);
    let rest = [Act::Pop(usize::MAX)];
    for act in acts.iter().chain(&rest) {
        match act {
            Act::Push { after, level, group, deadline } => {
                now += Duration::from_millis(*after);
                let deadline = deadline.map(|millis| now + Duration::from_millis(millis));
                let tag = Tag { level: *level, group: *group, deadline };
                let item = Item { number, at: now, tag };
                number += 1;
                policy.push(now, tag, item);
                waiting.push(item);
            }
            Act::Pop(count) => {
                for _ in 0..(*count).min(waiting.len()) {
                    let item = policy.pop(now).expect("something waits");
                    let place = waiting.iter().position(|it| *it == item);
                    waiting.remove(place.expect("given out once"));
                    seen(item, &waiting)?;
                }
            }
        }
        prop_assert_eq!(policy.len(), waiting.len());
        prop_assert_eq!(policy.is_empty(), waiting.is_empty());
    }
    prop_assert!(policy.pop(now).is_none());
    Ok(())
}

proptest! {
    #[test]
    fn first_in_is_first_out(acts in acts()) {
        run(Fifo::default(), &acts, |item, waiting| {
            prop_assert!(waiting.iter().all(|other| other.number > item.number));
            Ok(())
        })?;
    }

    #[test]
    fn a_level_is_overtaken_only_by_what_comes_within_its_age(acts in acts()) {
        run(Priority::new(AGE), &acts, |item, waiting| {
            for passed in waiting {
                let comes_later = item.number > passed.number;
                let soon_enough = item.at <= passed.at + AGE * passed.tag.level.into();
                prop_assert!(!comes_later || soon_enough, "{item:?} before {passed:?}");
                prop_assert!(!comes_later || item.tag.level < passed.tag.level);
            }
            Ok(())
        })?;
    }

    #[test]
    fn of_what_comes_together_the_most_urgent_is_first(levels in prop::collection::vec(0_u8..9, 1..99)) {
        let push = |level: &u8| Act::Push { after: 0, level: *level, group: 0, deadline: None };
        let acts: Vec<_> = levels.iter().map(push).collect();
        run(Priority::new(AGE), &acts, |item, waiting| {
            let before = |other: &Item| (item.tag.level, item.number) < (other.tag.level, other.number);
            prop_assert!(waiting.iter().all(before));
            Ok(())
        })?;
    }

    #[test]
    fn between_two_turns_of_a_group_each_other_has_one_at_most(acts in acts()) {
        // For each group with something waiting: who had a turn since it began to wait for its own.
        let mut since: HashMap<u64, HashSet<u64>> = HashMap::new();
        run(RoundRobin::default(), &acts, |item, waiting| {
            let group = item.tag.group;
            since.remove(&group);
            for other in waiting.iter().map(|it| it.tag.group).filter(|it| *it != group) {
                // Several items of it wait for the same turn.
                since.entry(other).or_default();
            }
            for (other, turns) in &mut since {
                prop_assert!(turns.insert(group), "{group} had two turns while {other} waited");
            }
            let next = waiting.iter().find(|it| it.tag.group == group);
            prop_assert!(next.is_none_or(|next| next.number > item.number), "first in, first out");
            Ok(())
        })?;
    }

    #[test]
    fn deadlines_that_can_be_kept_are_kept(jobs in prop::collection::vec((0_usize..12, 1_usize..12), 1..12)) {
        let (start, slot) = (Instant::now(), Duration::from_millis(1));
        let at = |slots: usize| start + slot * u32::try_from(slots).unwrap();
        let mut policy = EarliestDeadline::new(Duration::from_secs(1));
        let mut late = 0;
        for now in 0..40 {
            for (_, within) in jobs.iter().filter(|(comes, _)| *comes == now) {
                let due = now + within;
                let tag = Tag { deadline: Some(at(due)), ..Tag::default() };
                policy.push(at(now), tag, due);
            }
            if let Some(due) = policy.pop(at(now)) {
                late += usize::from(now + 1 > due);
            }
        }
        prop_assert!(policy.is_empty());
        prop_assert_eq!(late == 0, can_all_be_kept(&jobs), "{} are late", late);
    }

    #[test]
    fn what_has_no_deadline_is_overtaken_only_within_the_patience(acts in acts()) {
        run(EarliestDeadline::new(AGE), &acts, |item, waiting| {
            for passed in waiting.iter().filter(|it| it.tag.deadline.is_none()) {
                prop_assert!(item.number < passed.number || item.at <= passed.at + AGE);
            }
            Ok(())
        })?;
    }
}

/// Whether there is a slot of its own for each job, by a matching of jobs and slots.
fn can_all_be_kept(jobs: &[(usize, usize)]) -> bool {
    fn place(
        job: usize,
        jobs: &[(usize, usize)],
        taken: &mut HashMap<usize, usize>,
        tried: &mut HashSet<usize>,
    ) -> bool {
        let (comes, within) = jobs[job];
        (comes..comes + within).any(|slot| {
            tried.insert(slot)
                && match taken.get(&slot).copied() {
                    Some(other) if !place(other, jobs, taken, tried) => false,
                    _ => {
                        taken.insert(slot, job);
                        true
                    }
                }
        })
    }
    let mut taken = HashMap::new();
    (0..jobs.len()).all(|job| place(job, jobs, &mut taken, &mut HashSet::new()))
}

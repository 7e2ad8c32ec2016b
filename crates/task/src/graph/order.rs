//! Whether a graph has an order.

use std::collections::VecDeque;

/// An order in which each comes after those that it needs, or a cycle: each needs the next, and the
/// last is the first again.
pub(super) fn order(needs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut missing: Vec<_> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (number, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by[*need].push(number);
        }
    }
    let mut ready: VecDeque<_> = (0..needs.len()).filter(|number| missing[*number] == 0).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(number) = ready.pop_front() {
        order.push(number);
        for next in &needed_by[number] {
            missing[*next] -= 1;
            if missing[*next] == 0 {
                ready.push_back(*next);
            }
        }
    }
    match missing.iter().position(|missing| *missing > 0) {
        None => Ok(order),
        Some(stuck) => Err(cycle(needs, &missing, stuck)),
    }
}

/// Whatever is stuck needs something that is stuck: following that leads into a cycle.
fn cycle(needs: &[Vec<usize>], missing: &[usize], mut at: usize) -> Vec<usize> {
    let mut place = vec![None; needs.len()];
    let mut path = Vec::new();
    while place[at].is_none() {
        place[at] = Some(path.len());
        path.push(at);
        let stuck = needs[at].iter().find(|need| missing[**need] > 0);
        at = *stuck.unwrap_or(&at); // there is one, or it would not be stuck
    }
    path.drain(..place[at].unwrap_or(0)); // it has a place: the loop has ended
    let first = (0..path.len()).min_by_key(|place| path[*place]);
    path.rotate_left(first.unwrap_or(0));
    path.extend(path.first().copied());
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::order;

    proptest! {
        #[test]
        fn there_is_an_order_or_a_cycle(
            edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..30),
        ) {
            let mut needs = vec![Vec::new(); 12];
            for (from, to) in edges {
                needs[from].push(to);
            }
            match order(&needs) {
                Ok(order) => {
                    let place = |number| order.iter().position(|it| *it == number);
                    prop_assert_eq!(order.len(), needs.len());
                    for (number, needs) in needs.iter().enumerate() {
                        prop_assert!(needs.iter().all(|need| place(*need) < place(number)));
                    }
                }
                Err(cycle) => {
                    prop_assert!(cycle.len() > 1);
                    prop_assert_eq!(cycle.first(), cycle.last());
                    prop_assert!(cycle.windows(2).all(|pair| needs[pair[0]].contains(&pair[1])));
                }
            }
        }
    }
}

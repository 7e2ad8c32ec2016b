//! Whose turn it is: a list and a cursor.

/// A list whose members are taken in turn.
///
/// The order is the original's. Each turn takes the member at the cursor and moves the cursor by
/// one; past the end it goes back to the front. New members come last. Removing one does not move
/// the cursor, so that one behind it may be passed over in this round.
///
/// Members keep their cells when others are removed, with a Fenwick tree of the cells in use beside
/// them: each operation takes logarithmic time.
pub(super) struct Rota<T> {
    /// In the order of their spots.
    cells: Vec<(Spot, Option<T>)>,
    /// Cell `i` counts those in use among the `lowest bit of i + 1` cells that end with it.
    tree: Vec<usize>,
    members: usize,
    cursor: usize,
    next: u64,
}

/// Names a member; never used twice.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Spot(u64);

impl<T> Default for Rota<T> {
    fn default() -> Self {
        Self { cells: Vec::new(), tree: Vec::new(), members: 0, cursor: 0, next: 0 }
    }
}

impl<T: Clone> Rota<T> {
    pub(super) fn push(&mut self, member: T) -> Spot {
        if self.cells.len() >= SMALL && self.cells.len() >= 2 * self.members {
            self.compact();
        }
        let spot = Spot(self.next);
        self.next += 1;
        self.append(spot, member);
        spot
    }

    pub(super) fn remove(&mut self, spot: Spot) -> Option<T> {
        let mut index = self.cells.binary_search_by_key(&spot, |(spot, _)| *spot).ok()?;
        let member = self.cells[index].1.take()?;
        self.members -= 1;
        while let Some(count) = self.tree.get_mut(index) {
            *count -= 1;
            index |= index + 1;
        }
        Some(member)
    }

    /// The member whose turn it is.
    pub(super) fn take(&mut self) -> Option<T> {
        if self.cursor >= self.members {
            self.cursor = 0;
        }
        let index = self.find(self.cursor)?;
        self.cursor += 1;
        self.cells[index].1.clone()
    }

    /// Removes all.
    pub(super) fn clear(&mut self) -> Vec<T> {
        self.tree.clear();
        (self.members, self.cursor) = (0, 0);
        self.cells.drain(..).filter_map(|(_, member)| member).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.members
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members == 0
    }

    fn append(&mut self, spot: Spot, member: T) {
        let index = self.cells.len();
        self.cells.push((spot, Some(member)));
        // The cells that this one's count covers besides itself end at index - 1.
        let (mut count, mut below, covered) = (1, index, index & (index + 1));
        while below > covered {
            count += self.tree[below - 1];
            below &= below - 1;
        }
        self.tree.push(count);
        self.members += 1;
    }

    /// The cell of the member that has `before` members in front of it.
    fn find(&self, mut before: usize) -> Option<usize> {
        let (mut index, mut step) = (0, self.tree.len().checked_ilog2().map_or(0, |log| 1 << log));
        while step > 0 {
            if let Some(count) = self.tree.get(index + step - 1)
                && *count <= before
            {
                before -= count;
                index += step;
            }
            step /= 2;
        }
        (index < self.cells.len()).then_some(index)
    }

    fn compact(&mut self) {
        self.tree.clear();
        self.members = 0;
        for (spot, member) in std::mem::take(&mut self.cells) {
            if let Some(member) = member {
                self.append(spot, member);
            }
        }
    }
}

/// Lists of fewer cells are not compacted.
const SMALL: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Rota;

    proptest! {
        #[test]
        fn the_order_is_that_of_a_plain_list_and_a_cursor(
            operations in prop::collection::vec((0_u8..4, any::<prop::sample::Index>()), 0..600),
        ) {
            let (mut rota, mut list, mut cursor) = (Rota::default(), Vec::new(), 0);
            for (member, (operation, which)) in operations.into_iter().enumerate() {
                match operation {
                    0 | 1 if operation == 0 || list.len() < 100 => {
                        let spot = rota.push(member);
                        list.push((spot, member));
                    }
                    2 if !list.is_empty() => {
                        let (spot, member) = list.remove(which.index(list.len()));
                        prop_assert_eq!(rota.remove(spot), Some(member));
                        prop_assert_eq!(rota.remove(spot), None);
                    }
                    _ => {
                        cursor = if cursor >= list.len() { 0 } else { cursor };
                        prop_assert_eq!(rota.take(), list.get(cursor).map(|(_, member)| *member));
                        cursor += usize::from(!list.is_empty());
                    }
                }
                prop_assert_eq!(rota.len(), list.len());
            }
            let members: Vec<_> = list.into_iter().map(|(_, member)| member).collect();
            prop_assert_eq!(rota.clear(), members);
        }
    }
}

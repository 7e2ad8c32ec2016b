//! A table whose keys are never used twice.

use std::{marker::PhantomData, num::NonZeroU32};

use crate::id::Key;

/// Values in a dense table, found in constant time, walked in an order that does not depend on
/// hashing.
#[derive(Debug)]
pub(crate) struct Slots<K, T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
    used: u32,
    key: PhantomData<fn() -> K>,
}

#[derive(Debug)]
struct Entry<T> {
    generation: NonZeroU32,
    value: Option<T>,
}

impl<K: Key, T> Slots<K, T> {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), free: Vec::new(), used: 0, key: PhantomData }
    }

    pub(crate) fn insert(&mut self, value: T) -> K {
        self.used += 1;
        if let Some(index) = self.free.pop() {
            let entry = &mut self.entries[index as usize];
            entry.value = Some(value);
            return K::new(index, entry.generation);
        }
        // Callers keep the number of values below a limit that is itself a u32, and a place is
        // only given up after four billion uses.
        let index = u32::try_from(self.entries.len()).expect("fewer than 2^32 places");
        self.entries.push(Entry { generation: NonZeroU32::MIN, value: Some(value) });
        K::new(index, NonZeroU32::MIN)
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<T> {
        let entry = self.entries.get_mut(key.index() as usize)?;
        if entry.generation != key.generation() {
            return None;
        }
        let value = entry.value.take()?;
        self.used -= 1;
        // A place that has used up its generations stays empty for good.
        if let Some(next) = entry.generation.checked_add(1) {
            entry.generation = next;
            self.free.push(key.index());
        }
        Some(value)
    }

    pub(crate) fn get(&self, key: K) -> Option<&T> {
        let entry = self.entries.get(key.index() as usize)?;
        if entry.generation == key.generation() { entry.value.as_ref() } else { None }
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut T> {
        let entry = self.entries.get_mut(key.index() as usize)?;
        if entry.generation == key.generation() { entry.value.as_mut() } else { None }
    }

    pub(crate) fn len(&self) -> u32 {
        self.used
    }

    /// The places from `index` on, also the empty ones, so that a walk can bound its work.
    pub(crate) fn places(&self, index: usize) -> impl Iterator<Item = Option<(K, &T)>> {
        self.entries.iter().enumerate().skip(index).map(|(index, entry)| {
            let value = entry.value.as_ref()?;
            // `insert` made this place, so its number fits.
            Some((K::new(u32::try_from(index).ok()?, entry.generation), value))
        })
    }
}

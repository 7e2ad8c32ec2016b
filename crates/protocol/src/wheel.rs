//! A timing wheel: any number of pending times, each set, moved and dropped in constant time.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Bits of a tick that one level resolves.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Seven levels of 64 slots of a millisecond reach 139 years.
const LEVELS: usize = 7;
/// Nanoseconds in a tick.
const TICK: u64 = 1_000_000;
const LAST: u64 = (1 << (BITS * LEVELS as u32)) - 1;
/// The memory of an emptied slot is kept for at most so many entries.
const KEPT: usize = 1024;

/// Values that become due at points in time, to the millisecond and never early.
///
/// ```
/// use std::time::{Duration, Instant};
/// use ropewalk_protocol::Wheel;
///
/// let start = Instant::now();
/// let mut wheel = Wheel::new(start);
/// let soon = wheel.insert(start + Duration::from_millis(5), "soon");
/// wheel.insert(start + Duration::from_secs(5), "later");
/// assert_eq!(wheel.pop(start + Duration::from_secs(1)), Some("soon"));
/// assert_eq!(wheel.pop(start + Duration::from_secs(1)), None);
/// assert_eq!(wheel.remove(soon), None, "already gone");
/// ```
#[derive(Debug)]
pub struct Wheel<T> {
    start: Instant,
    /// Ticks up to and including this one have been dealt with.
    elapsed: u64,
    levels: Vec<Level>,
    /// What is due and not popped yet, in order; entries that were moved or removed stay in it and
    /// are passed over.
    due: VecDeque<Entry>,
    nodes: Vec<Node<T>>,
    free: Vec<u32>,
    sequence: u32,
}

/// Names a value in a [`Wheel`]; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TimerKey {
    index: u32,
    generation: u32,
}

#[derive(Debug)]
struct Level {
    occupied: u64,
    slots: [Vec<Entry>; SLOTS],
}

/// What a slot knows of a node. It is all that sorting and moving to a finer level need, so that
/// neither waits for the node's memory: with a million pending that is most of the cost.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Nanoseconds from the start.
    at: u64,
    sequence: u32,
    index: u32,
}

#[derive(Debug)]
struct Node<T> {
    value: Option<T>,
    at: u64,
    sequence: u32,
    generation: u32,
    /// Where in its slot.
    position: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Free,
    Due,
    Slot { level: u8, slot: u8 },
}

impl<T> Wheel<T> {
    /// An empty wheel; no time is before `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        let level = |_| Level { occupied: 0, slots: [const { Vec::new() }; SLOTS] };
        Self {
            start,
            elapsed: 0,
            levels: (0..LEVELS).map(level).collect(),
            due: VecDeque::new(),
            nodes: Vec::new(),
            free: Vec::new(),
            sequence: 0,
        }
    }

    /// Adds `value`, due at `at`.
    ///
    /// # Panics
    /// With more than four thousand million values.
    pub fn insert(&mut self, at: Instant, value: T) -> TimerKey {
        let at = self.nanoseconds(at);
        let index = self.free.pop().unwrap_or_else(|| {
            assert!(self.nodes.len() < u32::MAX as usize, "more than 2^32 - 1 timers");
            let (place, value) = (Place::Free, None);
            self.nodes.push(Node { value, at, sequence: 0, generation: 0, position: 0, place });
            self.nodes.len() as u32 - 1
        });
        let node = &mut self.nodes[index as usize];
        node.value = Some(value);
        let generation = node.generation;
        self.enter(index, at);
        TimerKey { index, generation }
    }

    /// Takes a value out, if it is still there.
    pub fn remove(&mut self, key: TimerKey) -> Option<T> {
        self.get(key)?;
        self.unlink(key.index);
        self.release(key.index)
    }

    /// Makes a value due at another time; false when it is gone.
    pub fn set(&mut self, key: TimerKey, at: Instant) -> bool {
        if self.get(key).is_none() {
            return false;
        }
        self.unlink(key.index);
        let at = self.nanoseconds(at);
        self.enter(key.index, at);
        true
    }

    /// When a value is due, if it is still there.
    #[must_use]
    pub fn time(&self, key: TimerKey) -> Option<Instant> {
        self.get(key).map(|node| self.start + Duration::from_nanos(node.at))
    }

    /// The next value that is due at `now`: by due time, then by order of insertion.
    #[inline]
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        loop {
            let Some(entry) = self.due.pop_front() else {
                if !self.turn(now) {
                    return None;
                }
                continue;
            };
            let node = &self.nodes[entry.index as usize];
            if node.place == Place::Due && node.sequence == entry.sequence {
                return self.release(entry.index);
            }
        }
    }

    /// When to look again: no value is due before. It may come before the next value is.
    #[must_use]
    #[inline]
    pub fn next(&self) -> Option<Instant> {
        let tick = match self.due.is_empty() {
            true => self.next_slot()?.2,
            false => self.elapsed,
        };
        Some(self.start + Duration::from_millis(tick))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn get(&self, key: TimerKey) -> Option<&Node<T>> {
        let node = self.nodes.get(key.index as usize)?;
        (node.generation == key.generation && node.place != Place::Free).then_some(node)
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        let nanoseconds = at.saturating_duration_since(self.start).as_nanos();
        u64::try_from(nanoseconds).unwrap_or(u64::MAX)
    }

    /// Moves the next of what is due at `now` into the due list; false when there is nothing more.
    fn turn(&mut self, now: Instant) -> bool {
        let now = (self.nanoseconds(now) / TICK).min(LAST);
        while let Some((level, slot, tick)) = self.next_slot() {
            if tick > now {
                break;
            }
            self.elapsed = tick;
            self.empty_slot(level, slot);
            if !self.due.is_empty() {
                return true;
            }
        }
        self.elapsed = self.elapsed.max(now);
        false
    }

    /// Puts the entries of a slot where they belong now: due, or on a finer level.
    fn empty_slot(&mut self, level: usize, slot: usize) {
        self.levels[level].occupied &= !(1 << slot);
        let mut entries = std::mem::take(&mut self.levels[level].slots[slot]);
        if level == 0 {
            entries.sort_unstable_by_key(|entry| (entry.at, entry.sequence));
        }
        for entry in entries.drain(..) {
            self.place(entry);
        }
        if entries.capacity() <= KEPT {
            self.levels[level].slots[slot] = entries;
        }
    }

    /// The first slot with something in it: its level, its number, and the tick it begins at.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros() as usize;
        let shift = BITS * level as u32;
        let block = self.elapsed >> (shift + BITS) << (shift + BITS);
        Some((level, slot, block | (slot as u64) << shift))
    }

    /// Places a node that is in no list.
    fn enter(&mut self, index: u32, at: u64) {
        self.sequence = self.sequence.wrapping_add(1);
        let node = &mut self.nodes[index as usize];
        (node.at, node.sequence) = (at, self.sequence);
        self.place(Entry { at, sequence: self.sequence, index });
    }

    #[inline]
    fn place(&mut self, entry: Entry) {
        // The tick by whose beginning the time is past.
        let tick = entry.at.div_ceil(TICK).min(LAST);
        let node = &mut self.nodes[entry.index as usize];
        if tick <= self.elapsed {
            node.place = Place::Due;
            self.due.push_back(entry);
            return;
        }
        // Entries of a level share all higher bits with `elapsed`, so the lowest level that has
        // any holds the next ones.
        let differing = (self.elapsed ^ tick) | (SLOTS as u64 - 1);
        let number = (63 - differing.leading_zeros()) / BITS;
        let slot = ((tick >> (BITS * number)) & (SLOTS as u64 - 1)) as usize;
        let level = &mut self.levels[number as usize];
        level.occupied |= 1 << slot;
        node.place = Place::Slot { level: number as u8, slot: slot as u8 };
        node.position = level.slots[slot].len() as u32;
        level.slots[slot].push(entry);
    }

    fn unlink(&mut self, index: u32) {
        let node = &self.nodes[index as usize];
        let Place::Slot { level, slot } = node.place else { return };
        let position = node.position;
        let level = &mut self.levels[level as usize];
        let entries = &mut level.slots[slot as usize];
        entries.swap_remove(position as usize);
        if let Some(moved) = entries.get(position as usize) {
            self.nodes[moved.index as usize].position = position;
        } else if entries.is_empty() {
            level.occupied &= !(1 << slot);
        }
    }

    fn release(&mut self, index: u32) -> Option<T> {
        let node = &mut self.nodes[index as usize];
        node.generation = node.generation.wrapping_add(1);
        node.place = Place::Free;
        self.free.push(index);
        node.value.take()
    }
}

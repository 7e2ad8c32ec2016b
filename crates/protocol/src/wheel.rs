//! A timing wheel: any number of pending times, each set, moved and dropped in constant time.

use std::time::{Duration, Instant};

/// Bits of a tick that one level resolves.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Seven levels of 64 slots of a millisecond reach 139 years.
const LEVELS: usize = 7;
const LAST: u64 = (1 << (BITS * LEVELS as u32)) - 1;
const NONE: u32 = u32::MAX;

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
    levels: Box<[Level; LEVELS]>,
    /// What is due and not popped yet, in order.
    due: List,
    nodes: Vec<Node<T>>,
    free: u32,
    pending: usize,
    sequence: u64,
    batch: Vec<u32>,
}

/// Names a value in a [`Wheel`]; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TimerKey {
    index: u32,
    generation: u32,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    occupied: u64,
    slots: [List; SLOTS],
}

#[derive(Clone, Copy, Debug)]
struct List {
    head: u32,
    tail: u32,
}

#[derive(Debug)]
struct Node<T> {
    value: Option<T>,
    at: Instant,
    tick: u64,
    sequence: u64,
    generation: u32,
    previous: u32,
    next: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Free,
    Due,
    Slot { level: u8, slot: u8 },
}

const EMPTY: List = List { head: NONE, tail: NONE };

impl<T> Wheel<T> {
    /// An empty wheel; no time is before `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            elapsed: 0,
            levels: Box::new([Level { occupied: 0, slots: [EMPTY; SLOTS] }; LEVELS]),
            due: EMPTY,
            nodes: Vec::new(),
            free: NONE,
            pending: 0,
            sequence: 0,
            batch: Vec::new(),
        }
    }

    /// Adds `value`, due at `at`.
    pub fn insert(&mut self, at: Instant, value: T) -> TimerKey {
        let tick = self.tick(at);
        self.sequence += 1;
        let sequence = self.sequence;
        let index = if self.free == NONE {
            let index = u32::try_from(self.nodes.len()).unwrap_or(NONE);
            assert!(index != NONE, "more than four thousand million timers");
            self.nodes.push(Node {
                value: Some(value),
                at,
                tick,
                sequence,
                generation: 0,
                previous: NONE,
                next: NONE,
                place: Place::Free,
            });
            index
        } else {
            let index = self.free;
            let node = &mut self.nodes[index as usize];
            self.free = node.next;
            node.value = Some(value);
            (node.at, node.tick, node.sequence) = (at, tick, sequence);
            index
        };
        self.pending += 1;
        self.place(index);
        TimerKey { index, generation: self.nodes[index as usize].generation }
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
        let tick = self.tick(at);
        self.sequence += 1;
        let node = &mut self.nodes[key.index as usize];
        (node.at, node.tick, node.sequence) = (at, tick, self.sequence);
        self.place(key.index);
        true
    }

    /// When a value is due, if it is still there.
    #[must_use]
    pub fn time(&self, key: TimerKey) -> Option<Instant> {
        self.get(key).map(|node| node.at)
    }

    /// The next value that is due at `now`: by due time, then by order of insertion.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        if self.due.head == NONE {
            self.turn(now);
        }
        let index = self.due.head;
        if index == NONE {
            return None;
        }
        self.unlink(index);
        self.release(index)
    }

    /// When to look again: no value is due before. It may come before the next value is.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        if self.due.head != NONE {
            return Some(self.start + Duration::from_millis(self.elapsed));
        }
        let (_, _, tick) = self.next_slot()?;
        Some(self.start + Duration::from_millis(tick))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending == 0
    }

    fn get(&self, key: TimerKey) -> Option<&Node<T>> {
        let node = self.nodes.get(key.index as usize)?;
        (node.generation == key.generation && node.value.is_some()).then_some(node)
    }

    /// The tick by whose end `at` is past.
    fn tick(&self, at: Instant) -> u64 {
        let nanos = at.saturating_duration_since(self.start).as_nanos();
        u64::try_from(nanos.div_ceil(1_000_000)).map_or(LAST, |tick| tick.min(LAST))
    }

    /// Moves what is due at `now` into the due list.
    fn turn(&mut self, now: Instant) {
        let now = now.saturating_duration_since(self.start).as_millis();
        let now = u64::try_from(now).unwrap_or(LAST).min(LAST);
        while let Some((level, slot, tick)) = self.next_slot() {
            if tick > now {
                break;
            }
            self.elapsed = tick;
            self.empty_slot(level, slot);
        }
        self.elapsed = self.elapsed.max(now);
    }

    /// Puts the nodes of a slot where they belong now: due, or on a finer level.
    fn empty_slot(&mut self, level: usize, slot: usize) {
        let mut batch = std::mem::take(&mut self.batch);
        let mut index = self.levels[level].slots[slot].head;
        while index != NONE {
            batch.push(index);
            index = self.nodes[index as usize].next;
        }
        self.levels[level].slots[slot] = EMPTY;
        self.levels[level].occupied &= !(1 << slot);
        if level == 0 && batch.len() > 1 {
            batch.sort_unstable_by_key(|index| {
                let node = &self.nodes[*index as usize];
                (node.at, node.sequence)
            });
        }
        for index in batch.drain(..) {
            self.place(index);
        }
        self.batch = batch;
    }

    /// The first slot with something in it: its level, its number, and the tick it begins at.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros() as usize;
        let shift = BITS * level as u32;
        let block = self.elapsed >> (shift + BITS) << (shift + BITS);
        Some((level, slot, block | (slot as u64) << shift))
    }

    fn place(&mut self, index: u32) {
        let tick = self.nodes[index as usize].tick;
        if tick <= self.elapsed {
            self.link(index, Place::Due);
            return;
        }
        // Entries of a level share all higher bits with `elapsed`, so the lowest level that has
        // any holds the next ones.
        let differing = (self.elapsed ^ tick) | (SLOTS as u64 - 1);
        let level = (63 - differing.leading_zeros()) / BITS;
        let slot = (tick >> (BITS * level)) & (SLOTS as u64 - 1);
        self.link(index, Place::Slot { level: level as u8, slot: slot as u8 });
    }

    fn list(&mut self, place: Place) -> &mut List {
        match place {
            Place::Slot { level, slot } => &mut self.levels[level as usize].slots[slot as usize],
            Place::Due | Place::Free => &mut self.due,
        }
    }

    fn link(&mut self, index: u32, place: Place) {
        let list = self.list(place);
        let tail = std::mem::replace(&mut list.tail, index);
        if tail == NONE {
            list.head = index;
        }
        if let Place::Slot { level, slot } = place {
            self.levels[level as usize].occupied |= 1 << slot;
        }
        if tail != NONE {
            self.nodes[tail as usize].next = index;
        }
        let node = &mut self.nodes[index as usize];
        (node.previous, node.next, node.place) = (tail, NONE, place);
    }

    fn unlink(&mut self, index: u32) {
        let node = &self.nodes[index as usize];
        let (previous, next, place) = (node.previous, node.next, node.place);
        if previous != NONE {
            self.nodes[previous as usize].next = next;
        }
        if next != NONE {
            self.nodes[next as usize].previous = previous;
        }
        let list = self.list(place);
        if previous == NONE {
            list.head = next;
        }
        if next == NONE {
            list.tail = previous;
        }
        let empty = list.head == NONE;
        if let (true, Place::Slot { level, slot }) = (empty, place) {
            self.levels[level as usize].occupied &= !(1 << slot);
        }
    }

    fn release(&mut self, index: u32) -> Option<T> {
        let node = &mut self.nodes[index as usize];
        node.generation = node.generation.wrapping_add(1);
        node.place = Place::Free;
        node.next = self.free;
        self.free = index;
        self.pending -= 1;
        node.value.take()
    }
}

//! The table of prefixes and their connections.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::{Network, PrefixRule};

/// Locks of their own, so that threads rarely meet.
const SHARDS: usize = 16;

/// How many connections each prefix has under each rule.
pub(crate) struct Tally {
    /// A lock is held to look one prefix up, when a connection begins or ends.
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    /// Of each shard.
    remembered: usize,
}

#[derive(Default)]
struct Shard {
    counts: HashMap<Key, Count>,
    /// Those without a connection, kept for their rate.
    idle: usize,
}

/// A rule by its place in the list, and a prefix.
pub(crate) type Key = (usize, Network);

struct Count {
    open: usize,
    /// Counts the rate: since then so many came.
    since: Instant,
    spent: u64,
}

/// What is too many.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Excess {
    Connections,
    Rate,
}

impl Tally {
    pub(crate) fn new(remembered: usize) -> Self {
        let remembered = remembered.div_ceil(SHARDS);
        Self { shards: Default::default(), hasher: RandomState::new(), remembered }
    }

    pub(crate) fn enter(&self, key: Key, rule: &PrefixRule, now: Instant) -> Result<(), Excess> {
        let mut shard = self.shard(&key);
        let shard = &mut *shard;
        let count = match shard.counts.entry(key) {
            Entry::Vacant(_) if rule.connections == 0 => return Err(Excess::Connections),
            Entry::Vacant(vacant) => {
                shard.idle += 1;
                vacant.insert(Count { open: 0, since: now, spent: 0 })
            }
            Entry::Occupied(occupied) => occupied.into_mut(),
        };
        if count.open >= rule.connections {
            return Err(Excess::Connections);
        }
        count.pass(rule, now)?;
        shard.idle -= usize::from(count.open == 0);
        count.open += 1;
        Ok(())
    }

    /// A connection has ended. Entries that say nothing any more go at once.
    pub(crate) fn leave(&self, key: Key, rule: &PrefixRule, now: Instant) {
        let mut shard = self.shard(&key);
        let Some(count) = shard.counts.get_mut(&key) else { return };
        count.open -= 1;
        if count.open > 0 {
            return;
        }
        if count.is_forgettable(rule, now) {
            shard.counts.remove(&key);
            return;
        }
        shard.idle += 1;
        if shard.idle > self.remembered {
            shard.counts.retain(|_, count| count.open > 0);
            shard.idle = 0;
        }
    }

    /// The connection that entered was none after all.
    pub(crate) fn undo(&self, key: Key, rule: &PrefixRule, now: Instant) {
        if let Some(count) = self.shard(&key).counts.get_mut(&key) {
            count.spent = count.spent.saturating_sub(1);
        }
        self.leave(key, rule, now);
    }

    /// How many prefixes are in the table.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).counts.len()).sum()
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        lock(&self.shards[self.hasher.hash_one(key) as usize % SHARDS])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // Nothing that can panic runs under the lock.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Count {
    /// Takes one from the rate, if there is one.
    fn pass(&mut self, rule: &PrefixRule, now: Instant) -> Result<(), Excess> {
        let Some(rate) = rule.rate else { return Ok(()) };
        let earned = rate.earned(now.saturating_duration_since(self.since));
        let from = self.spent.max(earned);
        if from >= earned.saturating_add(rate.full()) {
            return Err(Excess::Rate);
        }
        self.spent = from + 1;
        Ok(())
    }

    /// Whether the rate is as if nothing had come.
    fn is_forgettable(&self, rule: &PrefixRule, now: Instant) -> bool {
        let earned = |rate: crate::Rate| rate.earned(now.saturating_duration_since(self.since));
        rule.rate.is_none_or(|rate| earned(rate) >= self.spent)
    }
}

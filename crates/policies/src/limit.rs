//! Who is let in, and who is counted.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use thiserror::Error;

use ropewalk_protocol::Peer;

use crate::{
    Network, Rules,
    tally::{Excess, Key, Tally},
};

/// Counts connections against [`Rules`]. Clones are the same count.
///
/// It sees the peer's address as the layers below amended it: behind a proxy's header, the true one.
///
/// ```
/// use std::time::Instant;
/// use ropewalk_policies::{ConnectionLimits, PrefixRule, Rules};
/// use ropewalk_protocol::{Address, Peer};
///
/// let rules = Rules { prefixes: vec![PrefixRule::new(1)], ..Rules::default() };
/// let limits = ConnectionLimits::new(rules, Instant::now);
/// let peer = Peer::new(Address::Tcp(([192, 0, 2, 1], 4000).into()), Address::Unnamed);
///
/// let first = limits.admit(&peer).unwrap();
/// let refusal = limits.admit(&peer).unwrap_err();
/// assert_eq!(refusal.to_string(), "1 connections from 192.0.2.1/32 are the limit");
/// drop(first);
/// assert!(limits.admit(&peer).is_ok());
/// ```
#[derive(Clone)]
pub struct ConnectionLimits {
    shared: Arc<Shared>,
}

struct Shared {
    rules: Rules,
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    open: AtomicUsize,
    tally: Tally,
    refused: AtomicU64,
    /// Refusals that no line of the log has told yet.
    untold: AtomicU64,
    /// When the last line was written; held to look and to write that down.
    told: Mutex<Option<Instant>>,
    farewells: AtomicUsize,
}

/// A connection that was let in: it counts until this is dropped.
#[derive(Debug)]
pub struct Admission {
    limits: ConnectionLimits,
    keys: Keys,
}

#[derive(Clone, Debug)]
enum Keys {
    Exempt,
    Counted(Option<std::net::IpAddr>),
}

/// Why a connection was not let in.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// There are as many as the server takes.
    #[error("{limit} connections are the limit")]
    Total {
        /// The limit.
        limit: usize,
    },
    /// There are as many as one prefix may have.
    #[error("{limit} connections from {network} are the limit")]
    Prefix {
        /// The prefix.
        network: Network,
        /// The limit.
        limit: usize,
    },
    /// They come too fast from one prefix.
    #[error("connections from {network} come too fast")]
    Rate {
        /// The prefix.
        network: Network,
    },
}

impl ConnectionLimits {
    /// No connections yet. `now` reads a clock, such as the reactor's; it is asked when a
    /// connection begins or ends.
    pub fn new(rules: Rules, now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        let tally = Tally::new(rules.remembered);
        let shared = Shared {
            rules,
            now: Box::new(now),
            open: AtomicUsize::new(0),
            tally,
            refused: AtomicU64::new(0),
            untold: AtomicU64::new(0),
            told: Mutex::new(None),
            farewells: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Lets a connection in, or not.
    ///
    /// Refusals are told to the log together: one line at once, then one each ten seconds at most.
    ///
    /// # Errors
    /// [`Refusal`] says which limit was in the way.
    pub fn admit(&self, peer: &Peer) -> Result<Admission, Refusal> {
        let ip = peer.address.ip().map(|ip| ip.to_canonical());
        let shared = &*self.shared;
        let exempt = ip.is_some_and(|ip| shared.rules.exempt.iter().any(|it| it.contains(ip)));
        if exempt {
            return Ok(Admission { limits: self.clone(), keys: Keys::Exempt });
        }
        let now = (shared.now)();
        match shared.enter(ip, now) {
            Ok(()) => {
                shared.tell(now, None);
                Ok(Admission { limits: self.clone(), keys: Keys::Counted(ip) })
            }
            Err(refusal) => {
                shared.refused.fetch_add(1, Ordering::Relaxed);
                shared.untold.fetch_add(1, Ordering::Relaxed);
                shared.tell(now, Some(refusal));
                Err(refusal)
            }
        }
    }

    /// Connections that count now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Connections refused so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(Ordering::Relaxed)
    }

    /// Prefixes in the table: those with connections, and those whose rate is remembered.
    #[must_use]
    pub fn prefixes(&self) -> usize {
        self.shared.tally.len()
    }

    /// Leave to say farewell; give it back with [`bade`](Self::bade).
    pub(crate) fn may_bid_farewell(&self) -> bool {
        let limit = self.shared.rules.farewells;
        below(&self.shared.farewells, limit)
    }

    pub(crate) fn bade(&self) {
        self.shared.farewells.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Adds one, unless that is too many.
fn below(counter: &AtomicUsize, limit: usize) -> bool {
    let order = Ordering::Relaxed;
    counter.fetch_update(order, order, |count| (count < limit).then_some(count + 1)).is_ok()
}

impl Shared {
    fn keys(&self, ip: Option<std::net::IpAddr>) -> impl Iterator<Item = (Key, usize)> + '_ {
        let rules = self.rules.prefixes.iter().enumerate();
        rules.filter_map(move |(index, rule)| Some(((index, rule.network(ip?)), index)))
    }

    fn enter(&self, ip: Option<std::net::IpAddr>, now: Instant) -> Result<(), Refusal> {
        for (key, index) in self.keys(ip) {
            let rule = &self.rules.prefixes[index];
            let Err(excess) = self.tally.enter(key, rule, now) else { continue };
            self.undo(ip, index, now);
            let (network, limit) = (key.1, rule.connections);
            return Err(match excess {
                Excess::Connections => Refusal::Prefix { network, limit },
                Excess::Rate => Refusal::Rate { network },
            });
        }
        let limit = self.rules.total;
        if below(&self.open, limit) {
            return Ok(());
        }
        self.undo(ip, self.rules.prefixes.len(), now);
        Err(Refusal::Total { limit })
    }

    /// Takes back what the first `count` rules counted.
    fn undo(&self, ip: Option<std::net::IpAddr>, count: usize, now: Instant) {
        for (key, index) in self.keys(ip).take(count) {
            self.tally.undo(key, &self.rules.prefixes[index], now);
        }
    }

    fn leave(&self, ip: Option<std::net::IpAddr>) {
        let now = (self.now)();
        for (key, index) in self.keys(ip) {
            self.tally.leave(key, &self.rules.prefixes[index], now);
        }
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.tell(now, None);
    }

    /// Writes a line about refusals, if it is time for one.
    fn tell(&self, now: Instant, last: Option<Refusal>) {
        if self.untold.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|at| now.saturating_duration_since(at) < QUIET) {
            return;
        }
        *told = Some(now);
        drop(told);
        let count = self.untold.swap(0, Ordering::Relaxed);
        match last {
            Some(last) => tracing::warn!(count, %last, "connections refused"),
            None => tracing::warn!(count, "connections refused"),
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Keys::Counted(ip) = self.keys {
            self.limits.shared.leave(ip);
        }
    }
}

impl std::fmt::Debug for ConnectionLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionLimits")
            .field("rules", &self.shared.rules)
            .field("open", &self.open())
            .field("refused", &self.refused())
            .finish_non_exhaustive()
    }
}

/// Between two lines about refusals.
const QUIET: Duration = Duration::from_secs(10);

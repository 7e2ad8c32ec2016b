//! The addresses of a host, in the order in which they are tried.

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
};

use ropewalk_protocol::Address;

use crate::{ClientPlan, Family, Target};

/// Addresses of one name that are tried at most: more is a mistake, or an attack.
const MOST: usize = 32;

/// IPv6 and IPv4 by turns, each in the order in which the resolver gave them (RFC 8305 section 4,
/// with a First Address Family Count of 1).
pub(crate) struct Candidates {
    port: u16,
    family: Family,
    v6: VecDeque<IpAddr>,
    v4: VecDeque<IpAddr>,
    seen: Vec<IpAddr>,
    /// Whether the next is to be of IPv6, where there is a choice.
    v6_next: bool,
    begun: bool,
}

impl Candidates {
    pub(crate) fn new(plan: &ClientPlan) -> Self {
        let (port, family) = match plan.target {
            Target::Host { port, family, .. } => (port, family),
            Target::Unix(_) => (0, Family::Either),
        };
        let (v6, v4) = (VecDeque::new(), VecDeque::new());
        Self { port, family, v6, v4, seen: Vec::new(), v6_next: true, begun: false }
    }

    /// Adds an answer. The first of the first answer is tried first, save that an IPv6
    /// answer which was waited for goes before IPv4.
    pub(crate) fn add(&mut self, ips: Vec<IpAddr>) {
        let waited = self.lacks_v6() && !self.begun;
        for ip in ips {
            let fits = ip.is_ipv6() || self.family == Family::Either;
            if !fits || self.seen.len() == MOST || self.seen.contains(&ip) {
                continue;
            }
            if self.seen.is_empty() {
                self.v6_next = ip.is_ipv6();
            }
            self.seen.push(ip);
            if ip.is_ipv6() { &mut self.v6 } else { &mut self.v4 }.push_back(ip);
        }
        if waited && !self.v6.is_empty() {
            self.v6_next = true;
        }
    }

    /// Whether there are only IPv4 addresses so far.
    pub(crate) fn lacks_v6(&self) -> bool {
        self.v6.is_empty() && !self.v4.is_empty()
    }

    pub(crate) fn next(&mut self) -> Option<Address> {
        let (first, second) = match self.v6_next {
            true => (&mut self.v6, &mut self.v4),
            false => (&mut self.v4, &mut self.v6),
        };
        let ip = first.pop_front().or_else(|| second.pop_front())?;
        (self.v6_next, self.begun) = (ip.is_ipv4(), true);
        Some(SocketAddr::new(ip, self.port).into())
    }
}

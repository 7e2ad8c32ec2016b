//! How many connections are allowed, from where.

use std::net::IpAddr;

use crate::{Network, Rate};

/// How many connections a server takes, in all and from where.
///
/// ```
/// use ropewalk_policies::{PrefixRule, Rules};
///
/// // Ten from an address, a hundred from a network of 256 addresses, no limit for this machine.
/// let rules = Rules {
///     total: 50_000,
///     prefixes: vec![
///         PrefixRule::new(10),
///         PrefixRule { v4: 24, v6: 48, ..PrefixRule::new(100) },
///     ],
///     exempt: vec!["127.0.0.0/8".parse()?],
///     ..Rules::default()
/// };
/// # let _ = rules;
/// # Ok::<(), ropewalk_policies::NetworkError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    /// Connections in all.
    pub total: usize,
    /// Each is held for every prefix on its own. Peers without an IP address have none.
    pub prefixes: Vec<PrefixRule>,
    /// Not limited and not counted.
    pub exempt: Vec<Network>,
    /// Prefixes without a connection whose [`PrefixRule::rate`] is remembered. When there are more,
    /// some are forgotten early: memory is bounded, and nobody is refused for that.
    pub remembered: usize,
    /// Refused connections that are told so at the same time; further ones are just closed. See
    /// [`Limited::farewell`](crate::Limited::farewell).
    pub farewells: usize,
}

/// How many connections are allowed from one prefix.
#[derive(Clone, Copy, Debug)]
pub struct PrefixRule {
    /// Bits of an IPv4 address that make the prefix.
    pub v4: u8,
    /// Bits of an IPv6 address that make the prefix.
    pub v6: u8,
    /// Connections at the same time.
    pub connections: usize,
    /// New connections, where that is limited too.
    pub rate: Option<Rate>,
}

impl PrefixRule {
    /// So many connections from one IPv4 address, or one IPv6 network of 64 bits.
    #[must_use]
    pub const fn new(connections: usize) -> Self {
        Self { v4: 32, v6: 64, connections, rate: None }
    }

    pub(crate) fn network(&self, address: IpAddr) -> Network {
        let address = address.to_canonical();
        Network::of(address, if address.is_ipv4() { self.v4 } else { self.v6 })
    }
}

/// 10,000 in all, 100 from one address, nobody exempt.
impl Default for Rules {
    fn default() -> Self {
        Self {
            total: 10_000,
            prefixes: vec![PrefixRule::new(100)],
            exempt: Vec::new(),
            remembered: 65_536,
            farewells: 64,
        }
    }
}

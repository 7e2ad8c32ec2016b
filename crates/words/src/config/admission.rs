//! From where how many connections are let in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ropewalk_policies::{Network, PrefixRule, Rules};

/// From where how many connections are let in.
///
/// ```
/// use ropewalk_words::Admission;
///
/// let rules = Admission::default().rules();
/// assert_eq!(rules.prefixes.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Admission {
    /// At once from one IPv4 address, or one IPv6 network of 64 bits.
    pub per_address: usize,
    /// At once from one IPv4 network of 24 bits, or one IPv6 network of 48 bits.
    pub per_network: usize,
    /// Not limited; each a network such as `192.0.2.0/24`.
    pub exempt: Vec<Network>,
}

impl Default for Admission {
    /// 32 from an address, 256 from a network, and this machine is exempt.
    fn default() -> Self {
        let here = [(IpAddr::V4(Ipv4Addr::LOCALHOST), 8), (IpAddr::V6(Ipv6Addr::LOCALHOST), 128)];
        let exempt = here.map(|(ip, bits)| Network::of(ip, bits)).to_vec();
        Self { per_address: 32, per_network: 256, exempt }
    }
}

impl Admission {
    /// The same as rules for [`ConnectionLimits`](ropewalk_policies::ConnectionLimits). How many
    /// there may be in all is the realm's to say.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let address = PrefixRule::new(self.per_address);
        let network = PrefixRule { v4: 24, v6: 48, ..PrefixRule::new(self.per_network) };
        let exempt = self.exempt.clone();
        Rules { total: usize::MAX, prefixes: vec![address, network], exempt, ..Rules::default() }
    }
}

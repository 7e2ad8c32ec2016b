//! Networks, as `192.0.2.0/24` and `2001:db8::/32` name them.

use std::{fmt, net::IpAddr, str::FromStr};

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Network {
    ip: IpAddr,
    bits: u8,
}

impl Network {
    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.ip.is_ipv4() && masked(ip, self.bits) == masked(self.ip, self.bits)
    }
}

/// The first `bits` of an address.
fn masked(ip: IpAddr, bits: u8) -> u128 {
    let (value, width) = match ip {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    // Nothing is left of a shift by the whole width.
    value.checked_shr(width - u32::from(bits)).unwrap_or(0)
}

/// An address alone is a network of one.
impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ip, bits) = text.split_once('/').map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let ip: IpAddr = ip.parse().map_err(drop)?;
        let width = if ip.is_ipv4() { 32 } else { 128 };
        let digits = bits.is_none_or(|bits| bits.bytes().all(|byte| byte.is_ascii_digit()));
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(drop))?;
        if digits && bits <= width { Ok(Self { ip, bits }) } else { Err(()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.bits)
    }
}

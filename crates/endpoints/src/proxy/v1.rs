//! Version 1: a line of text.

use std::net::{IpAddr, SocketAddr};

use ropewalk_protocol::{Address, Malformed};

use super::{ProxyHeader, malformed};

pub(super) const SIGNATURE: &[u8] = b"PROXY ";

/// The longest line that the specification allows, its end included.
const LONGEST: usize = 107;

pub(super) fn parse(input: &[u8]) -> Result<Option<(usize, ProxyHeader)>, Malformed> {
    let window = &input[..input.len().min(LONGEST)];
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        if input.len() >= LONGEST {
            let (unit, length, limit) = ("PROXY header", input.len(), LONGEST);
            return Err(Malformed::TooLong { unit, length, limit });
        }
        return Ok(None);
    };
    let Some(line) = std::str::from_utf8(&window[SIGNATURE.len()..end]).ok() else {
        return malformed("a PROXY header that is not ASCII");
    };
    let header = match line.split(' ').collect::<Vec<_>>().as_slice() {
        // Whatever else stands there is to be ignored.
        ["UNKNOWN", ..] => ProxyHeader::local(),
        [family @ ("TCP4" | "TCP6"), source, destination, from, to] => {
            let (source, destination) = (end_of(source, from), end_of(destination, to));
            match (source, destination) {
                (Some(source), Some(destination))
                    if source.is_ipv6() == (*family == "TCP6")
                        && destination.is_ipv6() == source.is_ipv6() =>
                {
                    ProxyHeader::new(Address::Tcp(source), Address::Tcp(destination))
                }
                _ => return malformed(format!("{line:?} in a PROXY header is no {family}")),
            }
        }
        _ => return malformed(format!("{line:?} is no PROXY header")),
    };
    Ok(Some((end + 2, header)))
}

fn end_of(ip: &str, port: &str) -> Option<SocketAddr> {
    let canonical = port == "0" || !port.starts_with('0');
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if canonical && digits { port.parse().ok()? } else { return None };
    Some(SocketAddr::new(ip.parse::<IpAddr>().ok()?, port))
}

pub(super) fn write(header: &ProxyHeader) -> Vec<u8> {
    let addresses = header.addresses.as_ref().map(|it| (&it.source, &it.destination));
    let line = match addresses {
        Some((Address::Tcp(source), Address::Tcp(destination)))
            if source.is_ipv6() == destination.is_ipv6() =>
        {
            let family = if source.is_ipv6() { "TCP6" } else { "TCP4" };
            let (from, to) = (source.port(), destination.port());
            format!("PROXY {family} {} {} {from} {to}\r\n", source.ip(), destination.ip())
        }
        _ => "PROXY UNKNOWN\r\n".to_owned(),
    };
    line.into_bytes()
}

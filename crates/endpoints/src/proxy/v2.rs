//! Version 2: binary, with values of a type and a length behind the addresses.

use std::{
    ffi::OsStr,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use bytes::Bytes;
use ropewalk_protocol::{Address, Malformed, TlsFacts};

use super::{ProxyHeader, malformed};

pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Bytes before the addresses: signature, version and command, family, length.
const HEAD: usize = 16;
/// Bytes of a UNIX path.
const PATH: usize = 108;

const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;

const ALPN: u8 = 0x01;
const AUTHORITY: u8 = 0x02;
const CRC32C: u8 = 0x03;
const SSL: u8 = 0x20;
const SSL_VERSION: u8 = 0x21;
const SSL_CIPHER: u8 = 0x23;
/// The bit of an `SSL` value's first byte that says that the client spoke TLS.
const CLIENT_SSL: u8 = 0x01;
/// Bytes before the values inside an `SSL` value.
const SSL_HEAD: usize = 5;

pub(super) fn parse(input: &[u8]) -> Result<Option<(usize, ProxyHeader)>, Malformed> {
    let Some((head, rest)) = input.split_at_checked(HEAD) else { return Ok(None) };
    let (command, family) = (head[12], head[13]);
    if !matches!(command, LOCAL | PROXY) {
        return malformed(format!("version and command 0x{command:02x} in a PROXY header"));
    }
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    if HEAD + length > ProxyHeader::LONGEST {
        let (unit, limit) = ("PROXY header", ProxyHeader::LONGEST);
        return Err(Malformed::TooLong { unit, length: HEAD + length, limit });
    }
    let Some(body) = rest.get(..length) else { return Ok(None) };
    let total = HEAD + length;
    if command == LOCAL {
        return Ok(Some((total, ProxyHeader::local())));
    }
    let (addresses, mut values) = addresses(family, body)?;
    let mut header = ProxyHeader::default();
    if let Some((source, destination)) = addresses {
        header = ProxyHeader::new(source, destination);
    }
    let mut facts = TlsFacts::default();
    let mut is_tls = false;
    while !values.is_empty() {
        let (kind, value, rest) = value(values)?;
        match kind {
            ALPN => facts.alpn = Some(Bytes::copy_from_slice(value)),
            AUTHORITY => facts.server_name = Some(text(value)),
            CRC32C => check(&input[..total], total - rest.len(), value)?,
            SSL => is_tls |= tls(value, &mut facts)?,
            _ => {} // others are to be ignored
        }
        values = rest;
    }
    header.tls = is_tls.then(|| Box::new(facts));
    Ok(Some((total, header)))
}

type Ends = Option<(Address, Address)>;

/// The addresses in front of `body`, and what stands behind them.
fn addresses(family: u8, body: &[u8]) -> Result<(Ends, &[u8]), Malformed> {
    let size = match family {
        0x00 => return Ok((None, body)),
        0x11 | 0x12 => 4,
        0x21 | 0x22 => 16,
        0x31 | 0x32 => PATH,
        other => return malformed(format!("family 0x{other:02x} in a PROXY header")),
    };
    let ports = if size == PATH { 0 } else { 4 };
    let Some((block, rest)) = body.split_at_checked(2 * size + ports) else {
        let (has, needs) = (body.len(), 2 * size + ports);
        return malformed(format!("{has} bytes of addresses in a PROXY header, not {needs}"));
    };
    let (source, behind) = block.split_at(size);
    let (destination, ports) = behind.split_at(size);
    let port =
        |at: usize| ports.get(at..at + 2).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]));
    Ok((Some((address(source, port(0)), address(destination, port(2)))), rest))
}

fn address(bytes: &[u8], port: u16) -> Address {
    let ip = match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
        (Ok(four), _) => IpAddr::V4(Ipv4Addr::from(four)),
        (_, Ok(sixteen)) => IpAddr::V6(Ipv6Addr::from(sixteen)),
        _ => {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            if end == 0 {
                return Address::Unnamed;
            }
            return Address::unix(Path::new(OsStr::from_bytes(&bytes[..end])));
        }
    };
    Address::Tcp(SocketAddr::new(ip, port))
}

/// The first value, and what stands behind it.
fn value(values: &[u8]) -> Result<(u8, &[u8], &[u8]), Malformed> {
    if let [kind, high, low, rest @ ..] = values {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if let Some((value, rest)) = rest.split_at_checked(length) {
            return Ok((*kind, value, rest));
        }
    }
    malformed("a value in a PROXY header ends behind the header")
}

/// Notes what an `SSL` value says; whether the client spoke TLS at all.
fn tls(value: &[u8], facts: &mut TlsFacts) -> Result<bool, Malformed> {
    let Some((head, mut values)) = value.split_at_checked(SSL_HEAD) else {
        return malformed("a TLS value in a PROXY header is too short");
    };
    while !values.is_empty() {
        let (kind, inner, rest) = self::value(values)?;
        match kind {
            SSL_VERSION => facts.version = text(inner),
            SSL_CIPHER => facts.cipher = text(inner),
            _ => {}
        }
        values = rest;
    }
    Ok(head[0] & CLIENT_SSL != 0)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The checksum, which ends at `end`, is that of the header with zeros in its own place.
fn check(header: &[u8], end: usize, sum: &[u8]) -> Result<(), Malformed> {
    let Ok(sum) = <[u8; 4]>::try_from(sum) else {
        return malformed("a checksum in a PROXY header has 4 bytes");
    };
    let (before, behind) = (&header[..end - sum.len()], &header[end..]);
    if crc32c(before.iter().chain(&[0; 4]).chain(behind)) == u32::from_be_bytes(sum) {
        return Ok(());
    }
    malformed("the checksum of a PROXY header is wrong")
}

/// CRC-32C (Castagnoli), as RFC 3720 section 12.1 has it. A header is short: no table.
fn crc32c<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let shifted = |sum: u32, _| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg());
    !bytes.fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), shifted))
}

pub(super) fn write(header: &ProxyHeader) -> Vec<u8> {
    let (family, block) = match &header.addresses {
        None => (0x00, Vec::new()),
        Some(ends) => block(&ends.source, &ends.destination),
    };
    let command = if header.addresses.is_none() && header.tls.is_none() { LOCAL } else { PROXY };
    let mut body = block;
    if let Some(tls) = &header.tls {
        write_tls(&mut body, tls);
    }
    let at = HEAD + body.len() + 3;
    push(&mut body, CRC32C, &[0; 4]);
    let mut out = [SIGNATURE, &[command, family]].concat();
    out.extend(length(body.len()).to_be_bytes());
    out.extend(body);
    let sum = crc32c(out.iter());
    out[at..at + 4].copy_from_slice(&sum.to_be_bytes());
    out
}

/// The family's byte and the addresses; those of different families cannot be told.
fn block(source: &Address, destination: &Address) -> (u8, Vec<u8>) {
    match (source, destination) {
        (Address::Tcp(SocketAddr::V4(from)), Address::Tcp(SocketAddr::V4(to))) => {
            (0x11, ends(&from.ip().octets(), &to.ip().octets(), from.port(), to.port()))
        }
        (Address::Tcp(SocketAddr::V6(from)), Address::Tcp(SocketAddr::V6(to))) => {
            (0x21, ends(&from.ip().octets(), &to.ip().octets(), from.port(), to.port()))
        }
        (Address::Unix(_) | Address::Unnamed, Address::Unix(_) | Address::Unnamed) => {
            (0x31, [path(source), path(destination)].concat())
        }
        _ => (0x00, Vec::new()),
    }
}

fn ends(source: &[u8], destination: &[u8], from: u16, to: u16) -> Vec<u8> {
    [source, destination, &from.to_be_bytes(), &to.to_be_bytes()].concat()
}

fn path(address: &Address) -> [u8; PATH] {
    let mut padded = [0; PATH];
    if let Address::Unix(path) = address {
        let bytes = path.as_os_str().as_bytes();
        let length = bytes.len().min(PATH);
        padded[..length].copy_from_slice(&bytes[..length]);
    }
    padded
}

fn write_tls(out: &mut Vec<u8>, facts: &TlsFacts) {
    if let Some(alpn) = &facts.alpn {
        push(out, ALPN, alpn);
    }
    if let Some(name) = &facts.server_name {
        push(out, AUTHORITY, name.as_bytes());
    }
    let mut inner = vec![CLIENT_SSL, 0, 0, 0, 0];
    push(&mut inner, SSL_VERSION, facts.version.as_bytes());
    push(&mut inner, SSL_CIPHER, facts.cipher.as_bytes());
    push(out, SSL, &inner);
}

/// Adds a value; one too long for its length's two bytes is cut.
fn push(out: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let length = length(value.len());
    out.push(kind);
    out.extend(length.to_be_bytes());
    out.extend(&value[..length.into()]);
}

fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

//! What we want to know of a certificate that rustls does not tell (RFC 5280).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use ring::digest::{self, Algorithm};

use crate::der::{BOOLEAN, Der, EXPLICIT, IMPLICIT, INTEGER, OBJECT, OCTETS, SEQUENCE, SET};

/// A certificate, read as far as we need it.
pub(crate) struct Certificate<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    key: &'a [u8],
    /// The contents of the extension subjectAltName.
    names: &'a [u8],
    /// The identifier of the signature's algorithm, and its parameters.
    signature: Der<'a>,
}

impl<'a> Certificate<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Der::new(der).sequence()?;
        let mut body = outer.sequence()?;
        let signature = outer.sequence()?;
        body.take(EXPLICIT); // version
        body.take(INTEGER)?; // serial number
        body.sequence()?; // signature algorithm, again
        let issuer = body.take(SEQUENCE)?.content;
        body.sequence()?; // validity
        let subject = body.take(SEQUENCE)?.content;
        let key = body.take(SEQUENCE)?.whole;
        body.take(IMPLICIT | 1);
        body.take(IMPLICIT | 2);
        let names = body.take(EXPLICIT | 3).and_then(|it| alternative_names(it.content));
        Some(Self { issuer, subject, key, names: names.unwrap_or_default(), signature })
    }

    /// The DER of subjectPublicKeyInfo.
    pub(crate) fn key(&self) -> &'a [u8] {
        self.key
    }

    /// The host names and addresses that it is for, as text.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let mut names = Der::new(self.names).sequence();
        std::iter::from_fn(move || names.as_mut()?.next()).filter_map(|name| match name.tag {
            DNS_NAME => Some(String::from_utf8_lossy(name.content).to_ascii_lowercase()),
            ADDRESS => address(name.content).map(|address| address.to_string()),
            _ => None,
        })
    }

    /// Its issuer's common name, or else its organisation.
    pub(crate) fn issuer(&self) -> Option<String> {
        attribute(self.issuer, COMMON_NAME).or_else(|| attribute(self.issuer, ORGANISATION))
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// The hash function of its signature, as `tls-server-end-point` wants it (RFC 5929, 4.1):
    /// SHA-256 in the place of MD5 and SHA-1; none where the signature has none of its own.
    fn hash(&self) -> Option<&'static Algorithm> {
        let mut signature = self.signature;
        match signature.take(OBJECT)?.content {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, which] => match which {
                4 | 5 | 11 => Some(&digest::SHA256),
                12 => Some(&digest::SHA384),
                13 => Some(&digest::SHA512),
                10 => pss_hash(signature),
                _ => None,
            },
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] | [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3] => {
                Some(&digest::SHA256)
            }
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, which] => match which {
                2 => Some(&digest::SHA256),
                3 => Some(&digest::SHA384),
                4 => Some(&digest::SHA512),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The channel binding `tls-server-end-point` (RFC 5929, section 4) of a server with this
/// certificate.
pub(crate) fn end_point(der: &[u8]) -> Option<Bytes> {
    let hash = Certificate::read(der)?.hash()?;
    Some(Bytes::copy_from_slice(digest::digest(hash, der).as_ref()))
}

/// RSASSA-PSS names its hash in its parameters, SHA-1 where it does not (RFC 4055).
fn pss_hash(mut signature: Der<'_>) -> Option<&'static Algorithm> {
    let mut parameters = signature.sequence()?;
    let Some(hash) = parameters.take(EXPLICIT) else { return Some(&digest::SHA256) };
    match Der::new(hash.content).sequence()?.take(OBJECT)?.content {
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] | [0x2b, 0x0e, 3, 2, 0x1a] => Some(&digest::SHA256),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => Some(&digest::SHA384),
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => Some(&digest::SHA512),
        _ => None,
    }
}

fn alternative_names(extensions: &[u8]) -> Option<&[u8]> {
    let mut extensions = Der::new(extensions).sequence()?;
    loop {
        let mut extension = extensions.sequence()?;
        if extension.take(OBJECT)?.content == ALTERNATIVE_NAMES {
            extension.take(BOOLEAN);
            return extension.take(OCTETS).map(|octets| octets.content);
        }
    }
}

fn attribute(name: &[u8], wanted: [u8; 3]) -> Option<String> {
    let mut parts = Der::new(name);
    loop {
        let mut part = Der::new(parts.take(SET)?.content).sequence()?;
        if part.take(OBJECT)?.content == wanted {
            return Some(String::from_utf8_lossy(part.next()?.content).into_owned());
        }
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    let six = || <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into());
    four.or_else(|_| six()).ok()
}

const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ORGANISATION: [u8; 3] = [0x55, 4, 10];
const ALTERNATIVE_NAMES: [u8; 3] = [0x55, 0x1d, 0x11];
const DNS_NAME: u8 = IMPLICIT | 2;
const ADDRESS: u8 = IMPLICIT | 7;

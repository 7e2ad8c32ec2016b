//! Keys known beforehand.

use std::{fmt, str::FromStr};

use ring::digest::{SHA256, digest};

use crate::{TlsError, certificate::Certificate};

/// The SHA-256 of a public key (of its subjectPublicKeyInfo, as in RFC 7469, section 2.4): a server
/// that proves to have this key is the right one.
///
/// The key is pinned and not the certificate, so that a pin outlives a renewal. As text it is 64
/// hexadecimal digits, with colons or without. OpenSSL tells that of a certificate:
///
/// ```sh
/// openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum
/// ```
///
/// ```
/// use ropewalk_tls::Pin;
///
/// let text = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// let pin: Pin = text.parse()?;
/// assert_eq!(pin.to_string(), text);
/// assert!("9f86".parse::<Pin>().is_err());
/// # Ok::<(), ropewalk_tls::TlsError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Pin([u8; 32]);

impl Pin {
    /// That of the key in a certificate, given in DER; `None` where it is no certificate.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let key = Certificate::read(certificate)?.key();
        digest(&SHA256, key).as_ref().try_into().ok().map(Self)
    }
}

impl From<[u8; 32]> for Pin {
    fn from(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }
}

impl FromStr for Pin {
    type Err = TlsError;

    fn from_str(text: &str) -> Result<Self, TlsError> {
        let mut pin = [0; 32];
        let mut digits = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16));
        let mut read = || {
            for byte in &mut pin {
                // Two digits of four bits are a byte.
                *byte = (digits.next()?? << 4 | digits.next()??) as u8;
            }
            digits.next().is_none().then_some(Self(pin))
        };
        read().ok_or_else(|| TlsError::Pin { pin: text.into() })
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

//! What can be wrong with a configuration.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a TLS configuration could not be made, or not be read again.
///
/// Each variant names the file (or says that it was given in memory) and what is wrong there. What
/// is wrong with a connection is a [`Reason::Layer`](ropewalk_protocol::Reason::Layer) instead.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file or folder could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A section of a PEM file is damaged.
    #[error("{place}, line {line}: {what}")]
    Pem {
        /// The file.
        place: String,
        /// Where the section begins, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// There is no certificate where one should be.
    #[error("{place}: there is no certificate in it")]
    NoCertificate {
        /// The file.
        place: String,
    },
    /// A certificate that cannot be read.
    #[error("{place}: certificate {number} cannot be used: {what}")]
    BadCertificate {
        /// The file.
        place: String,
        /// Which of those in the file, from 1.
        number: usize,
        /// What is wrong with it.
        what: String,
    },
    /// There is no private key where one should be.
    #[error("{place}: there is no private key in it")]
    NoKey {
        /// The file.
        place: String,
    },
    /// The private key is protected by a passphrase.
    #[error("{place}: the private key is encrypted; one without a passphrase is needed")]
    EncryptedKey {
        /// The file.
        place: String,
    },
    /// A private key that cannot be used.
    #[error("{place}: the private key cannot be used: {what}")]
    BadKey {
        /// The file.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// The private key is that of another certificate.
    #[error("{key}: the private key does not match the certificate in {certificate}")]
    KeyMismatch {
        /// The file of the key.
        key: String,
        /// The file of the certificate.
        certificate: String,
    },
    /// A folder of certificates has none.
    #[error("{}: there is no NAME.pem in it, and no NAME.crt with its NAME.key", path.display())]
    EmptyDirectory {
        /// The folder.
        path: PathBuf,
    },
    /// A certificate in a folder has no key beside it.
    #[error("{}: there is no {} beside it", path.display(), missing.display())]
    Unpaired {
        /// The file that is there.
        path: PathBuf,
        /// The file that is not.
        missing: PathBuf,
    },
    /// A server without a certificate.
    #[error("a server needs a certificate")]
    NoIdentity,
    /// The system's certificate authorities could not be read.
    #[error("the system's certificate authorities cannot be read: {what}")]
    Platform {
        /// Why.
        what: String,
    },
    /// A name that is neither a host's nor an IP address.
    #[error("`{name}` is neither a host name nor an IP address")]
    Name {
        /// The name.
        name: String,
    },
    /// A pin that is not 64 hexadecimal digits.
    #[error("`{pin}` is not a pin: it wants the 64 hexadecimal digits of a SHA-256")]
    Pin {
        /// The text.
        pin: String,
    },
    /// Something else that rustls refuses.
    #[error("{0}")]
    Refused(#[from] rustls::Error),
}

//! A certificate chain and its private key, from wherever they are kept.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use rustls::{
    Error,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::CertifiedKey,
};

use crate::{
    TlsError,
    certificate::{Certificate, end_point},
    pem::{Pem, place},
};

/// Where certificates and their private keys are: what a server (or a client that shows a
/// certificate) says who it is with.
///
/// Nothing is read before the configuration is [built](crate::ServerTlsBuilder::build), and
/// everything is read again by [`ServerTls::reload`](crate::ServerTls::reload).
///
/// ```
/// use ropewalk_tls::Identity;
///
/// let one = Identity::files("certs/irc.pem", "private/irc.key");
/// let many = Identity::directory("certs");
/// # let _ = (one, many);
/// ```
#[derive(Clone)]
pub struct Identity {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Files { chain: PathBuf, key: PathBuf },
    Directory(PathBuf),
    Pem { chain: Bytes, key: Bytes },
    Der { chain: Vec<Bytes>, key: Bytes },
}

impl Identity {
    /// A PEM file with the certificate and those that certify it, its own first, and a PEM file
    /// with the key. Both may be the same file.
    #[must_use]
    pub fn files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { source: Source::Files { chain: chain.into(), key: key.into() } }
    }

    /// Every `NAME.pem` of a folder, holding chain and key, and every `NAME.crt` with its
    /// `NAME.key`; other files are passed over. `NAME` says nothing but the order: `default`
    /// comes first, and then they come by name. What each is for is in its certificate.
    #[must_use]
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self { source: Source::Directory(path.into()) }
    }

    /// Chain and key as PEM in memory.
    #[must_use]
    pub fn pem(chain: impl Into<Bytes>, key: impl Into<Bytes>) -> Self {
        Self { source: Source::Pem { chain: chain.into(), key: key.into() } }
    }

    /// The chain as DER, its own certificate first, and the key as DER (PKCS #8, PKCS #1 or SEC1).
    #[must_use]
    pub fn der(chain: Vec<Bytes>, key: impl Into<Bytes>) -> Self {
        Self { source: Source::Der { chain, key: key.into() } }
    }

    /// Reads what there is; at least one.
    pub(crate) fn load(&self, loaded: &mut Vec<Loaded>) -> Result<(), TlsError> {
        match &self.source {
            Source::Files { chain, key } => loaded.push(Loaded::files(chain, key)?),
            Source::Directory(path) => load_directory(path, loaded)?,
            Source::Pem { chain, key } => {
                let certificates = Pem::read(chain, CHAIN)?.certificates(CHAIN)?;
                let key = Pem::read(key, KEY)?.take_key(KEY)?;
                loaded.push(Loaded::new(certificates, CHAIN, key, KEY)?);
            }
            Source::Der { chain, key } => {
                let certificates: Vec<_> = chain.iter().map(|der| der.to_vec().into()).collect();
                let key = PrivateKeyDer::try_from(key.to_vec())
                    .map_err(|what| TlsError::BadKey { place: KEY.into(), what: what.into() })?;
                loaded.push(Loaded::new(certificates, CHAIN, key, KEY)?);
            }
        }
        Ok(())
    }
}

/// Says where, and nothing of what is there.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Source::Files { chain, key } => {
                f.debug_struct("Identity").field("chain", chain).field("key", key).finish()
            }
            Source::Directory(path) => f.debug_tuple("Identity").field(path).finish(),
            Source::Pem { .. } | Source::Der { .. } => f.write_str("Identity(in memory)"),
        }
    }
}

/// A chain with its key, ready to sign.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) key: Arc<CertifiedKey>,
    /// Of its own certificate, in lower case.
    pub(crate) names: Vec<String>,
    pub(crate) end_point: Option<Bytes>,
}

impl Loaded {
    fn files(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let mut pem = Pem::file(chain)?;
        let secret = if chain == key {
            pem.take_key(&place(key))?
        } else {
            Pem::file(key)?.take_key(&place(key))?
        };
        Self::new(pem.certificates(&place(chain))?, &place(chain), secret, &place(key))
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        chain_place: &str,
        key: PrivateKeyDer<'static>,
        key_place: &str,
    ) -> Result<Self, TlsError> {
        let bad = |index, what: String| TlsError::BadCertificate {
            place: chain_place.into(),
            number: index + 1,
            what,
        };
        for (index, der) in chain.iter().enumerate() {
            if Certificate::read(der).is_none() {
                return Err(bad(index, "it is not an X.509 certificate".into()));
            }
        }
        let own =
            chain.first().ok_or_else(|| TlsError::NoCertificate { place: chain_place.into() })?;
        let names = Certificate::read(own).map_or_else(Vec::new, |own| own.names().collect());
        let end_point = end_point(own);
        let signing = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|error| {
            TlsError::BadKey { place: key_place.into(), what: error.to_string() }
        })?;
        let key = CertifiedKey::new(chain, signing);
        match key.keys_match() {
            Ok(()) => Ok(Self { key: Arc::new(key), names, end_point }),
            Err(Error::InconsistentKeys(_)) => Err(TlsError::KeyMismatch {
                key: key_place.into(),
                certificate: chain_place.into(),
            }),
            Err(error) => Err(bad(0, error.to_string())),
        }
    }
}

fn load_directory(folder: &Path, loaded: &mut Vec<Loaded>) -> Result<(), TlsError> {
    let failed = |source| TlsError::Read { path: folder.into(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|kind| kind == "pem" || kind == "crt") {
            files.push(path);
        }
    }
    files.sort_by_key(|path| (path.file_stem().is_none_or(|stem| stem != "default"), path.clone()));
    if files.is_empty() {
        return Err(TlsError::EmptyDirectory { path: folder.into() });
    }
    for path in files {
        let key = match path.extension() {
            Some(kind) if kind == "crt" => path.with_extension("key"),
            _ => path.clone(),
        };
        if !key.exists() {
            return Err(TlsError::Unpaired {
                missing: key.file_name().unwrap_or_default().into(),
                path,
            });
        }
        loaded.push(Loaded::files(&path, &key)?);
    }
    Ok(())
}

const CHAIN: &str = "the certificate given in memory";
const KEY: &str = "the key given in memory";

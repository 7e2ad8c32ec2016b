//! Certificate authorities that are trusted.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use rustls::{RootCertStore, pki_types::CertificateDer};

use crate::{
    TlsError,
    pem::{Pem, place},
};

/// Certificate authorities: those that a client trusts to vouch for servers, or a server to vouch
/// for clients.
///
/// ```
/// use ropewalk_tls::Roots;
///
/// let company = Roots::platform().and(Roots::file("certs/company-ca.pem"));
/// # let _ = company;
/// ```
#[derive(Clone, Debug)]
pub struct Roots {
    sources: Vec<Source>,
}

#[derive(Clone)]
enum Source {
    Platform,
    File(PathBuf),
    Pem(Bytes),
    Der(Bytes),
}

impl Roots {
    /// Those of the system; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    #[must_use]
    pub fn platform() -> Self {
        Self { sources: vec![Source::Platform] }
    }

    /// Every certificate of a PEM file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { sources: vec![Source::File(path.into())] }
    }

    /// Every certificate of a PEM text.
    #[must_use]
    pub fn pem(text: impl Into<Bytes>) -> Self {
        Self { sources: vec![Source::Pem(text.into())] }
    }

    /// One certificate in DER.
    #[must_use]
    pub fn der(certificate: impl Into<Bytes>) -> Self {
        Self { sources: vec![Source::Der(certificate.into())] }
    }

    /// These and the others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.sources.extend(others.sources);
        self
    }

    pub(crate) fn load(&self) -> Result<Arc<RootCertStore>, TlsError> {
        let mut store = RootCertStore::empty();
        for source in &self.sources {
            match source {
                Source::Platform => add_platform(&mut store)?,
                Source::File(path) => {
                    let place = place(path);
                    add(&mut store, Pem::file(path)?.certificates(&place)?, &place)?;
                }
                Source::Pem(text) => {
                    add(&mut store, Pem::read(text, MEMORY)?.certificates(MEMORY)?, MEMORY)?;
                }
                Source::Der(der) => add(&mut store, vec![der.to_vec().into()], MEMORY)?,
            }
        }
        Ok(Arc::new(store))
    }
}

fn add(
    store: &mut RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
    place: &str,
) -> Result<(), TlsError> {
    for (index, certificate) in certificates.into_iter().enumerate() {
        store.add(certificate).map_err(|error| TlsError::BadCertificate {
            place: place.into(),
            number: index + 1,
            what: error.to_string(),
        })?;
    }
    Ok(())
}

/// A system may have certificates that we cannot use beside those that we can.
fn add_platform(store: &mut RootCertStore) -> Result<(), TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = store.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(());
    }
    let first = found.errors.first().map(ToString::to_string);
    let what = first.unwrap_or_else(|| "there are none".into());
    Err(TlsError::Platform { what })
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Platform => f.write_str("Platform"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Pem(_) | Self::Der(_) => f.write_str("InMemory"),
        }
    }
}

const MEMORY: &str = "the certificate authorities given in memory";

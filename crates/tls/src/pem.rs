//! Certificates and keys from PEM, with the line where something is wrong.

use std::{fs, path::Path};

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{Error, PemObject, SectionKind},
};

use crate::TlsError;

/// What a PEM file has for us, in its order; other sections are passed over.
#[derive(Default)]
pub(crate) struct Pem {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// The first one.
    pub(crate) key: Option<PrivateKeyDer<'static>>,
    has_encrypted_key: bool,
}

impl Pem {
    /// Reads a file; `place` in errors is its path.
    pub(crate) fn file(path: &Path) -> Result<Self, TlsError> {
        let text = fs::read(path).map_err(|source| TlsError::Read { path: path.into(), source })?;
        Self::read(&text, &place(path))
    }

    pub(crate) fn read(text: &[u8], place: &str) -> Result<Self, TlsError> {
        let mut pem = Self::default();
        for (line, section) in sections(text) {
            if contains(section, b"ENCRYPTED") {
                pem.has_encrypted_key = true;
                continue;
            }
            match <(SectionKind, Vec<u8>)>::from_pem_slice(section) {
                Ok((SectionKind::Certificate, der)) => pem.certificates.push(der.into()),
                Ok((kind, der)) => pem.key = pem.key.or_else(|| PrivateKeyDer::from_pem(kind, der)),
                Err(Error::NoItemsFound) => {}
                Err(error) => {
                    return Err(TlsError::Pem { place: place.into(), line, what: words(error) });
                }
            }
        }
        Ok(pem)
    }

    /// The certificates, of which there has to be one.
    pub(crate) fn certificates(
        self,
        place: &str,
    ) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        if self.certificates.is_empty() {
            return Err(TlsError::NoCertificate { place: place.into() });
        }
        Ok(self.certificates)
    }

    /// The key, of which there has to be one.
    pub(crate) fn take_key(&mut self, place: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
        let place = place.to_owned();
        match self.key.take() {
            Some(key) => Ok(key),
            None if self.has_encrypted_key => Err(TlsError::EncryptedKey { place }),
            None => Err(TlsError::NoKey { place }),
        }
    }
}

/// How errors call a file.
pub(crate) fn place(path: &Path) -> String {
    path.display().to_string()
}

/// Each section with the line it begins on, up to where the next one begins.
fn sections(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let starts: Vec<usize> = text
        .windows(BEGIN.len())
        .enumerate()
        .filter(|(at, part)| *part == BEGIN && (*at == 0 || text[at - 1] == b'\n'))
        .map(|(at, _)| at)
        .collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    let mut line = 1;
    let mut counted = 0;
    starts.into_iter().zip(ends).map(move |(start, end)| {
        line += text[counted..start].iter().filter(|byte| **byte == b'\n').count();
        counted = start;
        (line, &text[start..end])
    })
}

fn words(error: Error) -> String {
    match error {
        Error::MissingSectionEnd { end_marker } => {
            format!("the section has no line -----END {}-----", end_marker.escape_ascii())
        }
        Error::IllegalSectionStart { .. } => "the section begins with a broken line".into(),
        Error::Base64Decode(_) => "the section is not base64".into(),
        other => other.to_string(),
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

const BEGIN: &[u8] = b"-----BEGIN";

//! How a client decides whether it talks to the right server.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::{Pin, refusal};

/// By roots, by pinned keys, or by both; notes what did not match.
#[derive(Debug)]
pub(crate) struct Verifier {
    roots: Option<Arc<WebPkiServerVerifier>>,
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(crate) fn new(
        roots: Option<Arc<WebPkiServerVerifier>>,
        pins: Vec<Pin>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        Self { roots, pins, algorithms }
    }

    fn check_pins(&self, end_entity: &CertificateDer<'_>) -> Result<(), Error> {
        let got = Pin::of(end_entity).ok_or(CertificateError::BadEncoding)?;
        if self.pins.is_empty() || self.pins.contains(&got) {
            return Ok(());
        }
        let expected: Vec<String> = self.pins.iter().map(ToString::to_string).collect();
        let what = format!("pinned key {} expected, got {got}", expected.join(" or "));
        Err(CertificateError::Other(OtherError(Arc::from(Box::from(what)))).into())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by_roots = self.roots.as_ref().map_or(Ok(()), |roots| {
            roots
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop)
        });
        let verified = by_roots.and_then(|()| self.check_pins(end_entity));
        verified.inspect_err(|error| refusal::note(error, end_entity))?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

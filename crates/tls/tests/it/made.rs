//! Certificates for tests.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SignatureAlgorithm,
};
use ropewalk_tls::{ClientTls, ClientTlsBuilder, Identity, Roots, ServerTls, ServerTlsBuilder};

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key.
pub(crate) struct Made {
    pub(crate) der: Vec<u8>,
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::pem(self.pem.clone())
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for these names.
    pub(crate) fn made(&self, names: &[&str]) -> Made {
        self.made_with(names, |_| {})
    }

    pub(crate) fn made_with(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Made {
        self.made_by(&rcgen::PKCS_ECDSA_P256_SHA256, names, change)
    }

    pub(crate) fn made_by(
        &self,
        algorithm: &'static SignatureAlgorithm,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Made {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut params = params(names);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (der, chain) = (certificate.der().to_vec(), certificate.pem());
        Made { der, chain, key: key.serialize_pem() }
    }

    /// A client that trusts this authority alone.
    pub(crate) fn client(&self) -> ClientTlsBuilder {
        ClientTls::builder().roots(self.roots())
    }
}

impl Made {
    /// A certificate that nobody vouches for.
    pub(crate) fn alone(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names).self_signed(&key).unwrap();
        let (der, chain) = (certificate.der().to_vec(), certificate.pem());
        Self { der, chain, key: key.serialize_pem() }
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::pem(self.chain.clone(), self.key.clone())
    }

    pub(crate) fn server(&self) -> ServerTlsBuilder {
        ServerTls::builder().identity(self.identity())
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params
}

//! Which certificate a server shows, by the name that the client asks for.

use std::{collections::HashMap, sync::Arc};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::identity::Loaded;

/// A server's certificates. The name alone decides, so that it is known afterwards which it was.
#[derive(Debug)]
pub(crate) struct Chooser {
    /// At least one; the first is for those that ask for no name, or for one that nobody has.
    identities: Vec<Loaded>,
    by_name: HashMap<String, usize>,
}

impl Chooser {
    /// Of at least one certificate.
    pub(crate) fn new(identities: Vec<Loaded>) -> Option<Self> {
        let mut by_name = HashMap::new();
        for (index, identity) in identities.iter().enumerate() {
            for name in &identity.names {
                by_name.entry(name.clone()).or_insert(index);
            }
        }
        (!identities.is_empty()).then_some(Self { identities, by_name })
    }

    /// The exact name, then the wildcard for its first label, then the default (RFC 6066,
    /// section 3; RFC 9525, section 6.3).
    pub(crate) fn choose(&self, name: Option<&str>) -> &Loaded {
        let index = name.and_then(|name| {
            let name = name.to_ascii_lowercase();
            self.by_name.get(&name).or_else(|| {
                let (_, parent) = name.split_once('.')?;
                self.by_name.get(&format!("*.{parent}"))
            })
        });
        &self.identities[index.copied().unwrap_or(0)]
    }
}

impl ResolvesServerCert for Chooser {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.choose(hello.server_name()).key))
    }
}

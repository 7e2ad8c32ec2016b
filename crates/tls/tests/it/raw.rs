//! The other end as bare rustls, for what our own never does.

use std::{io::Read, sync::Arc};

use ropewalk_protocol::{Filtered, Protocol};
use ropewalk_testkit::Harness;
use ropewalk_tls::Tls;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{
    ends::{Log, Speaker, Stack},
    made::Authority,
};

/// Bare rustls on one side, a server of ours on the other.
pub(crate) struct Raw {
    pub(crate) client: ClientConnection,
    pub(crate) server: Harness<Stack>,
    pub(crate) log: Log,
    /// Every byte that the server sent.
    pub(crate) sent: Vec<u8>,
}

pub(crate) fn config(
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl Raw {
    pub(crate) fn new(config: ClientConfig, server: Tls) -> Self {
        let name = "a.example".try_into().unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let (speaker, log) = Speaker::new();
        let server = Harness::new(Filtered::around(server, speaker));
        let mut raw = Self { client, server, log, sent: Vec::new() };
        raw.run();
        raw
    }

    /// Carries bytes until none are left; gives what the client could read.
    pub(crate) fn run(&mut self) -> Vec<u8> {
        let mut read = Vec::new();
        loop {
            let mut out = Vec::new();
            while self.client.wants_write() {
                self.client.write_tls(&mut out).unwrap();
            }
            if !out.is_empty() {
                self.server.feed(&out);
            }
            let written = self.server.written();
            if out.is_empty() && written.is_empty() {
                break;
            }
            self.sent.extend(&written);
            let mut unread = &written[..];
            while !unread.is_empty() && self.client.read_tls(&mut unread).unwrap() > 0 {
                // What rustls finds wrong it says to the server by an alert.
                let _ = self.client.process_new_packets();
                let _ = self.client.reader().read_to_end(&mut read);
            }
        }
        read
    }
}

/// The type and the length of each record in what was sent.
pub(crate) fn records(mut sent: &[u8]) -> Vec<(u8, usize)> {
    let mut records = Vec::new();
    while let [kind, _, _, high, low, rest @ ..] = sent {
        let length = usize::from(*high) << 8 | usize::from(*low);
        records.push((*kind, length));
        sent = &rest[length..];
    }
    assert!(sent.is_empty(), "half a record");
    records
}

/// The filter of a stack.
pub(crate) fn filter<P: Protocol>(
    end: &Harness<Filtered<Tls, ropewalk_protocol::Given<P>>>,
) -> &Tls {
    end.protocol().filter()
}

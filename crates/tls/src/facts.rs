//! What a handshake settled.

use bytes::Bytes;
use ropewalk_protocol::TlsFacts;
use rustls::{
    ClientConnection, CommonState, ProtocolVersion, ServerConnection, pki_types::ServerName,
};

use crate::{certificate::end_point, chooser::Chooser};

pub(crate) fn of_server(connection: &ServerConnection, chooser: &Chooser) -> TlsFacts {
    let name = connection.server_name();
    let mut facts = of_both(connection);
    facts.server_name = name.map(str::to_owned);
    facts.server_end_point.clone_from(&chooser.choose(name).end_point);
    facts.exporter = connection.export_keying_material([0; 32], LABEL, CONTEXT).ok();
    facts
}

pub(crate) fn of_client(connection: &ClientConnection, name: &ServerName<'_>) -> TlsFacts {
    let mut facts = of_both(connection);
    if let ServerName::DnsName(name) = name {
        facts.server_name = Some(name.as_ref().to_owned());
    }
    facts.server_end_point = facts.certificates.first().and_then(|own| end_point(own));
    facts.exporter = connection.export_keying_material([0; 32], LABEL, CONTEXT).ok();
    facts
}

fn of_both(connection: &CommonState) -> TlsFacts {
    let mut facts = TlsFacts::default();
    facts.version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".into(),
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".into(),
        other => format!("{other:?}"),
    };
    let suite = connection.negotiated_cipher_suite();
    let suite = suite.map_or_else(String::new, |suite| format!("{:?}", suite.suite()));
    // rustls tells TLS 1.3's apart by a prefix of its own.
    facts.cipher = suite.replacen("TLS13_", "TLS_", 1);
    facts.alpn = connection.alpn_protocol().map(Bytes::copy_from_slice);
    let certificates = connection.peer_certificates().unwrap_or_default();
    facts.certificates = certificates.iter().map(|der| Bytes::copy_from_slice(der)).collect();
    facts
}

/// RFC 9266, section 2. Both versions of TLS that we speak are fit for it: 1.3 as it is, and 1.2
/// because we insist on extended master secrets and never renegotiate (section 4.2).
const LABEL: &[u8] = b"EXPORTER-Channel-Binding";
/// Of no length, but there: in TLS 1.2 that is not the same as none (RFC 5705, section 4).
const CONTEXT: Option<&[u8]> = Some(&[]);

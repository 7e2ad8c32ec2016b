//! What a handshake settles, and when the protocol above is made.

use std::time::Duration;

use ring::digest::{SHA256, SHA384, digest};
use ropewalk_protocol::{Filtered, factory};
use ropewalk_testkit::Harness;
use ropewalk_tls::ClientCertificates;
use rustls::version::{TLS12, TLS13};

use crate::{
    ends::{Ends, Order, Speaker},
    made::{Authority, Made},
    raw::{Raw, config, filter},
};

#[test]
fn both_ends_are_told_the_same() {
    let authority = Authority::new("Test CA");
    let made = authority.made(&["a.example"]);
    let server = made.server().alpn(["xmpp-server", "irc"]).build().unwrap();
    let client = authority.client().alpn(["irc", "http/1.1"]).build().unwrap();
    let ends = Ends::shaken(&client, "a.example", &server);
    let (ours, theirs) = (ends.client.facts(), ends.server.facts());
    for facts in [&ours, &theirs] {
        assert_eq!(facts.version, "TLSv1.3");
        assert_eq!(facts.cipher, "TLS_AES_256_GCM_SHA384");
        assert_eq!(facts.alpn.as_deref(), Some(&b"irc"[..]));
        assert_eq!(facts.server_name.as_deref(), Some("a.example"));
        let end_point = facts.server_end_point.as_deref();
        assert_eq!(end_point, Some(digest(&SHA256, &made.der).as_ref()));
        assert!(facts.exporter.is_some_and(|exporter| exporter != [0; 32]));
    }
    assert_eq!(ours.exporter, theirs.exporter);
    assert_eq!(ends.client.shown(), made.der);
    assert!(theirs.certificates.is_empty());
    let again = Ends::shaken(&client, "a.example", &server);
    assert_ne!(again.server.facts().exporter, theirs.exporter, "each connection has its own");
}

/// RFC 5929, section 4.1: the hash is that of the certificate's signature, SHA-256 at least, and
/// the binding is undefined where the signature has no hash of its own.
#[test]
fn the_end_point_is_hashed_as_the_certificate_is_signed() {
    use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
    for (algorithm, hash) in [
        (&PKCS_ECDSA_P256_SHA256, Some(&SHA256)),
        (&PKCS_ECDSA_P384_SHA384, Some(&SHA384)),
        (&PKCS_ED25519, None),
    ] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        let made = params.self_signed(&key).unwrap();
        let der = made.der().to_vec();
        let made = Made { der: der.clone(), chain: made.pem(), key: key.serialize_pem() };
        let server = made.server().build().unwrap();
        let pin = ropewalk_tls::Pin::of(&der).unwrap();
        let client = ropewalk_tls::ClientTls::builder().pin(pin).build().unwrap();
        let ends = Ends::shaken(&client, "a.example", &server);
        let expected = hash.map(|hash| digest(hash, &der).as_ref().to_vec());
        assert_eq!(ends.server.facts().server_end_point.as_deref(), expected.as_deref());
        assert_eq!(ends.client.facts().server_end_point, ends.server.facts().server_end_point);
    }
}

#[test]
fn tls_1_2_is_spoken_and_has_its_bindings_too() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let mut raw = Raw::new(config(&authority, &TLS12), server.filter());
    let facts = raw.log.facts();
    assert_eq!(facts.version, "TLSv1.2");
    assert_eq!(facts.cipher, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    // RFC 9266, section 2: a context of no length, which in TLS 1.2 is not the same as none.
    let export = |context| {
        raw.client.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", context).ok()
    };
    assert_eq!(facts.exporter, export(Some(&[][..])));
    assert_ne!(facts.exporter, export(None));
    crate::ends::tell(&mut raw.server, [Order::Write(b"hello".to_vec())]);
    assert_eq!(raw.run(), b"hello");
}

#[test]
fn a_version_can_be_refused() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().only_tls13().build().unwrap();
    let mut raw = Raw::new(config(&authority, &TLS12), server.filter());
    raw.server.end();
    let lost = raw.server.lost().unwrap().to_string();
    assert_eq!(lost, "tls: no version of TLS in common with the client");
    let raw = Raw::new(config(&authority, &TLS13), server.filter());
    assert!(filter(&raw.server).is_secure());
}

/// RFC 7627, section 5.4, and RFC 9266, section 4.2.
#[test]
fn tls_1_2_wants_extended_master_secrets() {
    // A ClientHello of TLS 1.2 without the extension.
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend([0, 2, 0xc0, 0x2b]); // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    body.extend([1, 0]);
    let extensions = [
        &[0, 10, 0, 4, 0, 2, 0, 0x17][..], // secp256r1
        &[0, 11, 0, 2, 1, 0],              // uncompressed points
        &[0, 13, 0, 4, 0, 2, 4, 3],        // ecdsa_secp256r1_sha256
    ]
    .concat();
    body.extend([0, extensions.len() as u8]);
    body.extend(extensions);
    let mut hello = vec![22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
    hello.extend(body);
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let mut harness = Harness::new(Filtered::around(server.filter(), Speaker::new().0));
    harness.feed(&hello);
    harness.end();
    let lost = harness.lost().unwrap().to_string();
    assert_eq!(lost, "tls: the client speaks TLS 1.2 without extended master secret");
}

#[test]
fn what_is_above_is_made_after_the_handshake_and_may_refuse() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let refuses = factory(|peer: &ropewalk_protocol::Peer| {
        assert_eq!(peer.tls.as_ref().unwrap().server_name.as_deref(), Some("a.example"));
        None::<Speaker>
    });
    let client = authority.client().build().unwrap();
    let (speaker, log) = Speaker::new();
    let client = Harness::new(Filtered::around(client.filter("a.example").unwrap(), speaker));
    let server = Harness::new(Filtered::new(server.filter(), refuses));
    let mut pair = ropewalk_testkit::Pair::of(client, server, Duration::ZERO);
    assert!(pair.b.protocol().inner().is_none());
    pair.run();
    assert!(pair.b.has_ended());
    assert_eq!(log.events(), "made eof", "it says goodbye in good order");
}

#[test]
fn configurations_and_filters_may_go_to_other_threads() {
    fn check<T: Send + Sync>() {}
    check::<ropewalk_tls::ServerTls>();
    check::<ropewalk_tls::ClientTls>();
    check::<ropewalk_tls::Tls>();
    check::<ropewalk_tls::TlsError>();
}

#[test]
fn a_client_certificate_is_asked_for_and_told() {
    let authority = Authority::new("Test CA");
    let made = authority.made(&["a.example"]);
    let own = authority.made(&["user.example"]);
    let plain = authority.client().build().unwrap();
    let showing = authority.client().identity(own.identity()).build().unwrap();
    let required = ClientCertificates::Required(authority.roots());
    let optional = ClientCertificates::Optional(authority.roots());
    for (clients, client, shown) in [
        (required, &showing, true),
        (optional.clone(), &showing, true),
        (optional, &plain, false),
        (ClientCertificates::None, &showing, false),
    ] {
        let server = made.server().client_certificates(clients).build().unwrap();
        let ends = Ends::shaken(client, "a.example", &server);
        let expected: &[Vec<u8>] = if shown { std::slice::from_ref(&own.der) } else { &[] };
        assert_eq!(ends.server.facts().certificates, expected);
    }
}

#[test]
fn a_server_that_goes_by_fingerprints_takes_any_certificate() {
    let authority = Authority::new("Test CA");
    let own = Made::alone(&["somebody"]);
    let server = authority.made(&["a.example"]).server();
    let server = server.client_certificates(ClientCertificates::Unverified).build().unwrap();
    let client = authority.client().identity(own.identity()).build().unwrap();
    let ends = Ends::shaken(&client, "a.example", &server);
    assert_eq!(ends.server.facts().certificates, [own.der]);
    let nameless = authority.client().build().unwrap();
    let ends = Ends::shaken(&nameless, "a.example", &server);
    assert!(ends.server.facts().certificates.is_empty());
}

#[test]
fn an_address_is_a_name_too_and_is_not_asked_for() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["192.0.2.1", "::1"]).server().build().unwrap();
    let client = authority.client().build().unwrap();
    for name in ["192.0.2.1", "::1"] {
        let ends = Ends::shaken(&client, name, &server);
        assert_eq!(ends.server.facts().server_name, None);
        assert_eq!(ends.client.facts().server_name, None);
    }
    let error = client.filter("no name").unwrap_err().to_string();
    assert_eq!(error, "`no name` is neither a host name nor an IP address");
}

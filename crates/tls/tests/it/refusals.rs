//! Refusals name what did not match, at both ends.

use std::time::Duration;

use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use ropewalk_protocol::Filtered;
use ropewalk_testkit::{Harness, every_cut_by};
use ropewalk_tls::{ClientCertificates, ClientTls, Pin, ServerTls};

use crate::{
    ends::{Ends, Speaker},
    made::{Authority, Made},
};

/// What client and server hear when a client that trusts `authority` meets this certificate.
fn heard(authority: &Authority, made: &Made, name: &str) -> (String, String) {
    let client = authority.client().build().unwrap();
    met(&client, name, &made.server().build().unwrap())
}

fn met(client: &ClientTls, name: &str, server: &ServerTls) -> (String, String) {
    let ends = Ends::shaken(client, name, server);
    // The protocols hear it too, also where none was ever opened.
    assert_eq!((ends.client_lost(), ends.server_lost()), (ends.client.lost(), ends.server.lost()));
    (ends.client_lost(), ends.server_lost())
}

#[test]
fn another_name_is_named_with_those_of_the_certificate() {
    let authority = Authority::new("Test CA");
    let made = authority.made(&["a.example", "*.b.example", "192.0.2.1"]);
    let (client, server) = heard(&authority, &made, "c.example");
    let names = "a.example, *.b.example, 192.0.2.1";
    assert_eq!(client, format!("tls: the server's certificate is for {names}, not for c.example"));
    assert_eq!(server, "tls: the peer refused our certificate: bad certificate");
    let (client, _) = heard(&authority, &made, "192.0.2.7");
    assert_eq!(client, format!("tls: the server's certificate is for {names}, not for 192.0.2.7"));
    let (client, _) = heard(&authority, &authority.made(&[]), "c.example");
    assert_eq!(client, "tls: the server's certificate names no host, so it is not for c.example");
}

#[test]
fn a_certificate_with_many_names_does_not_fill_the_log() {
    let authority = Authority::new("Test CA");
    let names: Vec<String> = (0..100).map(|number| format!("n{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (client, _) = heard(&authority, &authority.made(&names), "c.example");
    assert!(client.ends_with("n6.example, n7.example, others, not for c.example"), "{client}");
}

#[test]
fn dates_are_named() {
    let authority = Authority::new("Test CA");
    let made = authority.made_with(&["a.example"], |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2024, 2, 29);
    });
    let (client, server) = heard(&authority, &made, "a.example");
    assert_eq!(client, "tls: the server's certificate expired on 2024-02-29 00:00 UTC");
    assert_eq!(server, "tls: the peer refused our certificate: certificate expired");
    let made = authority.made_with(&["a.example"], |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    });
    let (client, _) = heard(&authority, &made, "a.example");
    assert_eq!(client, "tls: the server's certificate is valid only from 4000-01-01 00:00 UTC on");
}

#[test]
fn an_unknown_authority_is_named() {
    let (ours, theirs) = (Authority::new("Test CA"), Authority::new("Other\n\x1b[1mCA"));
    let (client, server) = heard(&ours, &theirs.made(&["a.example"]), "a.example");
    let why = r"not signed by a known authority (issuer Other\n\u{1b}[1mCA)";
    assert_eq!(client, format!("tls: the server's certificate is {why}"));
    assert_eq!(server, "tls: the peer refused our certificate: unknown ca");
    let (client, _) = heard(&ours, &Made::alone(&["a.example"]), "a.example");
    let why =
        "signed by itself, and not signed by a known authority (issuer rcgen self signed cert)";
    assert_eq!(client, format!("tls: the server's certificate is {why}"));
    // The same name, another key.
    let (client, _) = heard(&ours, &Authority::new("Test CA").made(&["a.example"]), "a.example");
    assert!(client.starts_with("tls: the server's certificate "), "{client}");
}

#[test]
fn a_purpose_is_named() {
    let authority = Authority::new("Test CA");
    let made = authority.made_with(&["a.example"], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let (client, server) = heard(&authority, &made, "a.example");
    assert_eq!(client, "tls: the server's certificate is not made for server authentication");
    assert_eq!(server, "tls: the peer refused our certificate: unsupported certificate");
}

#[test]
fn pins_are_named_and_can_be_all_or_on_top() {
    let authority = Authority::new("Test CA");
    let (made, other) = (authority.made(&["a.example"]), authority.made(&["a.example"]));
    let (right, wrong) = (Pin::of(&made.der).unwrap(), Pin::of(&other.der).unwrap());
    let server = made.server().build().unwrap();
    let client = ClientTls::builder().pin(wrong).build().unwrap();
    let (client, heard) = met(&client, "a.example", &server);
    let why = format!("pinned key {wrong} expected, got {right}");
    assert_eq!(client, format!("tls: the server's certificate is not the expected one: {why}"));
    assert_eq!(heard, "tls: the peer refused our certificate: certificate unknown");

    // One of several is enough, and neither name nor issuer matters.
    let client = ClientTls::builder().pin(wrong).pin(right).build().unwrap();
    let ends = Ends::shaken(&client, "elsewhere.example", &server);
    assert_eq!(ends.client.facts().version, "TLSv1.3");
    // With roots, both must hold.
    let client = authority.client().pin(right).build().unwrap();
    assert!(met(&client, "elsewhere.example", &server).0.contains("not for elsewhere.example"));
    let client = authority.client().pin(wrong).build().unwrap();
    assert!(met(&client, "a.example", &server).0.contains("pinned key"));
}

#[test]
fn a_client_certificate_that_is_missing_or_bad_is_named_at_both_ends() {
    let (ours, theirs) = (Authority::new("Test CA"), Authority::new("Other CA"));
    let required = ClientCertificates::Required(ours.roots());
    let server = ours.made(&["a.example"]).server();
    let server = server.client_certificates(required).build().unwrap();
    let (client, heard) = met(&ours.client().build().unwrap(), "a.example", &server);
    assert_eq!(heard, "tls: the client showed no certificate");
    assert_eq!(client, "tls: the peer wants a certificate: certificate required");
    let own = theirs.made(&["user"]).identity();
    let client = ours.client().identity(own).build().unwrap();
    let (client, heard) = met(&client, "a.example", &server);
    let why = "not signed by a known authority (issuer Other CA)";
    assert_eq!(heard, format!("tls: the client's certificate is {why}"));
    assert_eq!(client, "tls: the peer refused our certificate: unknown ca");
}

/// RFC 7301, section 3.2.
#[test]
fn protocols_without_one_in_common_are_named() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().alpn(["irc", "h2"]).build().unwrap();
    let client = authority.client().alpn(["xmpp-client"]).build().unwrap();
    let (client, heard) = met(&client, "a.example", &server);
    assert_eq!(heard, "tls: no application protocol in common; ours: irc, h2");
    assert_eq!(client, "tls: the peer gave up: no application protocol");
    // A client that offers none is let in.
    let ends = Ends::shaken(&authority.client().build().unwrap(), "a.example", &server);
    assert_eq!(ends.server.facts().alpn, None);
}

fn server() -> Harness<crate::ends::Stack> {
    let server = Made::alone(&["a.example"]).server().build().unwrap();
    Harness::new(Filtered::around(server.filter(), Speaker::new().0))
}

#[test]
fn what_is_not_tls_is_answered_with_an_alert_however_it_is_cut() {
    let outcome = every_cut_by(b"NICK somebody\r\nUSER somebody 0 * :Some Body\r\n", |pieces| {
        let mut server = server();
        pieces.iter().for_each(|piece| server.feed(piece));
        server.end();
        (server.written(), server.lost().unwrap().to_string())
    });
    assert_eq!(outcome.0, [21, 3, 3, 0, 2, 2, 50], "a fatal alert: decode error");
    assert_eq!(outcome.1, "tls: the client sent what is not TLS: invalid content type");
}

#[test]
fn a_handshake_has_ten_seconds() {
    let mut server = server();
    server.advance(Duration::from_millis(9_999));
    assert!(!server.has_ended());
    server.advance(Duration::from_millis(1));
    assert!(server.has_ended());
    server.end();
    assert_eq!(server.lost().unwrap().to_string(), "tls: no handshake within 10s");

    let limit = Duration::from_secs(3);
    let client = ClientTls::builder().pin([0; 32].into()).handshake_timeout(limit).build().unwrap();
    let client = client.filter("a.example").unwrap();
    let mut client = Harness::new(Filtered::around(client, Speaker::new().0));
    client.advance(limit);
    client.end();
    assert_eq!(client.lost().unwrap().to_string(), "tls: no handshake within 3s");
}

#[test]
fn a_connection_that_stands_has_no_deadline() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let mut ends = Ends::shaken(&authority.client().build().unwrap(), "a.example", &server);
    ends.pair.advance(Duration::from_secs(11));
    assert!(ends.pair.a.lost().is_none() && ends.pair.b.lost().is_none());
}

#[test]
fn a_handshake_has_60_kib() {
    let mut server = server();
    // A ClientHello that says it is 65,535 bytes long, and begins to be.
    let mut hello = vec![1, 0, 0xff, 0xff];
    hello.resize(65_535, 0);
    for (index, fragment) in hello.chunks(15_000).enumerate() {
        assert!(!server.has_ended(), "after {index} fragments");
        let length = fragment.len() as u16;
        server.feed(&[&[22, 3, 1][..], &length.to_be_bytes(), fragment].concat());
    }
    server.end();
    let lost = server.lost().unwrap().to_string();
    assert!(lost.starts_with("tls: handshake of 6"), "{lost}");
    assert!(lost.ends_with(" bytes is longer than the limit of 61440"), "{lost}");
}

#[test]
fn a_peer_that_hangs_up_during_the_handshake_is_no_mystery() {
    let mut server = server();
    server.feed(&[22, 3, 1]);
    server.end();
    let lost = server.lost().unwrap().to_string();
    assert_eq!(lost, "tls: the peer hung up during the handshake");
}

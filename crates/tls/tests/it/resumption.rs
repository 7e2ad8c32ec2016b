//! Sessions that are taken up again.

use ropewalk_tls::{ClientCertificates, ClientTls, ServerTls};
use rustls::version::TLS12;

use crate::{
    ends::Ends,
    made::Authority,
    raw::{Raw, config, filter},
};

fn is_resumed(client: &ClientTls, server: &ServerTls) -> bool {
    let ends = Ends::shaken(client, "a.example", server);
    let (ours, theirs) = (filter(&ends.pair.a).is_resumed(), filter(&ends.pair.b).is_resumed());
    assert_eq!(ours, theirs);
    assert_eq!(ends.client.facts().certificates.len(), 1);
    assert_eq!(ends.client.facts().exporter, ends.server.facts().exporter);
    let end_point = ends.client.facts().server_end_point.clone();
    assert!(end_point.is_some());
    assert_eq!(end_point, ends.server.facts().server_end_point);
    ours
}

#[test]
fn sessions_are_resumed_with_all_their_facts() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let client = authority.client().build().unwrap();
    assert!(!is_resumed(&client, &server));
    assert!(is_resumed(&client, &server));
    assert!(is_resumed(&client, &server));
}

#[test]
fn a_reload_begins_afresh() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let client = authority.client().build().unwrap();
    assert!(!is_resumed(&client, &server));
    server.reload().unwrap();
    assert!(!is_resumed(&client, &server));
    assert!(is_resumed(&client, &server));
}

#[test]
fn resumption_can_be_turned_off_at_either_end() {
    let authority = Authority::new("Test CA");
    let made = authority.made(&["a.example"]);
    let (with, without) =
        (made.server().build().unwrap(), made.server().without_resumption().build().unwrap());
    let client = authority.client().build().unwrap();
    assert!(!is_resumed(&client, &without));
    assert!(!is_resumed(&client, &without));
    let client = authority.client().without_resumption().build().unwrap();
    assert!(!is_resumed(&client, &with));
    assert!(!is_resumed(&client, &with));
}

#[test]
fn a_resumed_session_still_knows_the_client() {
    let authority = Authority::new("Test CA");
    let own = authority.made(&["user"]);
    let required = ClientCertificates::Required(authority.roots());
    let server = authority.made(&["a.example"]).server().client_certificates(required);
    let server = server.build().unwrap();
    let client = authority.client().identity(own.identity()).build().unwrap();
    assert!(!is_resumed(&client, &server));
    let ends = Ends::shaken(&client, "a.example", &server);
    assert!(filter(&ends.pair.b).is_resumed());
    assert_eq!(ends.server.facts().certificates, [own.der]);
}

#[test]
fn tls_1_2_is_resumed_by_tickets_and_from_the_cache() {
    let authority = Authority::new("Test CA");
    let server = authority.made(&["a.example"]).server().build().unwrap();
    for tickets in [true, false] {
        let mut config = config(&authority, &TLS12);
        if !tickets {
            let resumption = config.resumption.clone();
            config.resumption =
                resumption.tls12_resumption(rustls::client::Tls12Resumption::SessionIdOnly);
        }
        let first = Raw::new(config.clone(), server.filter());
        assert!(!filter(&first.server).is_resumed());
        let second = Raw::new(config, server.filter());
        assert!(filter(&second.server).is_resumed(), "tickets: {tickets}");
        let facts = second.log.facts();
        assert!(facts.exporter.is_some() && facts.server_end_point.is_some());
    }
}

//! Which certificate a server shows.

use std::fs;

use ropewalk_tls::{Identity, ServerTls};

use crate::{ends::Ends, made::Authority};

#[test]
fn the_exact_name_comes_before_the_wildcard_and_the_first_is_for_all_others() {
    let authority = Authority::new("Test CA");
    let first = authority.made(&["first.example"]);
    let wild = authority.made(&["*.example.org", "example.org"]);
    let exact = authority.made(&["chat.example.org"]);
    let server = ServerTls::builder()
        .identity(first.identity())
        .identity(wild.identity())
        .identity(exact.identity())
        .build()
        .unwrap();
    for (name, made) in [
        ("first.example", &first),
        ("chat.example.org", &exact),
        ("CHAT.Example.ORG", &exact),
        ("other.example.org", &wild),
        ("example.org", &wild),
        ("a.b.example.org", &first),
        ("elsewhere.example", &first),
    ] {
        // The client trusts the key, so that it does not matter here whether the name is right.
        let pin = ropewalk_tls::Pin::of(&made.der).unwrap();
        let client = ropewalk_tls::ClientTls::builder().pin(pin).build().unwrap();
        let ends = Ends::shaken(&client, name, &server);
        assert_eq!(ends.client.shown(), made.der, "{name}");
        let end_point = ends.server.facts().server_end_point.clone();
        assert_eq!(end_point, ends.client.facts().server_end_point, "{name}");
    }
}

#[test]
fn a_folder_has_chains_with_keys_and_pairs() {
    let authority = Authority::new("Test CA");
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (authority.made(&["one.example"]), authority.made(&["two.example"]));
    let (zero, own) = (authority.made(&["zero.example"]), authority.made(&["own.example"]));
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("one.pem", &(one.chain.clone() + &one.key));
    put("two.crt", &two.chain);
    put("two.key", &two.key);
    put("a.pem", &(zero.key.clone() + &zero.chain));
    put("default.pem", &(own.chain.clone() + &own.key));
    put("notes.txt", "nothing");
    let directory = Identity::directory(folder.path());
    let server = ServerTls::builder().identity(directory).build().unwrap();
    let client = authority.client().build().unwrap();
    for (name, made) in [
        ("one.example", &one),
        ("two.example", &two),
        ("zero.example", &zero),
        ("own.example", &own),
    ] {
        let ends = Ends::shaken(&client, name, &server);
        assert_eq!(ends.client.shown(), made.der, "{name}");
    }
    let ends = Ends::shaken(&client, "nobody.example", &server);
    let refused = "tls: the server's certificate is for own.example, not for nobody.example";
    assert_eq!(ends.client_lost(), refused);
}
